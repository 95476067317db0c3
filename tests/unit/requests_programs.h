/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs of http_requests in user space, and what they have aggregated. */
#ifndef MESHTAP_REQUESTS_PROGRAMS_H
#define MESHTAP_REQUESTS_PROGRAMS_H

#define HTTP1_TELLS
#include "bpf_user.h"
#include "bpf_user_ring.h"
#include "../../bpf/http_requests.bpf.c"
#include "programs_state.h"
#include "fake_net.h"

static struct fake_end end;
static __u32 came, went; /* bytes */

static inline void requests_reset(void)
{
	user_maps_reset();
	user_free_deleted();
	user_now = 1000000;
}

static inline void requests_begin(int client, int ipv6)
{
	came = went = 0;
	fake_init(&end, client, ipv6, 4000000000U, 4294967290U);
	fake_established(&end);
}

/* The next bytes, which TCP takes. */
static inline void in(const void *bytes, __u32 length)
{
	fake_segment(&end, 0, end.theirs + came, bytes, length, 0);
	came += length;
	end.tp->rcv_nxt = end.tp->rcv_wup = end.theirs + came;
}

static inline void out(const void *bytes, __u32 length)
{
	fake_segment(&end, 1, end.ours + went, bytes, length, 0);
	went += length;
	end.tp->snd_nxt = end.acked = end.ours + went;
}

static inline __u64 series_requests(const struct http_series *s)
{
	__u64 n = 0;

	for (int i = 0; i < BUCKETS_MAX; i++)
		n += s->bucket[HISTOGRAM_DURATION][i];
	return n;
}

/* The n-th series that there are requests of, in no order. Returns them, or 0. */
static inline __u64 series_nth(__u32 n, struct http_series_key *ret)
{
	const struct user_map *m = USER_MAP(&series);

	for (__u32 i = 0; i < USER_BUCKETS; i++)
		for (const struct user_entry *e = m->buckets[i]; e; e = e->next) {
			__u64 requests = series_requests(e->value);

			if (!requests || n--)
				continue;
			memcpy(ret, e->key, sizeof(*ret));
			return requests;
		}
	return 0;
}

#endif
