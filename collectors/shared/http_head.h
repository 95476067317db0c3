/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks things up in the text of an HTTP/1 head. Lines may end in LF alone; what has no end is cut.
 */
#ifndef MESHTAP_HTTP_HEAD_H
#define MESHTAP_HTTP_HEAD_H

#include "exchange_table.h"

/* A request's start line. Blanks in the target, which some servers accept, stay in it. */
struct request_line {
	struct head_text method, target; /* data NULL: missing */
};

/* Before a start line, RFC 9112 2.2. */
void http_head_skip_empty_lines(struct head_text *head);

struct request_line http_head_request_line(struct head_text head);

/* The first value of a header, trimmed, of a head, which ends with its empty line. */
struct head_text http_head_header(struct head_text head, const char *name);

/* Cuts interim responses off. When the final head is cut, the last whole one remains. */
struct head_text http_head_final(struct head_text text);

#endif
