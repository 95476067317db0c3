/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Choices of a test: by a seed, or by a fuzzer's bytes. Once these are used up every choice is 0,
 * so whatever loops over choices must come to its end with that.
 */
#ifndef MESHTAP_CHANCE_H
#define MESHTAP_CHANCE_H

#include <stddef.h>
#include <stdint.h>

struct chance {
	const uint8_t *bytes; /* NULL: by seed */
	size_t left;
	uint32_t state;
};

static inline struct chance chance_of_seed(uint32_t seed)
{
	return (struct chance){ .state = seed * 2654435761U | 1 };
}

static inline uint32_t chance_next(struct chance *c)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 17;
	c->state ^= c->state << 5;
	return c->state >> 3;
}

/* 0 to n - 1. */
static inline uint32_t chance(struct chance *c, uint32_t n)
{
	uint32_t value = 0;

	if (n < 2)
		return 0;
	if (!c->bytes)
		return chance_next(c) % n;
	for (uint32_t bound = n - 1; bound && c->left; bound >>= 8, c->left--)
		value = value << 8 | *c->bytes++;
	return value % n;
}

static inline int one_in(struct chance *c, uint32_t n)
{
	return chance(c, n) == n - 1;
}

#endif
