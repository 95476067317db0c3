/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Most bytes of most values are plain: these are passed over eight at a time. */
#ifndef MESHTAP_LOG_TEXT_PLAIN_H
#define MESHTAP_LOG_TEXT_PLAIN_H

#include <linux/types.h>
#include <stdbool.h>
#include <string.h>

/*
 * Whether each of eight bytes is printable ASCII, but `"` and `\`, and not less than first. While
 * none is beyond 0x7f nothing is carried from byte to byte, except from one that is not plain: each
 * term then has the high bit of those that it looks for.
 */
static inline bool is_plain_word(__u64 word, unsigned char first)
{
	const __u64 ones = 0x0101010101010101ull;
	__u64 found = word | (word + ones) /* DEL */ | (word - ones * first);

	found |= (word ^ ones * '"') - ones;
	found |= (word ^ ones * '\\') - ones;
	return !(found & ones << 7);
}

/* How many bytes from p on, of those before end, are such; rounded down to whole words, so that the
 * caller looks at what follows. */
static inline size_t plain_words(const char *p, const char *end, unsigned char first)
{
	const char *begin = p;
	__u64 word;

	for (; end - p >= (long)sizeof(word); p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (!is_plain_word(word, first))
			break;
	}
	return p - begin;
}

#endif
