/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps and links that outlive the process, pinned in bpffs under PIN_DIR/SECTION/.
 *
 * A collector first compares what is pinned with what it would load:
 *   same programs, same layout  -> PINS_CURRENT: nothing is loaded, maps are opened from their
 * pins; other programs, same layout -> PINS_OLD_PROGRAMS: new programs are loaded on the pinned
 * maps and take over by one store to the control map (bpf/control.h), no event lost or counted
 * twice; other layout                -> PINS_OLD_LAYOUT: what is pinned is removed, counters start
 * anew; nothing pinned              -> PINS_NONE.
 * What was found current is known again without comparing: pins_known.h.
 */
#ifndef MESHTAP_PINS_H
#define MESHTAP_PINS_H

#include <bpf/libbpf.h>
#include <limits.h>
#include <linux/types.h>

enum pins_state {
	PINS_NONE,
	PINS_CURRENT,
	PINS_OLD_PROGRAMS,
	PINS_OLD_LAYOUT,
};

struct pins {
	char dir[PATH_MAX];
	int lock;	  /* flock on the directory while the collector starts; -1: none */
	__u64 generation; /* of the programs that we have */
	__u64 layout;
	__u64 start; /* hash of this start, see pins_known.h; 0: it is not to be known again */
	enum pins_state state; /* as pins_compare() found it */
};

/*
 * Creates PIN_DIR/section and locks it against another instance that starts. Returns 0, -errno;
 * -ENODEV when pin_dir is not on a bpffs.
 */
int pins_open(struct pins *ret, const char *pin_dir, const char *section);
void pins_close(struct pins *pins);

/*
 * Compares the opened, not yet loaded object (its .rodata configured) with what is pinned. elf,
 * size: the object file (NAME__elf_bytes()). Sets .rodata's `generation` through *ret_generation.
 */
int pins_compare(struct pins *pins, struct bpf_object *obj, const void *elf, size_t size,
		 __u64 *ret_generation, enum pins_state *ret);

/* Before load: makes the object use the pinned maps (PINS_OLD_PROGRAMS; else does nothing). 0 or
 * -errno. */
int pins_reuse_maps(const struct pins *pins, struct bpf_object *obj);

/*
 * After load and attach: removes what has another layout, pins all maps, then the links as
 * link_NAME (names: of their programs), switches the control map to the new generation and drops
 * the old links. A process killed in between leaves either the old or the new programs counting. On
 * failure nothing new stays pinned. 0 or -errno.
 */
int pins_commit(const struct pins *pins, struct bpf_object *obj, struct bpf_link *const *links,
		const char *const *names, unsigned int n);

/* A pinned map's file descriptor by its name, a link's by link_NAME. The caller closes it. Returns
 * fd or -errno. */
int pins_get(const struct pins *pins, const char *name);

/* Several at once; all or none. Returns 0 or -errno. */
int pins_get_all(const struct pins *pins, const char *const *names, int *ret_fds, unsigned int n);

/* Removes everything pinned under pin_dir/section, and pin_dir itself when it is empty. 0 when
 * nothing was there. */
int pins_remove(const char *pin_dir, const char *section);

#endif
