/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_ITERATOR_H
#define MESHTAP_ITERATOR_H

struct bpf_link;
struct bpf_program;

/* Attaches a program over the elements of a map. Returns a link, or NULL with errno set. */
struct bpf_link *iterator_attach_to_map(const struct bpf_program *program, int map_fd);

/* Runs a BPF iterator's program over all that its link names; what it prints is ignored. An
 * iterator over sockets takes the caller's network namespace. Returns 0 or -errno. */
int iterator_run(int link_fd);

#endif
