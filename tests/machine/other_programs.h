/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Included first in every BPF program: other programs on the same maps, as most upgrades are. */
const volatile int other_programs = 1;
