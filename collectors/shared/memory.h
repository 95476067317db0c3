/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process takes is small: a service's after its start, whatever that took. */
#ifndef MESHTAP_MEMORY_H
#define MESHTAP_MEMORY_H

#include <stddef.h>

/*
 * First of all: the BPF object, which is part of the program's file, gets a mapping of its own. The
 * kernel maps more than the page that is touched, but nothing of another mapping, so the object
 * takes no memory unless it is read. elf, size: NAME__elf_bytes().
 */
void memory_object_apart(const void *elf, size_t size);

/* From now on large allocations have pages of their own, always: they cost nothing until they are
 * used, and go when they are freed. */
void memory_large_apart(void);

/* Gives back what loading took: free memory, and the pages of the BPF object, which is read from
 * the file again if need be. */
void memory_after_load(const void *elf, size_t size);

#endif
