/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Periodic records of connections that are not HTTP and live long. User space has this run over all
 * connections, and says in log_state from when to when it answers for. */
#ifndef MESHTAP_ACCESS_LOG_INTERVALS_H
#define MESHTAP_ACCESS_LOG_INTERVALS_H

#include "access_log_records.h"

const volatile __u64 tcp_interval_ns = 1;

SEC("iter/bpf_map_elem")
int tcp_intervals(struct bpf_iter__bpf_map_elem *ctx)
{
	const struct connection *c = ctx->value;
	struct log_state *state = log_state_get();
	__u64 from, to;

	if (!c || !state || !c->dead || c->closed || c->early || c->undeclared || c->is_http ||
	    c->older || !(reporters >> (c->reporter - 1) & 1))
		return 0;
	from = state->interval_from > c->opened_ns ? state->interval_from - c->opened_ns : 0;
	to = state->interval_to > c->opened_ns ? state->interval_to - c->opened_ns : 0;
	if (to / tcp_interval_ns > from / tcp_interval_ns && !is_tcp_refused())
		record_tcp_send(c, NULL, state->interval_to);
	return 0;
}

#endif
