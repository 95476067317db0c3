/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The directory in bpffs that holds a collector's pins. */
#ifndef MESHTAP_PINS_DIR_H
#define MESHTAP_PINS_DIR_H

/* Returns 1 or 0, or -errno (-ENOENT: no such path). */
int pins_dir_is_bpffs(const char *path);

/* Creates pin_dir, whose parent at least must lie on a bpffs, else -ENODEV. Returns 0 or -errno. */
int pins_dir_create(const char *pin_dir);

/* Returns the locked directory's descriptor; -EAGAIN when it was removed while we waited; or
 * -errno. */
int pins_dir_lock(const char *path);

#endif
