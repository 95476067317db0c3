/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes in the connections that are older than the collector (bpf/tcp_sockets.h). */
#ifndef MESHTAP_ADOPT_H
#define MESHTAP_ADOPT_H

#include "pins.h"

/*
 * Walks every socket twice by the pinned iterator walk_link (the second walk can name the peers
 * that the first has noted), unless that was done since the programs were first attached. Returns 0
 * or -errno.
 */
int adopt_sockets(const struct pins *pins, const char *walk_link);

#endif
