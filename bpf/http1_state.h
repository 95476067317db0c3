/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the framing machine (http1.h) knows: of a direction, and of the bytes before it. */
#ifndef MESHTAP_HTTP1_STATE_H
#define MESHTAP_HTTP1_STATE_H

#include "http1_words.h"

#define HTTP1_CARRY	  64
#define HTTP1_CARRY_FIRST 40
#define HTTP1_CARRY_LAST  24

/* Where the caller loads new bytes: room for the carry, to look back, and for what a sink puts
 * before bytes that it sends on. */
#define HTTP1_START  256
#define HTTP1_WINDOW 2048 /* most new bytes */
#define HTTP1_LINES  10	  /* most lines that are looked at per call */
#define HTTP1_BYTES  4096 /* a power of two above START + WINDOW: bounds by mask, see http1_at() */

enum http1_phase {
	HTTP1_START_LINE,
	HTTP1_FRAMED, /* headers, right after one that decides framing: must not be folded */
	HTTP1_HEADERS,
	HTTP1_BODY, /* skip bytes, then the message ends */
	HTTP1_CHUNK_SIZE,
	HTTP1_CHUNK_END, /* the line end after a chunk's data */
	HTTP1_TRAILERS,
	HTTP1_FRAMES,	   /* of HTTP/2: see http2.h */
	HTTP1_HELLO,	   /* not HTTP, but a TLS ClientHello: see hello.h */
	HTTP1_UNTIL_CLOSE, /* the body ends with the connection */
	HTTP1_TUNNEL,	   /* after 101, or 2xx to CONNECT */
	HTTP1_DEAD,	   /* not HTTP, or no longer understood */
};

enum http1_event {
	HTTP1_MORE,	   /* all consumed that can be; skip may be non-zero */
	HTTP1_HEAD_END,	   /* call http1_body() */
	HTTP1_MESSAGE_END, /* call http1_next() */
	HTTP1_BAD,	   /* not HTTP/1 */
	HTTP1_NO_LINE,	   /* of http1_step() alone */
};

enum http1_method {
	HTTP1_METHOD_OTHER,
	HTTP1_METHOD_HEAD,
	HTTP1_METHOD_CONNECT,
	HTTP1_METHOD_GET, /* this and the rest only when methods are told, see http1_tell.h */
	HTTP1_METHOD_POST,
	HTTP1_METHOD_PUT,
	HTTP1_METHOD_DELETE,
	HTTP1_METHOD_OPTIONS,
	HTTP1_METHOD_TRACE,
	HTTP1_METHOD_PATCH,
	HTTP1_METHODS,
};

enum {
	HTTP1_BEGUN = 1, /* the message's first byte was seen */
	HTTP1_CHUNKED = 2,
	HTTP1_HAS_LENGTH = 4,
	HTTP1_BAD_LENGTH = 8,	 /* Content-Length unusable, or two that differ */
	HTTP1_OTHER_CODING = 16, /* Transfer-Encoding that does not end in chunked */
	HTTP1_LINE_OK = 32,	 /* the start line was valid HTTP/1 */
	HTTP1_BAD_FRAMING = 64,	 /* a framing header that recipients refuse, or read differently */
};

struct http1_parser {
	__u64 skip;   /* body bytes to pass before the next line */
	__u64 length; /* Content-Length */
	__u64 body;   /* body bytes passed, chunk framing excluded */
	__u64 host;   /* hash of the host so far, see http1_tell.h */
	__u16 status;
	__u8 phase;
	__u8 flags;
	__u8 method;
	__u8 minor; /* of HTTP/1.minor */
	__u8 carry_length;
	__u8 response;		 /* which direction this is: set once */
	__u8 carry[HTTP1_CARRY]; /* right-aligned */
	__u8 host_flags;
	__u8 reserved[7];
};

/* Which bytes of the window are lines that somebody wants, see http1_keep.h. */
struct http1_kept {
	__u32 from, to; /* offsets in the window; to 0: none */
	__u8 headers;	/* other lines than the start line are among them */
	__u8 line;	/* the line that was looked at last, which may go on in the next window */
};

struct http1_window {
	__u8 bytes[HTTP1_BYTES + HTTP1_CARRY];
	struct http1_parser parser; /* the working copy */
	__u32 slot;	/* the window's own number: what a verified-once function finds it by */
	__u32 end;	/* of the bytes */
	__u32 line;	/* where what is not parsed begins: a line */
	__u32 letters;	/* bit (c & 31) for each first letter of lines that are looked at */
	__u32 searched; /* no LF is in the window any more */
	__u32 zero;	/* always 0, which verifiers do not know: see http1_forget() */
	__u32 consumed; /* http1_parse(): how many of the bytes are done with */
	__s32 begin; /* http1_parse(): the offset of the message's first byte, when it is the first
			to set HTTP1_BEGUN; negative inside the carry */
	__u8 begins; /* the message has not begun before this window */
	struct http1_kept kept;
};

http1_inline const __u8 *http1_at(const struct http1_window *w, __u32 at)
{
	http1_hide(at);
	at &= HTTP1_BYTES - 1;
	return w->bytes + at;
}

/*
 * The same value, of which the verifier knows nothing but the mask. A loop whose variables are
 * forgotten at its head is verified once per iteration instead of once per path. Flags that are
 * tested more than once are kept in memory for the same reason: what a branch taught the verifier
 * about a register would double all that follows.
 */
http1_inline __u32 http1_forget(const struct http1_window *w, __u32 value, __u32 mask)
{
	value += w->zero;
	http1_hide(value);
	return value & mask;
}

#endif
