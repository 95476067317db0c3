// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "adopt.h"

#include "sockets.h"
#include "tcp_sockets.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

static int set_phase(int walk_fd, __u32 phase)
{
	__u32 zero = 0;

	return bpf_map_update_elem(walk_fd, &zero, &phase, BPF_ANY) ? -errno : 0;
}

static int walk_in_phase(int walk_fd, int link_fd, __u32 phase)
{
	int r = set_phase(walk_fd, phase);

	if (!r)
		r = sockets_walk(link_fd);
	return r < 0 ? r : 0;
}

int adopt_sockets(const struct pins *pins, const char *walk_link)
{
	const char *const names[] = { "walk", walk_link };
	__u32 zero = 0, phase;
	int fds[2], r = pins_get_all(pins, names, fds, 2);

	if (r)
		return r;
	if (bpf_map_lookup_elem(fds[0], &zero, &phase))
		r = -errno;
	if (!r && phase != WALK_SAMPLE) {
		r = walk_in_phase(fds[0], fds[1], WALK_PREPARE);
		if (!r)
			r = walk_in_phase(fds[0], fds[1], WALK_ADOPT);
		if (!r)
			r = set_phase(fds[0], WALK_SAMPLE);
	}
	close(fds[0]);
	close(fds[1]);
	return r;
}
