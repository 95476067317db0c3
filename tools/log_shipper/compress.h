/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_COMPRESS_H
#define MESHTAP_LOG_SHIPPER_COMPRESS_H

#include "buffer.h"

struct libdeflate_compressor;

/* Returns NULL without memory. */
struct libdeflate_compressor *compress_new(void);
void compress_free(struct libdeflate_compressor *c);

/* Replaces *to by the bytes in gzip's format. Returns 0 or -ENOMEM. */
int compress_gzip(struct libdeflate_compressor *c, struct buffer *to, const struct buffer *from);

#endif
