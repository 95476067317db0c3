/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a line says: start line, framing header, chunk size. */
#ifndef MESHTAP_HTTP1_LINE_H
#define MESHTAP_HTTP1_LINE_H

#include "http1_tell.h"

http1_inline int http1_is_blank(__u8 c)
{
	return c == ' ' || c == '\t';
}

/* Past up to four blanks. */
http1_inline __u32 http1_skip_blanks(const struct http1_window *w, __u32 at)
{
	for (int i = 0; i < 4; i++) {
		at = http1_forget(w, at, HTTP1_BYTES - 1);
		if (!http1_is_blank(*http1_at(w, at)))
			break;
		at++;
	}
	return http1_forget(w, at, HTTP1_BYTES - 1);
}

/* Back over up to four blanks. */
http1_inline __u32 http1_trim_blanks(const struct http1_window *w, __u32 end)
{
	for (int i = 0; i < 4; i++) {
		end = http1_forget(w, end, HTTP1_BYTES - 1);
		if (!http1_is_blank(*http1_at(w, end - 1)))
			break;
		end--;
	}
	return http1_forget(w, end, HTTP1_BYTES - 1);
}

/* RFC 9112 section 3: method SP target SP HTTP/1.digit, and blanks after it, as nginx takes them.
 */
http1_inline int http1_request_line(struct http1_parser *p, const struct http1_window *w, __u32 at,
				    __u32 length)
{
	__u64 first = http1_load(http1_at(w, at)), version;
	__u32 i;

	length = http1_trim_blanks(w, at + length) - at;
	if (length < 12) /* "A / HTTP/1.1" */
		return -1;
	version = http1_load(http1_at(w, at + length - 8));
	if (!http1_is_version(version) || *http1_at(w, at + length - 9) != ' ')
		return -1;
	p->minor = (version >> 56) - '0';
	if (p->minor > 9)
		return -1;
	for (i = 0; i < 32; i++) {
		__u8 c = *http1_at(w, at + i);

		if (c == ' ')
			break;
		if (c <= ' ' || c >= 0x7f || c == ':' || c == '/' || c == '"')
			return -1;
	}
	if (i == 0 || i == 32 || i + 10 >= length) /* no method, or no target */
		return -1;
	p->method = HTTP1_METHOD_OTHER;
	if ((first & 0xffffffffffULL) == 0x2044414548ULL) /* "HEAD " */
		p->method = HTTP1_METHOD_HEAD;
	else if (first == 0x205443454e4e4f43ULL) /* "CONNECT " */
		p->method = HTTP1_METHOD_CONNECT;
	else if (tells_methods)
		p->method = http1_method_of(first);
	return 0;
}

/* RFC 9112 section 4: HTTP/1.digit SP 3digit, then SP and a reason, or (as some servers do)
 * nothing. */
http1_inline int http1_status_line(struct http1_parser *p, const struct http1_window *w, __u32 at,
				   __u32 length)
{
	__u64 first = http1_load(http1_at(w, at)), second = http1_load(http1_at(w, at + 8));
	__u32 d1 = ((second >> 8) & 0xff) - '0', d2 = ((second >> 16) & 0xff) - '0';
	__u32 d3 = ((second >> 24) & 0xff) - '0';

	if (length < 12 || !http1_is_version(first) || (second & 0xff) != ' ')
		return -1;
	p->minor = (first >> 56) - '0';
	if (p->minor > 9 || d1 > 9 || d2 > 9 || d3 > 9 || d1 == 0)
		return -1;
	if (length > 12 && ((second >> 32) & 0xff) != ' ')
		return -1;
	p->status = d1 * 100 + d2 * 10 + d3;
	return 0;
}

/*
 * RFC 9110 section 8.6. A repeated field must say the same (RFC 9112 section 6.3). A list of equal
 * lengths ("5, 5") may be taken as one by the RFC; nginx and Node answer 400, and so it is bad
 * here.
 */
http1_inline void http1_content_length(struct http1_parser *p, const struct http1_window *w,
				       __u32 at, __u32 length)
{
	static const __u32 powers[] = { 1,	10,	 100,	   1000,     10000,
					100000, 1000000, 10000000, 100000000 };
	__u32 end = at + length, n, more;
	__u64 word, value;

	at = http1_skip_blanks(w, at + 15);
	end = http1_trim_blanks(w, end);
	word = http1_load(http1_at(w, at));
	n = http1_take_decimal(&word);
	value = http1_decimal(word);
	if (n == 8) {
		word = http1_load(http1_at(w, at + 8));
		more = http1_take_decimal(&word);
		value = value * powers[more & 7] * (more == 8 ? 100000000 : 1) +
			http1_decimal(word);
		n += more;
	}
	/* 16 digits are nine petabytes: anything longer is an attack */
	if (!n || at + n != end || ((p->flags & HTTP1_HAS_LENGTH) && p->length != value))
		p->flags |= HTTP1_BAD_LENGTH;
	p->flags |= HTTP1_HAS_LENGTH;
	p->length = value;
	p->phase = HTTP1_FRAMED;
}

/*
 * Only whether the last coding is chunked matters (RFC 9112 section 6.3): after the colon or a
 * comma, with up to four blanks on either side. In a request of HTTP/1.0 the field makes framing
 * faulty (section 6.1); a response's is honoured, as clients do. With more blanks, other control
 * characters or an empty list element in the end it is chunked to some recipients only.
 */
http1_inline void http1_transfer_encoding(struct http1_parser *p, const struct http1_window *w,
					  __u32 at, __u32 length)
{
	__u32 end = http1_trim_blanks(w, at + length);
	__u32 separator = http1_trim_blanks(w, end - 7) - 1;
	__u64 word = http1_load(http1_at(w, end - 8)) >> 8;
	__u8 before = *http1_at(w, separator), last = word >> 48;
	int chunked = (word | HTTP1_CASE >> 8) == 0x64656b6e756863ULL; /* chunked */

	p->flags &= ~HTTP1_CHUNKED;
	p->flags |= chunked && (before == ',' || separator == at + 17) ? HTTP1_CHUNKED
								       : HTTP1_OTHER_CODING;
	if ((chunked && before <= ' ') || last <= ' ' || last == ',' || end <= at + 18 ||
	    (!p->response && !p->minor))
		p->flags |= HTTP1_BAD_FRAMING;
	p->phase = HTTP1_FRAMED;
}

/* After the name of a field that decides framing. Returns 1: a colon, the value follows. A blank
 * before the colon is what servers refuse (RFC 9112 section 5.1). */
http1_inline int http1_colon(struct http1_parser *p, __u8 c)
{
	if (http1_is_blank(c))
		p->flags |= HTTP1_BAD_FRAMING;
	return c == ':';
}

/* Only letters are case-folded: folding would take CR for '-'. Folded lines (obs-fold, RFC 9112
 * section 5.2) begin with a blank, so they match no name. */
http1_inline void http1_header(struct http1_parser *p, const struct http1_window *w, __u32 at,
			       __u32 length)
{
	__u64 first = http1_load(http1_at(w, at)), second = http1_load(http1_at(w, at + 8));

	if (p->phase == HTTP1_FRAMED && http1_is_blank(first))
		p->flags |= HTTP1_BAD_FRAMING;
	p->phase = HTTP1_HEADERS;
	if ((first | HTTP1_CASE >> 8) == 0x2d746e65746e6f63ULL) { /* content- */
		if (length >= 15 &&
		    (second << 16 >> 16 | HTTP1_CASE >> 16) == 0x6874676e656cULL /* length */ &&
		    http1_colon(p, second >> 48))
			http1_content_length(p, w, at, length);
	} else if ((first | HTTP1_CASE) == 0x726566736e617274ULL) { /* transfer */
		if (length >= 18 &&
		    (second | HTTP1_CASE << 8) == 0x6e69646f636e652dULL && /* -encodin */
		    (*http1_at(w, at + 16) | 0x20) == 'g' && http1_colon(p, *http1_at(w, at + 17)))
			http1_transfer_encoding(p, w, at, length);
	}
}

/* RFC 9112 section 7.1: hexadecimal size, then extensions, which are ignored. */
http1_inline int http1_chunk_size(struct http1_parser *p, const struct http1_window *w, __u32 at,
				  __u32 length)
{
	__u64 word = http1_load(http1_at(w, at)), size;
	__u32 n = http1_take_hex(&word), more;
	__u8 next;

	size = http1_hex(word);
	if (n == 8) {
		word = http1_load(http1_at(w, at + 8));
		more = http1_take_hex(&word);
		size = size << (4 * (more & 7)) | http1_hex(word);
		n += more; /* 16: more than 63 bits */
	}
	next = *http1_at(w, at + n);
	if (n == 0 || n == 16 || n > length || (n < length && next != ';' && !http1_is_blank(next)))
		return -1;
	p->skip = size;
	p->phase = size ? HTTP1_CHUNK_END : HTTP1_TRAILERS;
	return 0;
}

/* length: without the LF. HTTP1_HEAD_END and HTTP1_MESSAGE_END come from an empty line. */
http1_inline enum http1_event http1_line(struct http1_window *w, __u32 at, __u32 length)
{
	struct http1_parser *p = &w->parser;
	int bad = 0;

	if (length && *http1_at(w, at + length - 1) == '\r')
		length--;
	switch (p->phase) {
	case HTTP1_START_LINE:
		if (!length)
			return HTTP1_MORE; /* RFC 9112 section 2.2: ignored */
		bad = p->response ? http1_status_line(p, w, at, length)
				  : http1_request_line(p, w, at, length);
		p->phase = HTTP1_HEADERS;
		if (!bad)
			p->flags |= HTTP1_LINE_OK;
		break;
	case HTTP1_FRAMED:
	case HTTP1_HEADERS:
		if (!length)
			return HTTP1_HEAD_END;
		http1_header(p, w, at, length);
		break;
	case HTTP1_CHUNK_SIZE:
		bad = http1_chunk_size(p, w, at, length);
		break;
	case HTTP1_CHUNK_END:
		bad = length != 0;
		p->phase = HTTP1_CHUNK_SIZE;
		break;
	case HTTP1_TRAILERS:
		if (!length)
			return HTTP1_MESSAGE_END;
		break;
	default:
		bad = 1;
	}
	return bad ? HTTP1_BAD : HTTP1_MORE;
}

#endif
