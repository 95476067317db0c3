/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A start that need not open its BPF object to see that what is pinned is current, because another
 * one has seen it. pins_compare() notes in the control map, as a hash, on what its answer depends:
 * the program by its build ID (its code and the BPF object in it), the settings of which the object
 * is made, and the names that are pinned. The same hash means the same answer. pins_commit() takes
 * the note away before it switches.
 */
#ifndef MESHTAP_PINS_KNOWN_H
#define MESHTAP_PINS_KNOWN_H

#include "pins.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether what is pinned is surely what would be loaded: then it is as if pins_compare() had said
 * PINS_CURRENT. Else pins_compare() finds out, and notes this start if it finds the same.
 * settings: everything that configures the object, as bytes.
 */
bool pins_known(struct pins *pins, const void *settings, size_t size);

/* The hash of this start and what is pinned now. 0: pins_known() was not called, or cannot tell. */
__u64 pins_known_now(const struct pins *pins);

#endif
