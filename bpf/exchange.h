/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A request and its response: what the data path hands to a sink, in kernel and user space. */
#ifndef MESHTAP_EXCHANGE_H
#define MESHTAP_EXCHANGE_H

#include <linux/types.h>

/* Response flags (telemetry specification 2.4): why an exchange ended early. */
enum exchange_flag {
	EXCHANGE_OK,
	EXCHANGE_DC,  /* the client went before the response's end */
	EXCHANGE_UC,  /* the server went before the response's head */
	EXCHANGE_UPE, /* the server cut the body short */
	EXCHANGE_DR,  /* the client reset the stream */
	EXCHANGE_UR,  /* the server did */
};

enum {
	EXCHANGE_REQUEST_DONE = 1,
	EXCHANGE_RESPONSE_DONE = 2,
};

struct exchange {
	__u64 started_ns;   /* CLOCK_MONOTONIC: first byte of the request */
	__u64 ended_ns;	    /* last byte of the response */
	__u64 request_wire; /* bytes: start line, headers, framing, body, trailers */
	__u64 request_body; /* bytes without framing */
	__u64 response_wire;
	__u64 response_body;
	__u64 request_ended_ns;	   /* last byte of the request; 0: it did not come */
	__u64 response_started_ns; /* first byte of the response; 0: it did not come */
	__u32 ordinal;		   /* of the request on its connection, from 0 */
	__u32 request_head;	   /* bytes: start line, headers, empty line */
	__u32 response_head;	   /* those of interim responses included */
	__u16 status; /* 0: no response head; an interim status when nothing final followed */
	__u8 minor;   /* HTTP/1.minor */
	__u8 method;  /* enum http1_method */
	__u8 state;
	__u8 flag;    /* enum exchange_flag */
	__u8 kept[2]; /* of request and response: pieces that the sink keeps, or KEPT_LOST */
	__u32 host;   /* id of a configured host that the request names, where that is told; 0: none
		       */
};

#define KEPT_LOST 255 /* pieces found no room: nothing is known */

/* Why a message could not be followed; index of the collectors' inexact counters. */
enum inexact_reason {
	INEXACT_HOLE,	  /* TCP received bytes that the programs did not see or could not stash */
	INEXACT_PIPELINE, /* more requests in flight than are remembered */
	INEXACT_FRAMING,  /* what follows is no message, or answers no request */
	INEXACT_SEGMENT,  /* more messages in one segment than can be walked */
	INEXACT_SCRATCH,  /* no free scratch window on this CPU */
	INEXACT_OLDER,	  /* in progress when the collector came */
	INEXACT_RING,	  /* HTTP/2: user space did not read fast enough */
	INEXACT_REASONS,
};

#define INEXACT_REASON_NAMES                                                                       \
	{                                                                                          \
		"hole", "pipeline", "framing", "segment", "scratch", "older", "ring"               \
	}

/* Counters that are not series; one entry of an array map. */
struct http_health {
	__u64 untracked;       /* connections for which the map had no room */
	__u64 series_overflow; /* exchanges summed in an overflow series */
	__u64 connections;     /* tracked now */
	__u64 inexact[INEXACT_REASONS];
	__u64 unresolved; /* HTTP/2: header fields that are not known, by user space */
};

#endif
