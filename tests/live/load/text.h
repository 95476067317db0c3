/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Growing texts, random numbers, and the one pattern that every body is cut from. */
#ifndef LOAD_TEXT_H
#define LOAD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *data; /* owned */
	size_t length, capacity;
};

void text_append(struct text *t, const char *data, size_t length);
__attribute__((format(printf, 2, 3))) void text_format(struct text *t, const char *format, ...);
void text_repeat(struct text *t, char c, size_t n);

/* Empties it; memory that an unusually long text took is given back. */
void text_clear(struct text *t);

struct random {
	uint64_t state;
};

uint64_t random_below(struct random *r, uint64_t n);
bool random_chance(struct random *r, unsigned int in_10000);

/* low to high, each doubling equally often. low > 0. */
uint64_t random_log(struct random *r, uint64_t low, uint64_t high);

#define BODY_PIECE (64u << 10)

/*
 * Byte i of every body is the pattern's byte i modulo its length. The pattern reads like HTTP, so
 * that a parser that loses its place finds messages that nobody sent.
 * Returns up to BODY_PIECE bytes from the offset on.
 */
const char *body_at(uint64_t offset);

#endif
