/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line of the access log in Istio's default text format (telemetry specification 2.1 to 2.4).
 * Whatever the peers send, it is one line and no byte of theirs ends a field: control bytes, `"`,
 * `\` and bytes from 0x7f on are written \xHH.
 */
#ifndef MESHTAP_ACCESS_LINE_H
#define MESHTAP_ACCESS_LINE_H

#include "exchange.h"
#include "exchange_table.h"
#include "tuple.h"

/* Both heads whole, every byte of them escaped, and what is ours. */
#define ACCESS_LINE_MAX (2 * 4 * HEAD_TEXT_MAX + 2048)

/* The headers that a line shows. */
extern const struct head_names access_line_wanted[HEAD_SIDES];

struct access_end {
	const struct tuple *tuple; /* as the local socket sees it */
	bool is_client;		   /* the local end is the one that called connect() */
	__s64 realtime_ns;	   /* CLOCK_REALTIME - CLOCK_MONOTONIC */
};

struct access_tcp {
	__u64 started_ns, ended_ns;
	__u64 received, sent;
	int error; /* errno of a connect() that failed, or 0 */
};

/* Both write a line with its newline to ret, which has ACCESS_LINE_MAX bytes, and return its
 * length. */
size_t access_line_http(char *ret, const struct access_end *end, const struct exchange *x,
			const struct exchange_heads *heads);
size_t access_line_tcp(char *ret, const struct access_end *end, const struct access_tcp *tcp);

/* CLOCK_REALTIME - CLOCK_MONOTONIC now. */
__s64 access_line_realtime(void);

#endif
