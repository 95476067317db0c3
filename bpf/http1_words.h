/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Eight bytes of text at a time: what http1_line.h compares and converts with. Bytes are taken as
 * little-endian, the first one lowest. Nothing of HTTP here.
 */
#ifndef MESHTAP_HTTP1_WORDS_H
#define MESHTAP_HTTP1_WORDS_H

#include <linux/types.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are compared with little-endian constants"
#endif

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
#define HTTP1_CASE 0x2020202020202020ULL /* lower-cases letters; also turns CR into '-' */

/* Not 0 when a byte of the word is LF: the lowest bit is the first one's bit 7. Higher ones may be
 * set without. */
http1_inline __u64 http1_lf_found(__u64 word)
{
	__u64 x = word ^ (HTTP1_ONES * '\n');

	return (x - HTTP1_ONES) & ~x & HTTP1_HIGH;
}

/* The first eight bytes of a start line of HTTP/1.digit, or its last. */
http1_inline int http1_is_version(__u64 word)
{
	return (word & 0x00ffffffffffffffULL) == 0x002e312f50545448ULL; /* HTTP/1. */
}

http1_inline __u32 http1_first_byte(__u64 mask)
{
	return (((((mask - 1) & ~mask) & HTTP1_ONES) * HTTP1_ONES) >> 56) - 1;
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

#endif
