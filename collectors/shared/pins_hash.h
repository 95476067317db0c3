/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* 64-bit fingerprints of what a BPF object would load: its programs, and the layout of its maps. */
#ifndef MESHTAP_PINS_HASH_H
#define MESHTAP_PINS_HASH_H

#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stddef.h>

#define PINS_HASH_BEGIN 0xcbf29ce484222325ULL

/* Goes on with *h. */
void pins_hash_bytes(__u64 *h, const void *data, size_t size);
void pins_hash_name(__u64 *h, const char *name);

/* The ELF file and the configured .rodata. Never 0, which means "no programs" in the control map.
 */
__u64 pins_hash_programs(struct bpf_object *obj, const void *elf, size_t size);

/* Every map that outlives the process: type, sizes, capacity, flags, and its key's and value's
 * members. */
__u64 pins_hash_layout(const struct bpf_object *obj);

#endif
