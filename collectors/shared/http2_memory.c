// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http2_memory.h"

#include <malloc.h>
#include <stdlib.h>

/* malloc keeps a size before each piece. */
static size_t cost(void *p)
{
	return p ? malloc_usable_size(p) + sizeof(size_t) : 0;
}

void *http2_memory_resize(struct http2_memory *m, void *old, size_t size)
{
	size_t before = cost(old);
	void *p = realloc(old, size);

	if (p)
		m->bytes += cost(p) - before;
	return p;
}

void http2_memory_free(struct http2_memory *m, void *p)
{
	m->bytes -= cost(p);
	free(p);
}
