/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes the access log's programs ready, and looks what they have left. Include after
 * log_programs.h. */
#ifndef MESHTAP_LOG_SETUP_H
#define MESHTAP_LOG_SETUP_H

#include "keep_names.h"

/* The loader writes constants before it loads; to a compiler they are constants. */
static inline void log_set(const volatile void *constant, const void *value, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE), from = (size_t)constant & ~(page - 1);

	if (mprotect((void *)from, (size_t)constant + size - from, PROT_READ | PROT_WRITE))
		user_fail(__func__, "mprotect");
	memcpy((void *)constant, value, size);
}

static inline void log_set_number(const volatile __u32 *constant, __u32 value)
{
	log_set(constant, &value, sizeof(value));
}

static inline void log_set_filter(const struct log_filter *f)
{
	log_set(&filter, f, sizeof(*f));
}

/* All pass. */
static inline struct log_filter log_open_filter(void)
{
	struct log_filter f = { .sampling = 1ull << 32, .tcp = 1 };

	memset(f.status, 0xff, sizeof(f.status));
	return f;
}

static inline void log_want(enum head_side side, const char *const *names, __u32 count)
{
	journal.plan.wanted[side] = (struct head_names){ names, count };
	keep_names(side, names, count);
	log_set_number(&wants_response_head, journal.plan.wanted[HEAD_RESPONSE].count != 0);
}

static inline void log_free(void)
{
	if (journal.writer.table.buckets)
		exchange_table_free(&journal.writer.table);
	http2_heads_free(&journal.writer.streams);
	http_head_free(&journal.writer.head);
}

/* Everything as after a load; what is wanted stays. */
static inline void log_reset(void)
{
	struct log_filter f = log_open_filter();
	struct log_plan plan = journal.plan;

	user_maps_reset();
	user_free_deleted();
	user_ring_reset();
	log_free();
	memset(&journal, 0, sizeof(journal));
	journal.plan = plan;
	journal.writer.plan = &journal.plan;
	journal.writer.state = &journal.state;
	journal.writer.maps.counters = &journal.health;
	if (exchange_table_init(&journal.writer.table, 1 << 24, journal.plan.wanted) ||
	    http2_heads_init(&journal.writer.streams, 1 << 24, journal.plan.wanted))
		abort();
	log_set_filter(&f);
	log_set_number(&reporters, 3);
	log_set_number(&wants_hello, 0);
	user_interrupt = NULL;
	user_cpu = 0;
	user_now = 1000000;
	user_random = 0;
}

/* The collector reads what is in the ring. */
static inline void log_read(void)
{
	for (__u32 i = 0; i < user_ring.count; i++)
		lines_take(&journal.writer, user_ring.records[i].data, user_ring.records[i].size);
	user_ring_reset();
}

static inline __u64 log_pieces(void)
{
	return log_state_get()->pieces;
}

/* Once every connection is closed: nothing is left of them, here or in the collector. */
static inline int log_is_empty(void)
{
	int right = !sink_left_over() && !log_pieces() && !sink_health()->connections;

	if (!right)
		printf("%u entries left, heads %u, pieces %lld, connections %lld\n",
		       sink_left_over(), user_map_named("heads")->count, (long long)log_pieces(),
		       (long long)sink_health()->connections);
	return right;
}

/* Requests of which there is no line, and it is said so. */
static inline __u64 log_untold(void)
{
	const struct log_state *s = log_state_get();

	return s->dropped + s->filtered + s->sampled_out + sink_inexact();
}

#endif
