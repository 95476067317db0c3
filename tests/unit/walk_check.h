/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compares what the sink was given with what was said. Include after walk_sink.h and talk.h. */
#ifndef MESHTAP_WALK_CHECK_H
#define MESHTAP_WALK_CHECK_H

static inline int same_text(const struct sink_text *a, const struct sink_text *b)
{
	return a->length == b->length && a->hash == b->hash;
}

/* All but the times, and the ordinal, which counts what is declared in its own way. */
static inline int same_exchange(const struct sink_record *a, const struct sink_record *b)
{
	const struct exchange *x = &a->exchange, *y = &b->exchange;

	return x->method == y->method && x->minor == y->minor && x->status == y->status &&
	       x->flag == y->flag && x->request_wire == y->request_wire &&
	       x->request_body == y->request_body && x->response_wire == y->response_wire &&
	       x->response_body == y->response_body && same_text(&a->head[0], &b->head[0]) &&
	       same_text(&a->head[1], &b->head[1]);
}

static inline void show_exchange(const char *what, const struct sink_record *r)
{
	const struct exchange *x = &r->exchange;

	printf("  %s: ordinal %u method %u status %u flag %u request %llu/%llu head %u response "
	       "%llu/%llu head %u\n",
	       what, x->ordinal, x->method, x->status, x->flag, x->request_wire, x->request_body,
	       r->head[0].length, x->response_wire, x->response_body, r->head[1].length);
}

static inline void show_health(void)
{
	const struct http_health *h = sink_health();

	printf("  %u exchanges, %u TCP, %u entries left, %lld connections, %llu untracked, inexact",
	       sink.count, sink.tcp, sink_left_over(), (long long)h->connections, h->untracked);
	for (int i = 0; i < INEXACT_REASONS; i++)
		printf(" %llu", h->inexact[i]);
	printf("\n");
}

/* Nothing came that was not said, and it came in order. Returns how many did not come, or -1. */
static inline int check_exchanges(const struct talk *t, const struct talk_end *end)
{
	struct sink_record said = { 0 };
	__u32 n = 0;

	for (__u32 i = 0; i < sink.count; i++) {
		const struct sink_record *r = &sink.exchanges[i];
		int found = 0;

		while (!found && n < t->count && talk_exchange(t, n, end, &said)) {
			n++;
			found = same_exchange(r, &said);
			if (!found && fake_trace)
				show_exchange("missing?", &said);
		}
		if (!found) {
			show_exchange("not said", r);
			if (i < t->count && talk_exchange(t, i, end, &said))
				show_exchange("said    ", &said);
			return -1;
		}
		if (r->exchange.started_ns > r->exchange.ended_ns ||
		    (i && r->exchange.ordinal <= r[-1].exchange.ordinal))
			return -1;
	}
	for (n = 0; n < t->count && talk_exchange(t, n, end, &said);)
		n++;
	return n - sink.count;
}

/* Once every connection is closed: nothing is left of them. */
static inline int check_closed(void)
{
	return !sink_left_over() && !sink_health()->connections;
}

/* All that was said came, and nothing else. */
static inline int check_all(const struct talk *t, const struct talk_end *end)
{
	return !check_exchanges(t, end) && !sink_inexact() && sink.tcp == (sink.count == 0) &&
	       check_closed();
}

/* Nothing but what was said came. From a place in the requests on, what did not come is declared:
 * no less than one, where it cannot be known how much it was. */
static inline int check_declared(const struct talk *t, const struct talk_end *end, __u32 from)
{
	int missing = check_exchanges(t, end);

	if (missing < 0)
		return 0;
	for (__u32 i = 0; i < t->count && t->exchanges[i].begin[REQUEST] < from; i++)
		missing--;
	return (missing <= 0 || sink_inexact()) && check_closed();
}

#endif
