/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libbpf says in words only which program or map the kernel refused. */
#ifndef MESHTAP_LIBBPF_LOG_H
#define MESHTAP_LIBBPF_LOG_H

#include <bpf/libbpf.h>
#include <stdarg.h>

/* To be called with all that libbpf says: remembers the first program or map that it warns of. args
 * can still be used. */
__attribute__((format(printf, 2, 0))) void libbpf_log_note(enum libbpf_print_level level,
							   const char *format, va_list args);

/* "program NAME", "map NAME", or "": nothing was said. */
const char *libbpf_log_culprit(void);

/* Takes "program NAME" or "map NAME" out of one message. Returns 0, or -EINVAL: there is neither.
 */
int libbpf_log_parse(char *ret, size_t size, const char *message);

#endif
