/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* malloc() that counts, so that what is kept of HTTP/2 connections has a bound in bytes. */
#ifndef MESHTAP_HTTP2_MEMORY_H
#define MESHTAP_HTTP2_MEMORY_H

#include <stddef.h>

struct http2_memory {
	size_t bytes; /* in use, with malloc's own */
};

/* As realloc(): old may be NULL; returns NULL when there is no memory. size: above 0. */
void *http2_memory_resize(struct http2_memory *m, void *old, size_t size);
/* NULL is nothing to free. */
void http2_memory_free(struct http2_memory *m, void *p);

#endif
