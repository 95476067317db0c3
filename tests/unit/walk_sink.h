/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The HTTP collectors' programs in user space, with a sink that writes down what it is given. */
#ifndef MESHTAP_WALK_SINK_H
#define MESHTAP_WALK_SINK_H

#include "bpf_user.h"
#include "kernel_types.h"
#include "control.h"
#include "connection.h"

#define SINK_EXCHANGES	 512
#define SINK_HEADS	 128 /* exchanges in flight at most; a power of two */
#define SINK_CONNECTIONS 4

#define SINK_BEGIN 160

/* Bytes at their offsets, in whatever order they come. */
struct sink_text {
	__u32 length;
	__u32 hash;
	char begin[SINK_BEGIN];
};

struct sink_record {
	struct exchange exchange;
	struct sink_text head[2]; /* request, response: interim ones too */
	__u32 reporter;
	__u64 local_workload;
	__u64 peer_workload;
};

/* What is not yet an exchange. */
struct sink_connection {
	__u64 id;
	struct sink_text heads[SINK_HEADS][2];
	__u32 gone; /* nothing may be heard of what was before this ordinal */
};

static struct {
	struct sink_record exchanges[SINK_EXCHANGES];
	__u32 count;
	struct sink_connection connections[SINK_CONNECTIONS];
	__u32 tcp; /* connections that were not HTTP */
	__u64 tcp_received, tcp_sent;
	__u32 refused; /* connect() that failed */
	__u32 refused_error;
} sink;

static inline void text_add(struct sink_text *t, __u32 offset, const void *bytes, __u32 length)
{
	const __u8 *b = bytes;

	for (__u32 i = 0; i < length; i++) {
		t->hash += (b[i] + 1) * (2654435761U * (offset + i) + 97);
		if (offset + i < SINK_BEGIN - 1)
			t->begin[offset + i] = b[i];
	}
	t->length += length;
}

static inline struct sink_connection *sink_connection(const struct connection *c)
{
	for (int i = 0; i < SINK_CONNECTIONS; i++) {
		struct sink_connection *known = &sink.connections[i];

		if (!known->id)
			known->id = c->id;
		if (known->id == c->id)
			return known;
	}
	user_fail(__func__, "more than SINK_CONNECTIONS");
	return NULL;
}

static inline void sink_head(const struct connection *c, int response, __u32 ordinal, __u32 offset,
			     struct http1_window *w, __u32 at, __u32 length)
{
	struct sink_text *t = &sink_connection(c)->heads[ordinal & (SINK_HEADS - 1)][response];

	user_helper(__func__);
	if (at > sizeof(w->bytes) || length > sizeof(w->bytes) - at)
		user_fail(__func__, "beyond the window");
	text_add(t, offset, w->bytes + at, length);
}

static inline void sink_exchange(const struct connection *c, const struct exchange *x,
				 struct http1_window *w)
{
	struct sink_connection *known = sink_connection(c);
	struct sink_text *heads = known->heads[x->ordinal & (SINK_HEADS - 1)];
	struct sink_record *r = &sink.exchanges[sink.count++];

	user_helper(__func__);
	if (sink.count > SINK_EXCHANGES)
		user_fail(__func__, "more than SINK_EXCHANGES");
	if (x->ordinal < known->gone)
		user_fail(__func__, "an exchange that was said to be gone");
	r->exchange = *x;
	r->reporter = c->reporter;
	r->local_workload = c->local_workload;
	r->peer_workload = c->peer_workload;
	memcpy(r->head, heads, sizeof(r->head));
	memset(heads, 0, sizeof(r->head));
}

/* The heads before ordinal belong to nothing. */
static inline void sink_gone(const struct connection *c, __u32 ordinal)
{
	struct sink_connection *known = sink_connection(c);

	user_helper(__func__);
	for (; known->gone < ordinal; known->gone++)
		memset(known->heads[known->gone & (SINK_HEADS - 1)], 0, sizeof(known->heads[0]));
}

static inline void sink_tcp(const struct connection *c, __u64 now)
{
	user_helper(__func__);
	sink.tcp++;
	sink.tcp_received += c->direction[0].position;
	sink.tcp_sent += c->direction[1].position;
}

static inline void sink_refused(const struct tuple *t, __u32 error, __u64 now)
{
	user_helper(__func__);
	sink.refused++;
	sink.refused_error = error;
}

#include "http_programs.h"

/* Everything as after a load. */
static inline void sink_reset(void)
{
	user_maps_reset();
	user_free_deleted();
	memset(&sink, 0, sizeof(sink));
	user_interrupt = NULL;
	user_cpu = 0;
	user_now = 1000000;
}

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
	static const char *const about_others[] = { "cgroup_workloads", "workloads", "listeners" };
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
