// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ring.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int ring_open(struct ring *ret, int fd)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);
	void *p;
	int r;

	if (fd < 0)
		return fd;
	*ret = (struct ring){ .fd = fd };
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		goto failed;
	ret->size = info.max_entries;
	p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		goto failed;
	ret->consumer = p;
	p = mmap(NULL, page + ret->size, PROT_READ, MAP_SHARED, fd, page);
	if (p == MAP_FAILED)
		goto failed;
	ret->producer = p;
	ret->data = (const char *)p + page;
	return 0;
failed:
	r = -errno;
	ring_close(ret);
	return r;
}

void ring_close(struct ring *ring)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (ring->consumer)
		munmap(ring->consumer, page);
	if (ring->producer)
		munmap((void *)ring->producer, page + ring->size);
	ring->consumer = NULL;
	ring->producer = NULL;
	close(ring->fd);
	ring->fd = -1;
}

/* The size bytes at position, in one piece; NULL when they cannot be. */
static const void *in_one_piece(struct ring *ring, unsigned long position, size_t size)
{
	size_t at = position & (ring->size - 1), until_end = ring->size - at;

	if (size <= until_end)
		return ring->data + at;
	if (size > sizeof(ring->wrapped))
		return NULL;
	memcpy(ring->wrapped, ring->data + at, until_end);
	memcpy(ring->wrapped + until_end, ring->data, size - until_end);
	return ring->wrapped;
}

unsigned long ring_position(const struct ring *ring)
{
	return __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

void ring_release(struct ring *ring, unsigned long position)
{
	__atomic_store_n(ring->consumer, position, __ATOMIC_RELEASE);
}

bool ring_next(struct ring *ring, unsigned long *position,
	       void (*take)(void *context, const void *data, size_t size), void *context)
{
	const __u32 *header = (const void *)(ring->data + (*position & (ring->size - 1)));
	const void *record;
	size_t size;
	__u32 word;

	if (*position >= __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE))
		return false;
	word = __atomic_load_n(header, __ATOMIC_ACQUIRE); /* 8-byte aligned: never wraps */
	if (word & BPF_RINGBUF_BUSY_BIT)
		return false;
	size = word & ~(__u32)BPF_RINGBUF_DISCARD_BIT;
	record = in_one_piece(ring, *position + BPF_RINGBUF_HDR_SZ, size);
	if (record && !(word & BPF_RINGBUF_DISCARD_BIT))
		take(context, record, size);
	*position += (size + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
	return true;
}

/* Each record is given back to the kernel after take(), so that the ring is not full for longer
 * than need be. */
bool ring_read(struct ring *ring, unsigned int n,
	       void (*take)(void *context, const void *data, size_t size), void *context)
{
	unsigned long position = ring_position(ring);

	for (unsigned int i = 0; i < n; i++) {
		if (!ring_next(ring, &position, take, context))
			return false;
		ring_release(ring, position);
	}
	return true;
}
