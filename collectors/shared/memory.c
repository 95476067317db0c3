// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memory.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE (128 << 10) /* malloc's own at first, but it grows with what is freed */

/* Of the pages that are the object's alone. */
static void advise(const void *elf, size_t size, int advice)
{
	uintptr_t page = sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)elf + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)elf + size) / page * page;

	if (end > begin)
		madvise((void *)begin, end - begin, advice);
}

/* Advice that is also true: it is read once, from its beginning to its end. */
void memory_object_apart(const void *elf, size_t size)
{
	advise(elf, size, MADV_SEQUENTIAL);
}

void memory_large_apart(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
}

void memory_after_load(const void *elf, size_t size)
{
	advise(elf, size, MADV_DONTNEED);
	malloc_trim(0);
}
