/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_COMPRESS_H
#define MESHTAP_LOG_SHIPPER_COMPRESS_H

#include "buffer.h"

/* Replaces *to by the bytes in gzip's format. Returns 0 or -ENOMEM. */
int compress_gzip(struct buffer *to, const struct buffer *from);

#endif
