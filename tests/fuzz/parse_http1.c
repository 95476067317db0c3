/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * http1.h for differential.py. Asked "KIND METHODS LENGTH\n" and LENGTH bytes: Q(uestions) or
 * R(esponses) to one method each (H EAD, C ONNECT, G anything). Answers one line, per message "CODE
 * BODY END HOW", separated by ";". CODE: the status, + for a request, - for no head. END: the
 * offset after a done message, or where a bad one begins. HOW: done, close, tunnel, open, bad.
 */
#include <stdio.h>

#include "http1_feed.h"

#define STREAM (1 << 20)

static const char *how(const struct feed_message *m)
{
	if (m->bad)
		return "bad";
	if (m->phase == HTTP1_TUNNEL)
		return "tunnel";
	if (!m->complete)
		return "open";
	return m->phase == HTTP1_UNTIL_CLOSE ? "close" : "done";
}

static void answer_message(const struct feed_message *m)
{
	const char *verdict = how(m);
	__u64 end = 0;

	if (m->phase <= HTTP1_HEADERS && !m->complete && !m->bad)
		printf("- ");
	else if (m->direction == FEED_RESPONSE)
		printf("%u ", m->status);
	else
		printf("+ ");
	if (!strcmp(verdict, "done"))
		end = m->start + m->wire;
	else if (m->bad)
		end = m->start;
	printf("%llu %llu %s", m->body, end, verdict);
}

static void answer(const struct feed *f, int direction)
{
	const struct feed_message *last = NULL;

	for (__u32 i = 0; i < f->count && i < FEED_MESSAGES; i++) {
		if (f->messages[i].direction != direction)
			continue;
		if (last)
			putchar(';');
		last = &f->messages[i];
		answer_message(last);
	}
	if (f->direction[direction].dead && !(last && last->bad))
		printf("%s- 0 0 bad", last ? ";" : "");
	putchar('\n');
	fflush(stdout);
}

int main(void)
{
	static const __u8 numbers[] = { ['H'] = HTTP1_METHOD_HEAD, ['C'] = HTTP1_METHOD_CONNECT };
	static __u8 bytes[STREAM];
	static struct feed f;
	char kind, methods[64];
	unsigned int length;

	while (scanf("%c %63s %u", &kind, methods, &length) == 3 && length <= STREAM &&
	       getchar() == '\n' && fread(bytes, 1, length, stdin) == length) {
		int direction = kind == 'Q' ? FEED_REQUEST : FEED_RESPONSE;

		feed_init(&f, 512, 2048, '\n');
		for (const char *m = methods; direction == FEED_RESPONSE && *m; m++)
			f.methods[f.next++] =
				(__u8)*m < sizeof(numbers) ? numbers[(__u8)*m] : HTTP1_METHOD_OTHER;
		feed(&f, direction, bytes, length);
		feed_end(&f);
		answer(&f, direction);
	}
	return 0;
}
