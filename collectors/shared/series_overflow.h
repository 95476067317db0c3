/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The series for what finds no room among the others: see series_overflow() in series.h. */
#ifndef MESHTAP_SERIES_OVERFLOW_H
#define MESHTAP_SERIES_OVERFLOW_H

#include <bpf/libbpf.h>

/*
 * Makes its entries in the object's `series` map, where they are not there yet: once it is loaded,
 * before it is attached. Its keys begin with struct series_parties; what else they have is zero.
 * Returns 0, also without such a map, or -errno.
 */
int series_overflow_make(const struct bpf_object *obj);

#endif
