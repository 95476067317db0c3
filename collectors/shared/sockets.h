/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a pinned or attached iter/tcp program over the sockets of every network namespace on the
 * host. */
#ifndef MESHTAP_SOCKETS_H
#define MESHTAP_SOCKETS_H

/*
 * link_fd: a BPF iterator link of an iter/tcp program. The iterator walks the reader's namespace
 * only, so each distinct /proc/PID/ns/net is entered in turn, then the own one again (needs
 * CAP_SYS_ADMIN; without it only the own namespace is walked). Returns the number of namespaces
 * walked, or -errno.
 */
int sockets_walk(int link_fd);

#endif
