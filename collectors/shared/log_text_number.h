/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers as text, without NUL; both return the end of what they wrote. */
#ifndef MESHTAP_LOG_TEXT_NUMBER_H
#define MESHTAP_LOG_TEXT_NUMBER_H

#include <linux/types.h>

#define DECIMAL_MAX 20 /* bytes of a __u64; in hex fewer */

char *put_decimal(char *to, __u64 n);
char *put_hex(char *to, __u64 n);

#endif
