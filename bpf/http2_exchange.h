/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A request on an HTTP/2 stream and its response: what the kernel knows of it. */
#ifndef MESHTAP_HTTP2_EXCHANGE_H
#define MESHTAP_HTTP2_EXCHANGE_H

#include "exchange.h"

/*
 * Of the exchange, wire bytes are the payloads and headers of all HEADERS, CONTINUATION and DATA
 * frames; bodies are DATA without padding; heads are header blocks, without trailers. status,
 * method, minor, host and kept are 0: they stand in header blocks, which user space decodes. Of a
 * request that came as HTTP/1 and asked for HTTP/2 (upgraded) method, host, kept and bytes are
 * those of HTTP/1.
 */
struct http2_exchange {
	struct exchange exchange; /* ordinal: the stream */
	__u32 messages[2];	  /* request, response: gRPC messages, if it is gRPC */
	__u32 reset_code;	  /* of RST_STREAM, where flag is EXCHANGE_DR or EXCHANGE_UR */
	__u8 blocks[2];		  /* request, response: header blocks that passed, at most 255 */
	__u16 reserved;
	__u32 upgraded; /* ordinal + 1 of the HTTP/1 request that became stream 1; 0: it began as
			   a stream */
};

#endif
