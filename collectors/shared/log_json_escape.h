/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text as a JSON string: always valid UTF-8, a byte that is none is \ufffd. */
#ifndef MESHTAP_LOG_JSON_ESCAPE_H
#define MESHTAP_LOG_JSON_ESCAPE_H

#include "http_head.h"

/* Writes t as it stands between quotes to ret, which has LOG_JSON_WIDE bytes a byte; returns the
 * end. */
#define LOG_JSON_WIDE 6 /* \uHHHH */
char *log_json_escape(char *to, struct head_text t);

#endif
