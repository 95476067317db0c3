/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UTF-8 (RFC 3629) in bytes that may be anything. */
#ifndef MESHTAP_LOG_TEXT_UTF8_H
#define MESHTAP_LOG_TEXT_UTF8_H

#include <stddef.h>

/* Bytes of the sequence at s, of which n bytes, at least one, are there; 0: it is none. */
size_t utf8_length(const char *s, size_t n);

/* The most bytes of s, up to most < n, that end in no sequence's middle. */
size_t utf8_cut(const char *s, size_t n, size_t most);

#endif
