/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that is known of one request, or of one connection that is not HTTP, when its line is due:
 * what the format's operators print and the filter's attributes look at. Everything is borrowed,
 * valid while the record is handled.
 */
#ifndef MESHTAP_ACCESS_RECORD_H
#define MESHTAP_ACCESS_RECORD_H

#include "exchange.h"
#include "http_head.h"
#include "tuple.h"

struct access_record {
	bool is_http;
	bool is_http2;
	bool is_client;		   /* the local end is the one that called connect() */
	bool is_open;		   /* TCP: a periodic line of a connection that lives */
	const struct tuple *tuple; /* as the local socket sees it */
	__s64 realtime_ns;	   /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	__u64 connection;	   /* unique on this host since its boot */
	__u32 ordinal; /* HTTP/1: of the request on its connection, from 0; HTTP/2: its stream */

	/* CLOCK_MONOTONIC. HTTP: first byte of the request, last byte of the response; TCP: of the
	 * connection. */
	__u64 started_ns, ended_ns;
	__u64 request_ended_ns;	   /* HTTP: last byte of the request; 0: it never came */
	__u64 response_started_ns; /* HTTP: first byte of the response; 0: it never came */

	__u64 received, sent;		   /* HTTP: bytes of bodies; TCP: of all payload */
	__u64 request_wire, response_wire; /* HTTP: all bytes; TCP: as received and sent */
	/* HTTP/1: bytes of start line, headers, empty line; HTTP/2: of header blocks */
	__u32 request_head, response_head;
	__u16 status;	       /* HTTP: 0: no response head, or status_unknown */
	bool status_unknown;   /* HTTP/2: there was a response head */
	__u8 minor;	       /* HTTP/1.minor */
	__u8 flag;	       /* enum exchange_flag; TCP: EXCHANGE_OK */
	__u32 reset_code;      /* HTTP/2: of RST_STREAM, where flag is EXCHANGE_DR or EXCHANGE_UR */
	int error;	       /* TCP: errno of a connect() that failed, or 0 */
	__u32 rtt_us;	       /* TCP's smoothed round-trip time; 0: not known */
	__u32 retransmits;     /* segments that this end has sent again; not known when is_open */
	__u32 pid;	       /* of who called connect() or listen(); 0: not known */
	struct head_text comm; /* its name; data NULL: not known */
	struct head_text unit; /* systemd unit of the local end; data NULL: none */
	struct head_text peer_unit;
	struct head_text server_name; /* of TLS (SNI); data NULL: none */
	struct head_text cluster; /* as Envoy names the server's; data NULL: none is configured */

	struct request_line start; /* HTTP: data NULL where missing */
	struct head_text scheme;   /* HTTP/2: data NULL: missing */
	/* HTTP: values by their number in the header_set of the side; NULL: none is known */
	const struct head_text *header[HEAD_SIDES];
	bool unresolved[HEAD_SIDES]; /* HTTP/2: what is missing may have been sent */
};

/* HTTP: a header by its number in the header_set of the side; data NULL: missing. */
struct head_text access_record_header(const struct access_record *r, enum head_side side,
				      unsigned int number);

/* HTTP: what the target names, or else the host header, by its number. */
struct head_text access_record_authority(const struct access_record *r, unsigned int host);

/* HTTP: start.path is a query alone, so a slash is to stand before it (http_head.h). */
bool access_record_lacks_slash(const struct access_record *r);

/* HTTP: Envoy's response code details. NULL: not known. */
const char *access_record_details(const struct access_record *r);

/* CLOCK_REALTIME - CLOCK_MONOTONIC now. */
__s64 access_record_realtime(void);

#endif
