/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a format and a filter want to know, so that nothing else is collected. */
#ifndef MESHTAP_LOG_NEEDS_H
#define MESHTAP_LOG_NEEDS_H

#include "header_set.h"

struct log_needs {
	struct header_set headers[HEAD_SIDES];
	bool server_name; /* SNI */
	bool unit;	  /* unit, peer_unit */
};

/* Why a format or filter was refused. */
struct source_error {
	unsigned int column; /* in bytes, from 1 */
	char text[192];	     /* one line, without the column */
};

#endif
