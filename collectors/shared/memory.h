/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A service is small after its start, whatever that took. */
#ifndef MESHTAP_MEMORY_H
#define MESHTAP_MEMORY_H

#include <stddef.h>

/* From now on large allocations have pages of their own, always: they cost nothing until they are
 * used, and go when they are freed. */
void memory_large_apart(void);

/* Gives back what loading took: free memory, and the pages of the BPF object, which is part of the
 * program's file and is read from there again if need be. */
void memory_after_load(const void *elf, size_t size);

#endif
