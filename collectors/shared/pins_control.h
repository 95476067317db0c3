/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pinned control map (bpf/control.h). Returns are 0 or -errno. */
#ifndef MESHTAP_PINS_CONTROL_H
#define MESHTAP_PINS_CONTROL_H

#include "control.h"
#include "pins.h"

/* -ENOENT: none is pinned. Another version's has a layout and a generation that are nobody's. */
int pins_control_read(const struct pins *pins, struct control *ret);

/* From here on the programs of pins->generation count and the others do not. Nobody knows yet that
 * they are current. obj: loaded. */
int pins_control_switch(const struct pins *pins, const struct bpf_object *obj, unsigned int links);

/* Stores `known`. That it fails costs only time. */
void pins_control_note(const struct pins *pins, __u64 known);

#endif
