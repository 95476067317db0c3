// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "memory.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE (128 << 10) /* malloc's own at first, but it grows with what is freed */

void memory_large_apart(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
}

void memory_after_load(const void *elf, size_t size)
{
	uintptr_t page = sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)elf + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)elf + size) / page * page;

	if (end > begin)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
	malloc_trim(0);
}
