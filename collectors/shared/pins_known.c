// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pins_known.h"

#include "pins_control.h"
#include "pins_hash.h"

#include <dirent.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_OWNER    "GNU"
#define NOTE_ALIGN(n) (((n) + 3U) & ~3U)

/* Goes on with *h when there is a build ID among the notes. */
static bool hash_build_id(__u64 *h, const char *notes, size_t size)
{
	while (size >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const void *)notes;
		const char *name = notes + sizeof(*note);
		size_t id = sizeof(*note) + NOTE_ALIGN(note->n_namesz);
		size_t end = id + NOTE_ALIGN(note->n_descsz);

		if (end > size)
			return false;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof(NOTE_OWNER) &&
		    !memcmp(name, NOTE_OWNER, sizeof(NOTE_OWNER))) {
			pins_hash_bytes(h, notes + id, note->n_descsz);
			return true;
		}
		notes += end;
		size -= end;
	}
	return false;
}

/* For dl_iterate_phdr(), whose first object is the program itself: always ends there. */
static int hash_program(struct dl_phdr_info *info, size_t size, void *h)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_NOTE &&
		    hash_build_id(h, (const char *)info->dlpi_addr + segment->p_vaddr,
				  segment->p_memsz))
			return 1;
	}
	return -1;
}

__u64 pins_known_now(const struct pins *pins)
{
	__u64 h = pins->start;
	struct dirent **list;
	int n = h ? scandir(pins->dir, &list, NULL, alphasort) : -1;

	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++) {
		pins_hash_name(&h, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return h;
}

bool pins_known(struct pins *pins, const void *settings, size_t size)
{
	__u64 start = PINS_HASH_BEGIN, now;
	struct control control;

	pins->start = 0;
	if (dl_iterate_phdr(hash_program, &start) != 1)
		return false;
	pins_hash_bytes(&start, settings, size);
	pins->start = start;
	now = pins_known_now(pins);
	if (!now || pins_control_read(pins, &control) || control.known != now)
		return false;
	pins->state = PINS_CURRENT;
	return true;
}
