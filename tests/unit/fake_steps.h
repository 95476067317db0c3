/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection step by step, for tests of single events. Include after walk_sink.h and fake_net.h.
 */
#ifndef MESHTAP_FAKE_STEPS_H
#define MESHTAP_FAKE_STEPS_H

#define GET    "GET / HTTP/1.1\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static struct fake_end near;
static __u32 came, went; /* bytes */

static inline void start(int client)
{
	sink_reset();
	came = went = 0;
	fake_init(&near, client, 0, 4000000000U, 4294967290U);
}

/* The next bytes, which TCP takes. */
static inline void in(const char *text)
{
	fake_segment(&near, 0, near.theirs + came, text, strlen(text), 0);
	came += strlen(text);
	near.tp->rcv_nxt = near.tp->rcv_wup = near.theirs + came;
}

static inline void out(const char *text)
{
	fake_segment(&near, 1, near.ours + went, text, strlen(text), 0);
	went += strlen(text);
	near.tp->snd_nxt = near.acked = near.ours + went;
}

static inline int is_one_answer(__u32 i)
{
	const struct sink_record *r = &sink.exchanges[i];

	return r->exchange.status == 200 && r->exchange.flag == EXCHANGE_OK &&
	       r->exchange.request_wire == sizeof(GET) - 1 &&
	       r->exchange.response_wire == sizeof(ANSWER) - 1 && r->exchange.response_body == 2;
}

#endif
