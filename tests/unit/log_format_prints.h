/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a source prints of records like those of log_format_records.h. */
#ifndef MESHTAP_LOG_FORMAT_PRINTS_H
#define MESHTAP_LOG_FORMAT_PRINTS_H

#include "log_format_records.h"

static const char request[] =
	"POST /a?b=c HTTP/1.1\r\nHost: api:8080\r\nContent-Type: application/grpc\r\n"
	"X-A: one two\r\nX-Request-Id: id-1\r\nX-Empty:\r\n\r\n";
static const char response[] = "HTTP/1.1 200 OK\r\nServer: s\r\n\r\n";
static const char trailer[] = "T\r\ngrpc-status: 5\r\nX-T: t\r\n\r\n";

static inline const char *of(const char *source, struct access_record r)
{
	CHECK(compile(LOG_FORMAT_TEXT, source));
	return format.err ? format.error.text : render_heads(&r, request, response, trailer);
}

static inline const char *http(const char *source)
{
	return of(source, http_record(true));
}

static inline const char *tcp(const char *source)
{
	struct access_record r = tcp_record(true, 0);

	CHECK(compile(LOG_FORMAT_TEXT, source));
	return format.err ? format.error.text : render(&r);
}

#endif
