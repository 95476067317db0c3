/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_SETTINGS_NUMBER_H
#define MESHTAP_SETTINGS_NUMBER_H

/* Decimal digits only, within the range. Returns 0 or -EINVAL. */
int settings_number(unsigned int *ret, const char *text, unsigned int min, unsigned int max);

#endif
