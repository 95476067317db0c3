/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/1 framing (RFC 9112) as one incremental machine, in plain C: the same code runs in the
 * kernel and, under unit tests and fuzzers, in user space. A message is lines and stretches to
 * skip; nothing else matters here.
 *
 * The caller loads the next bytes of one direction of a connection into a window and calls
 * http1_parse(), which stops at the end of a head and at the end of a message. Bodies are never
 * loaded: the caller passes over them with http1_pass(). A line that is cut by the end of a window
 * is carried over in the parser: whole up to 64 bytes, else its first 48 and last 16. No framing
 * decision looks at more of a line, so the cut's place cannot matter.
 */
#ifndef MESHTAP_HTTP1_H
#define MESHTAP_HTTP1_H

#include <linux/types.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are compared with little-endian constants"
#endif

#define HTTP1_CARRY	  64
#define HTTP1_CARRY_FIRST 48
#define HTTP1_CARRY_LAST  16
#define HTTP1_START                                                                                \
	(HTTP1_CARRY *                                                                             \
	 2) /* where the caller loads new bytes: room for the carry, and to look back */
#define HTTP1_WINDOW 2048 /* most new bytes */
#define HTTP1_LINES  32	  /* most lines per call; a power of two */
#define HTTP1_BYTES  4096 /* a power of two above START + WINDOW: bounds by mask, see http1_at() */

enum http1_phase {
	HTTP1_START_LINE,
	HTTP1_HEADERS,
	HTTP1_BODY, /* skip bytes, then the message ends */
	HTTP1_CHUNK_SIZE,
	HTTP1_CHUNK_END, /* the line end after a chunk's data */
	HTTP1_TRAILERS,
	HTTP1_UNTIL_CLOSE, /* the body ends with the connection */
	HTTP1_TUNNEL,	   /* after 101, or 2xx to CONNECT */
	HTTP1_DEAD,	   /* not HTTP, or no longer understood */
};

enum http1_event {
	HTTP1_MORE,	   /* all consumed that can be; skip may be non-zero */
	HTTP1_HEAD_END,	   /* call http1_body() */
	HTTP1_MESSAGE_END, /* call http1_next() */
	HTTP1_BAD,	   /* not HTTP/1 */
};

enum http1_method {
	HTTP1_METHOD_OTHER,
	HTTP1_METHOD_HEAD,
	HTTP1_METHOD_CONNECT,
};

enum {
	HTTP1_BEGUN = 1, /* the message's first byte was seen */
	HTTP1_CHUNKED = 2,
	HTTP1_HAS_LENGTH = 4,
	HTTP1_BAD_LENGTH = 8,	 /* unusable or contradictory framing headers */
	HTTP1_OTHER_CODING = 16, /* Transfer-Encoding that does not end in chunked */
	HTTP1_LINE_OK = 32,	 /* the start line was valid HTTP/1 */
};

struct http1_parser {
	__u64 skip;   /* body bytes to pass before the next line */
	__u64 length; /* Content-Length */
	__u64 body;   /* body bytes passed, chunk framing excluded */
	__u16 status;
	__u8 phase;
	__u8 flags;
	__u8 method;
	__u8 minor; /* of HTTP/1.minor */
	__u8 carry_length;
	__u8 response;		 /* which direction this is: set once */
	__u8 carry[HTTP1_CARRY]; /* right-aligned */
};

struct http1_window {
	__u8 bytes[HTTP1_BYTES + HTTP1_CARRY];
	__u16 lf[HTTP1_LINES];	    /* where lines end */
	struct http1_parser parser; /* the working copy */
	__u32 slot;	/* the window's own number: what a verified-once function finds it by */
	__u32 end;	/* of the bytes */
	__u32 searched; /* up to here LFs are listed */
	__u32 zero;	/* always 0, which verifiers do not know: see http1_forget() */
	__u32 consumed; /* http1_parse(): how many of the bytes are done with */
	__s32 begin; /* http1_parse(): the offset of the message's first byte, when it is the first
			to set HTTP1_BEGUN; negative inside the carry */
	__u8 begins; /* the message has not begun before this window */
};

#ifdef __bpf__
#define http1_inline static __always_inline
/* Verifiers of 5.10 and 6.1 keep the bound of a masked register only when the compiler cannot see
 * through it. */
#define http1_hide(x) asm volatile("" : "+r"(x))
http1_inline __u64 http1_load(const __u8 *from)
{
	return *(const __u64 *)from;
}
#else
#define http1_inline static inline
#define http1_hide(x)
http1_inline __u64 http1_load(const __u8 *from)
{
	__u64 word;

	__builtin_memcpy(&word, from, sizeof(word));
	return word;
}
#endif

#define HTTP1_ONES 0x0101010101010101ULL
#define HTTP1_HIGH 0x8080808080808080ULL
#define HTTP1_CASE 0x2020202020202020ULL /* lower-cases letters; leaves '-' and ':' as they are */

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

/* A bit 7 for each byte of the word that is LF: exact, no borrow runs from byte to byte. */
http1_inline __u64 http1_lf_mask(__u64 word)
{
	__u64 x = word ^ (HTTP1_ONES * '\n');

	return ~(((x & ~HTTP1_HIGH) + ~HTTP1_HIGH) | x | ~HTTP1_HIGH);
}

http1_inline __u32 http1_first_byte(__u64 mask)
{
	return (((((mask - 1) & ~mask) & HTTP1_ONES) * HTTP1_ONES) >> 56) - 1;
}

/* An empty line ends here: LF after LF, or after LF CR. */
http1_inline int http1_ends_empty_line(const struct http1_window *w, __u32 start, __u32 lf)
{
	__u32 length = lf - start;

	return length == 0 || (length == 1 && *http1_at(w, start) == '\r');
}

/*
 * Lists the LFs from HTTP1_START on, up to HTTP1_LINES, and in a head only up to the first empty
 * line: what follows may be a body. start: where the first line began. Returns how many; sets
 * searched.
 */
http1_inline __u32 http1_find_lines(struct http1_window *w, __u32 start)
{
	__u32 n = 0, from = HTTP1_START, end = w->end;

	w->searched = end;
	for (int i = 0; i < HTTP1_WINDOW / 8 + HTTP1_LINES; i++) {
		__u64 mask;

		from = http1_forget(w, from, HTTP1_BYTES - 1);
		start = http1_forget(w, start, HTTP1_BYTES - 1);
		n = http1_forget(w, n, 2 * HTTP1_LINES - 1);
		if (from >= end)
			break;
		mask = http1_lf_mask(http1_load(http1_at(w, from)));
		if (!mask) {
			from += 8;
			continue;
		}
		from += http1_first_byte(mask);
		if (from >= end)
			break;
		w->lf[n & (HTTP1_LINES - 1)] = from;
		n++;
		if (n == HTTP1_LINES ||
		    (w->parser.phase <= HTTP1_HEADERS && http1_ends_empty_line(w, start, from))) {
			w->searched = from + 1;
			break;
		}
		from++;
		start = from;
	}
	return n;
}

/* RFC 9112 section 3: method SP target SP HTTP/1.digit */
http1_inline int http1_request_line(struct http1_parser *p, const struct http1_window *w, __u32 at,
				    __u32 length)
{
	__u64 first = http1_load(http1_at(w, at)), version;
	__u32 i;

	if (length < 12) /* "A / HTTP/1.1" */
		return -1;
	version = http1_load(http1_at(w, at + length - 8));
	if ((version & 0x00ffffffffffffffULL) != 0x002e312f50545448ULL /* HTTP/1. */ ||
	    *http1_at(w, at + length - 9) != ' ')
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

	if (length < 12 || (first & 0x00ffffffffffffffULL) != 0x002e312f50545448ULL ||
	    (second & 0xff) != ' ')
		return -1;
	p->minor = (first >> 56) - '0';
	if (p->minor > 9 || d1 > 9 || d2 > 9 || d3 > 9 || d1 == 0)
		return -1;
	if (length > 12 && ((second >> 32) & 0xff) != ' ')
		return -1;
	p->status = d1 * 100 + d2 * 10 + d3;
	return 0;
}

/* Past up to four blanks. */
http1_inline __u32 http1_skip_blanks(const struct http1_window *w, __u32 at)
{
	for (int i = 0; i < 4; i++) {
		at = http1_forget(w, at, HTTP1_BYTES - 1);
		at += *http1_at(w, at) == ' ' || *http1_at(w, at) == '\t';
	}
	return http1_forget(w, at, HTTP1_BYTES - 1);
}

/* Back over up to four blanks. */
http1_inline __u32 http1_trim_blanks(const struct http1_window *w, __u32 end)
{
	for (int i = 0; i < 4; i++) {
		end = http1_forget(w, end, HTTP1_BYTES - 1);
		end -= *http1_at(w, end - 1) == ' ' || *http1_at(w, end - 1) == '\t';
	}
	return http1_forget(w, end, HTTP1_BYTES - 1);
}

/* Bit 7 for each byte of an ASCII word that is at least, or at most, the character. */
http1_inline __u64 http1_ge(__u64 word, __u8 c)
{
	return (word | HTTP1_HIGH) - HTTP1_ONES * c;
}

http1_inline __u64 http1_le(__u64 word, __u8 c)
{
	return ~((word & ~HTTP1_HIGH) + HTTP1_ONES * (0x7f - c));
}

/* How many of the word's first bytes are in the set that mask marks; *word: these, right-aligned,
 * zeros above. */
http1_inline __u32 http1_take(__u64 *word, __u64 mask)
{
	__u64 others = (~mask | *word) & HTTP1_HIGH;
	__u32 n = others ? http1_first_byte(others) : 8;

	*word = n ? *word << (64 - 8 * n) : 0;
	return n;
}

http1_inline __u32 http1_take_decimal(__u64 *word)
{
	return http1_take(word, http1_ge(*word, '0') & http1_le(*word, '9'));
}

http1_inline __u32 http1_take_hex(__u64 *word)
{
	__u64 lower = *word | HTTP1_CASE;

	return http1_take(word, (http1_ge(*word, '0') & http1_le(*word, '9')) |
					(http1_ge(lower, 'a') & http1_le(lower, 'f')));
}

/* The number that up to eight right-aligned digits make; what stands above them is zero. */
http1_inline __u64 http1_decimal(__u64 digits)
{
	digits &= HTTP1_ONES * 0x0f;
	digits = digits * 10 + (digits >> 8);
	return (((digits & 0x000000ff000000ffULL) * 0x000f424000000064ULL) +
		(((digits >> 16) & 0x000000ff000000ffULL) * 0x0000271000000001ULL)) >>
	       32;
}

http1_inline __u64 http1_hex(__u64 digits)
{
	digits = (digits & HTTP1_ONES * 0x0f) + ((digits >> 6) & HTTP1_ONES) * 9;
	digits = (digits << 4 | digits >> 8) & 0x00ff00ff00ff00ffULL;
	digits = (digits << 8 | digits >> 16) & 0x0000ffff0000ffffULL;
	return (digits << 16 | digits >> 32) & 0xffffffffULL;
}

/* RFC 9110 section 8.6. A repeated field must say the same (RFC 9112 section 6.3); a list does not
 * occur in practice. */
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
}

/* Only whether the last coding is chunked matters (RFC 9112 section 6.3). */
http1_inline void http1_transfer_encoding(struct http1_parser *p, const struct http1_window *w,
					  __u32 at, __u32 length)
{
	__u64 last = http1_load(http1_at(w, http1_trim_blanks(w, at + length) - 8)) | HTTP1_CASE;

	p->flags &= ~HTTP1_CHUNKED;
	p->flags |= (last >> 8) == 0x64656b6e756863ULL /* chunked */ ? HTTP1_CHUNKED
								     : HTTP1_OTHER_CODING;
}

http1_inline void http1_header(struct http1_parser *p, const struct http1_window *w, __u32 at,
			       __u32 length)
{
	__u64 first = http1_load(http1_at(w, at)) | HTTP1_CASE, second;

	if (first == 0x2d746e65746e6f63ULL) { /* content- */
		second = http1_load(http1_at(w, at + 8)) | HTTP1_CASE;
		if (length >= 15 &&
		    (second & 0x00ffffffffffffffULL) == 0x003a6874676e656cULL) /* length: */
			http1_content_length(p, w, at, length);
	} else if (first == 0x726566736e617274ULL) { /* transfer */
		second = http1_load(http1_at(w, at + 8)) | HTTP1_CASE;
		if (length >= 18 && second == 0x6e69646f636e652dULL && /* -encodin */
		    (*http1_at(w, at + 16) | 0x20) == 'g' && *http1_at(w, at + 17) == ':')
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
	if (n == 0 || n == 16 || n > length ||
	    (n < length && next != ';' && next != ' ' && next != '\t'))
		return -1;
	p->skip = size;
	p->phase = size ? HTTP1_CHUNK_END : HTTP1_TRAILERS;
	return 0;
}

/* One line without its LF. */
http1_inline enum http1_event http1_line(struct http1_window *w, __u32 at, __u32 length)
{
	struct http1_parser *p = &w->parser;
	int bad = 0;

	if (length && *http1_at(w, at + length - 1) == '\r')
		length--;
	switch (p->phase) {
	case HTTP1_START_LINE:
		if (!length) /* RFC 9112 section 2.2: empty lines before a message are ignored */
			return HTTP1_MORE;
		bad = p->response ? http1_status_line(p, w, at, length)
				  : http1_request_line(p, w, at, length);
		p->phase = HTTP1_HEADERS;
		p->flags |= HTTP1_LINE_OK;
		break;
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

/*
 * In the kernel these two and http1_parse() are global functions (scratch.h): verified once, on
 * their own, whatever the caller's state. They can take no pointers on Linux 5.10, so they find the
 * window by its slot.
 */
#ifdef __bpf__
int http1_line_in(__u32 slot, __u32 at, __u32 length);
int http1_find_lines_in(__u32 slot, __u32 start);
#define http1_call_line(w, at, length)	http1_line_in((w)->slot, at, length)
#define http1_call_find_lines(w, start) http1_find_lines_in((w)->slot, start)
#else
#define http1_call_line(w, at, length)	http1_line(w, at, length)
#define http1_call_find_lines(w, start) http1_find_lines(w, start)
#endif

/* A header line that cannot decide framing: neither Content-Length nor Transfer-Encoding, and not
 * the empty line. */
http1_inline int http1_is_idle_line(const struct http1_window *w, __u32 at)
{
	__u8 c = *http1_at(w, at) | 0x20;

	return w->parser.phase == HTTP1_HEADERS && c > ' ' && c != 'c' && c != 't' &&
	       c != ('\r' | 0x20) && c != ('\n' | 0x20);
}

http1_inline void http1_restore_carry(const struct http1_parser *p, struct http1_window *w)
{
	for (int i = 0; i < HTTP1_CARRY / 8; i++)
		((__u64 *)(w->bytes + HTTP1_CARRY))[i] = ((const __u64 *)p->carry)[i];
}

/* Keeps the unfinished line [at, end). */
http1_inline void http1_save_carry(struct http1_parser *p, const struct http1_window *w, __u32 at,
				   __u32 end)
{
	__u64 *carry = (__u64 *)p->carry;
	__u32 length = end - at, first = length > HTTP1_CARRY ? at : end - HTTP1_CARRY;

	for (int i = 0; i < HTTP1_CARRY_FIRST / 8; i++)
		carry[i] = http1_load(http1_at(w, first + i * 8));
	carry[6] = http1_load(http1_at(w, end - 16));
	carry[7] = http1_load(http1_at(w, end - 8));
	p->carry_length = length > HTTP1_CARRY ? HTTP1_CARRY : length;
}

/* A request begins with a token, a response with HTTP/1; both may follow empty lines. Binary
 * protocols end here. */
http1_inline int http1_can_begin(const struct http1_parser *p, const struct http1_window *w,
				 __u32 at)
{
	__u8 c = *http1_at(w, at);

	if (c == '\r' || c == '\n')
		return 1;
	return p->response ? c == 'H' : c > ' ' && c < 0x7f;
}

/*
 * Parses the length bytes at HTTP1_START with the window's parser, whose skip must be 0. Sets
 * consumed and begin. Returns an enum http1_event.
 */
http1_inline int http1_parse(struct http1_window *w, __u32 length)
{
	struct http1_parser *p = &w->parser;
	__u32 at = HTTP1_START - (p->carry_length & (2 * HTTP1_CARRY - 1)), begin, lines;
	__u32 event = HTTP1_MORE;

	if (p->carry_length)
		http1_restore_carry(p, w);
	p->carry_length = 0;
	w->consumed = 0;
	w->begins = !(p->flags & HTTP1_BEGUN);
	if (w->begins && !http1_can_begin(p, w, at))
		return HTTP1_BAD;
	w->end = HTTP1_START + length;
	lines = http1_call_find_lines(w, at);
	begin = at;
	for (__u32 i = 0; i < HTTP1_LINES; i++) {
		__u32 lf;

		if (i >= lines)
			break;
		at = http1_forget(w, at, HTTP1_BYTES - 1);
		lf = w->lf[i] & (HTTP1_BYTES - 1);
		if (lf < at) /* inside a chunk's data */
			continue;
		if (!http1_is_idle_line(w, at))
			event = http1_call_line(w, at, lf - at);
		if (event == HTTP1_BAD)
			break;
		at = lf + 1;
		if (w->begins && p->phase == HTTP1_START_LINE)
			begin = at;
		if (event != HTTP1_MORE)
			break;
		if (p->skip) {
			__u32 left = w->end - at, take = left < p->skip ? left : p->skip;

			p->skip -= take;
			p->body += take;
			at += take;
			if (p->skip)
				break;
		}
	}
	at = http1_forget(w, at, HTTP1_BYTES - 1);
	if (w->begins && p->phase == HTTP1_START_LINE && at < w->end && !http1_can_begin(p, w, at))
		return HTTP1_BAD;
	if (w->begins && (p->phase != HTTP1_START_LINE ||
			  (at < w->end && *http1_at(w, at) != '\r' && *http1_at(w, at) != '\n')))
		p->flags |= HTTP1_BEGUN;
	if (event == HTTP1_MORE && at < w->end && w->searched == w->end && !p->skip) {
		http1_save_carry(p, w, at, w->end);
		at = w->end;
	}
	w->begin = begin - HTTP1_START;
	w->consumed = at - HTTP1_START;
	return event;
}

/*
 * After HTTP1_HEAD_END: decides the body (RFC 9112 section 6.3). method: the request's. Returns
 * MESSAGE_END when there is none, HEAD_END after an interim response (the final one follows), BAD,
 * or MORE: parse or pass on.
 */
http1_inline enum http1_event http1_body(struct http1_parser *p, __u8 method)
{
	if (p->response && p->status < 200 && p->status != 101) {
		p->phase = HTTP1_START_LINE;
		p->flags = HTTP1_BEGUN;
		return HTTP1_HEAD_END;
	}
	if (p->response
		    ? p->status == 101 || (method == HTTP1_METHOD_CONNECT && p->status / 100 == 2)
		    : method == HTTP1_METHOD_CONNECT) {
		p->phase = HTTP1_TUNNEL;
		return HTTP1_MORE;
	}
	if (p->response && (method == HTTP1_METHOD_HEAD || p->status == 204 || p->status == 304))
		return HTTP1_MESSAGE_END;
	if (p->flags & HTTP1_CHUNKED) {
		p->phase = HTTP1_CHUNK_SIZE;
		return HTTP1_MORE;
	}
	if (p->response && (p->flags & HTTP1_OTHER_CODING)) {
		p->phase = HTTP1_UNTIL_CLOSE;
		return HTTP1_MORE;
	}
	if (p->flags & (HTTP1_BAD_LENGTH | HTTP1_OTHER_CODING))
		return HTTP1_BAD;
	if (p->flags & HTTP1_HAS_LENGTH) {
		p->phase = HTTP1_BODY;
		p->skip = p->length;
		return p->length ? HTTP1_MORE : HTTP1_MESSAGE_END;
	}
	if (!p->response)
		return HTTP1_MESSAGE_END;
	p->phase = HTTP1_UNTIL_CLOSE;
	return HTTP1_MORE;
}

/* Bytes from here on that need no parsing. */
http1_inline __u64 http1_passable(const struct http1_parser *p)
{
	return p->phase >= HTTP1_UNTIL_CLOSE ? ~0ULL : p->skip;
}

/* Passes n <= http1_passable() bytes. */
http1_inline enum http1_event http1_pass(struct http1_parser *p, __u64 n)
{
	p->body += n;
	if (p->phase >= HTTP1_UNTIL_CLOSE)
		return HTTP1_MORE;
	p->skip -= n;
	return p->phase == HTTP1_BODY && !p->skip ? HTTP1_MESSAGE_END : HTTP1_MORE;
}

/* Makes ready for the next message. */
http1_inline void http1_next(struct http1_parser *p)
{
	p->skip = 0;
	p->length = 0;
	p->body = 0;
	p->status = 0;
	p->phase = HTTP1_START_LINE;
	p->flags = 0;
	p->method = 0;
	p->carry_length = 0;
}

#endif
