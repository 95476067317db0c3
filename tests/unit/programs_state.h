/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the HTTP collectors' programs hold and count. Include after http_programs.h. */
#ifndef MESHTAP_PROGRAMS_STATE_H
#define MESHTAP_PROGRAMS_STATE_H

static inline const struct http_health *sink_health(void)
{
	return health_counters();
}

/* Other programs use this CPU's windows, or no longer do. */
static inline void sink_take_windows(int take)
{
	for (__u32 slot = 0; slot < SCRATCH_SLOTS; slot++) {
		struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

		s->users += take ? 1 : -1;
	}
}

/* What the programs say they could not report. */
static inline __u64 sink_inexact(void)
{
	const struct http_health *h = sink_health();
	__u64 n = h->untracked;

	for (int i = 0; i < INEXACT_REASONS; i++)
		n += h->inexact[i];
	return n;
}

/* Entries of all hashes that are about connections: 0 once every connection is closed. */
static inline __u32 sink_left_over(void)
{
	static const char *const about_others[] = { "cgroup_workloads", "workloads", "listeners",
						    "prefixes",		"hosts",     "series" };
	__u32 n = 0;

	for (struct user_map *m = user_maps; m < user_maps + USER_MAPS && m->definition; m++) {
		int other = user_is_array(m);

		for (__u32 i = 0; i < sizeof(about_others) / sizeof(about_others[0]); i++)
			other |= !strcmp(m->name, about_others[i]);
		n += other ? 0 : m->count;
	}
	return n;
}

#endif
