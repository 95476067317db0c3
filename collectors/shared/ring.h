/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a pinned BPF ring buffer. Not libbpf's reader: that one maps the ring twice in a row, which
 * doubles the resident set, and while the kernel is faster than the reader it never returns.
 * Source: kernel Documentation/bpf/ringbuf.rst.
 */
#ifndef MESHTAP_RING_H
#define MESHTAP_RING_H

#include <stdbool.h>
#include <stddef.h>

#define RING_RECORD_MAX                                                                            \
	8192 /* a record that wraps around the ring's end is copied; a larger one is skipped */

struct ring {
	int fd;			       /* poll(2) says when there is something to read */
	unsigned long *consumer;       /* mapped */
	const unsigned long *producer; /* mapped, the data behind it */
	const char *data;
	size_t size; /* of data, a power of two */
	unsigned char wrapped[RING_RECORD_MAX] __attribute__((aligned(8)));
};

/* Takes fd over, also on failure; -errno in its place is returned. Returns 0 or -errno. Afterwards
 * reading takes no privileges. */
int ring_open(struct ring *ret, int fd);
void ring_close(struct ring *ring);

/* Calls take() with at most n records. Returns whether that was the limit, so that more may be
 * waiting. */
bool ring_read(struct ring *ring, unsigned int n,
	       void (*take)(void *context, const void *data, size_t size), void *context);

/*
 * For who gives records back later, many at once: where the kernel may not write yet, the next
 * record there (false: none yet), and that all before a position are given back.
 */
unsigned long ring_position(const struct ring *ring);
bool ring_next(struct ring *ring, unsigned long *position,
	       void (*take)(void *context, const void *data, size_t size), void *context);
void ring_release(struct ring *ring, unsigned long position);

#endif
