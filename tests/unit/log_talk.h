/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which lines a conversation must have in the log: read off its bytes. Include after log_setup.h
 * and talk_make.h. */
#ifndef MESHTAP_LOG_TALK_H
#define MESHTAP_LOG_TALK_H

static const char *const talk_names[HEAD_SIDES][LOG_NAMES] = {
	{ "host", "cookie-3", "content-length", "cookie-17" },
	{ "server", "link", "cookie-2", "transfer-encoding" },
	{ "x-trailer" },
};
static const __u32 talk_name_count[HEAD_SIDES] = { 4, 4, 1 };

static inline void talk_want(void)
{
	for (int side = 0; side < HEAD_SIDES; side++)
		log_want(side, talk_names[side], talk_name_count[side]);
}

/* A line of the stream at [from, to) with its end; NULL: none, or not all of it. */
static inline const char *line_end(const struct talk *t, int stream, __u32 from, __u32 to)
{
	return from < to ? memchr(t->bytes[stream] + from, '\n', to - from) : NULL;
}

static inline void talk_values(const struct talk *t, int stream, __u32 from, __u32 to,
			       enum head_side side, struct log_line *ret)
{
	const char *bytes = (const char *)t->bytes[stream], *end;

	for (__u32 i = 0; i < talk_name_count[side]; i++)
		strcpy(ret->value[side][i], "-");
	for (; (end = line_end(t, stream, from, to)); from = end + 1 - bytes)
		for (__u32 i = 0; i < talk_name_count[side]; i++) {
			__u32 n = strlen(talk_names[side][i]);
			const char *value = bytes + from + n + 2;

			if (end < value || strncasecmp(bytes + from, talk_names[side][i], n) ||
			    value[-2] != ':')
				continue;
			log_text(ret->value[side][i],
				 (struct head_text){ value, end - value - (end[-1] == '\r') });
		}
}

static inline void talk_start(const struct talk *t, const struct talk_exchange *e,
			      struct log_line *ret)
{
	const char *method = (const char *)t->bytes[REQUEST] + e->begin[REQUEST], *path, *blank;

	while (*method == '\r' || *method == '\n')
		method++;
	path = strchr(method, ' ') + 1;
	blank = strchr(path, ' ');
	log_text(ret->method, (struct head_text){ method, path - method - 1 });
	log_text(ret->path, (struct head_text){ path, blank - path });
	if (e->method == HTTP1_METHOD_CONNECT)
		strcpy(ret->path, "-");
}

/* Returns 0 when there is no such exchange. */
static inline int talk_line_of(const struct talk *t, __u32 n, const struct talk_end *end,
			       struct log_line *ret)
{
	const struct talk_exchange *e = &t->exchanges[n];
	__u32 sent = end->sent[RESPONSE], from = e->begin[RESPONSE];
	struct sink_record said;
	__u32 head;

	if (!talk_exchange(t, n, end, &said))
		return 0;
	memset(ret, 0, sizeof(*ret));
	ret->record.status = said.exchange.status;
	ret->record.flag = said.exchange.flag;
	ret->record.request_wire = said.exchange.request_wire;
	ret->record.response_wire = said.exchange.response_wire;
	ret->record.received = said.exchange.request_body;
	ret->record.sent = said.exchange.response_body;
	talk_start(t, e, ret);
	talk_values(t, REQUEST, e->begin[REQUEST],
		    talk_least(end->sent[REQUEST], e->head_end[REQUEST]), HEAD_REQUEST, ret);
	for (int i = 0; i < TALK_INTERIM; i++)
		if (e->interim[i] && sent >= e->interim_end[i])
			from = e->interim_end[i];
	head = from == e->begin[RESPONSE] && e->interim[0] ? e->interim_end[0]
							   : e->head_end[RESPONSE];
	if (e->interim[0] && from == e->interim_end[0] && e->interim[1])
		head = e->interim_end[1];
	talk_values(t, RESPONSE, from, talk_least(sent, head), HEAD_RESPONSE, ret);
	head = e->end[RESPONSE] < 16 ? 0 : e->end[RESPONSE] - 16;
	if (head < e->head_end[RESPONSE] || t->is_body[RESPONSE][head + 15] ||
	    memcmp(t->bytes[RESPONSE] + head, "X-Trailer: a\r\n\r\n", 16))
		head = e->end[RESPONSE];
	talk_values(t, RESPONSE, head, talk_least(sent, e->end[RESPONSE]), HEAD_TRAILER, ret);
	return 1;
}

static inline int same_line(const struct log_line *a, const struct log_line *b)
{
	const struct access_record *x = &a->record, *y = &b->record;
	int same = x->status == y->status && x->flag == y->flag &&
		   x->request_wire == y->request_wire && x->response_wire == y->response_wire &&
		   x->received == y->received && x->sent == y->sent &&
		   !strcmp(a->method, b->method) && !strcmp(a->path, b->path);

	for (int side = 0; side < HEAD_SIDES; side++)
		for (__u32 i = 0; i < talk_name_count[side]; i++)
			same &= !strcmp(a->value[side][i], b->value[side][i]);
	return same;
}

static inline void show_line(const char *what, const struct log_line *l)
{
	const struct access_record *r = &l->record;

	printf("  %s: %u %s %s %u flag %u wire %llu %llu body %llu %llu", what, r->ordinal,
	       l->method, l->path, r->status, r->flag, r->request_wire, r->response_wire,
	       r->received, r->sent);
	for (int side = 0; side < HEAD_SIDES; side++)
		for (__u32 i = 0; i < talk_name_count[side]; i++)
			printf(" %s=%.20s", talk_names[side][i], l->value[side][i]);
	printf("\n");
}

/* Nothing came that was not said, and it came in order. Returns how many did not come, or -1. */
static inline int log_check(const struct talk *t, const struct talk_end *end)
{
	struct log_line said;
	__u32 n = 0, http = 0;

	for (__u32 i = 0; i < journal.count; i++) {
		int found = 0;

		if (!journal.lines[i].record.is_http)
			continue;
		http++;
		while (!found && n < t->count && talk_line_of(t, n, end, &said)) {
			n++;
			found = same_line(&journal.lines[i], &said);
		}
		if (found)
			continue;
		show_line("not said", &journal.lines[i]);
		if (i < t->count && talk_line_of(t, i, end, &said))
			show_line("said    ", &said);
		return -1;
	}
	for (n = 0; n < t->count && talk_line_of(t, n, end, &said);)
		n++;
	return n - http;
}

#endif
