// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sender.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define DRIBBLE_LONGEST 100 /* bytes in a segment */

void sender_begin(struct sender *s, struct request *request)
{
	s->request = request;
	s->head_taken = s->last_chunk = false;
	s->body_left = request->body;
	s->chunk_left = 0;
	if (random_chance(s->timing, 500))
		s->dribble = request->head.length % 3000 + 200;
}

static size_t body_piece(struct sender *s, uint64_t left)
{
	size_t n = left < BODY_PIECE ? left : BODY_PIECE;

	s->piece = body_at(s->request->body - s->body_left);
	s->body_left -= n;
	return n;
}

static size_t chunked_piece(struct sender *s)
{
	size_t n;

	if (s->chunk_left) {
		n = body_piece(s, s->chunk_left);
		s->chunk_left -= n;
		return n;
	}
	text_clear(&s->framing);
	s->chunk_left =
		mix_chunk(s->content, s->body_left, s->body_left == s->request->body, &s->framing);
	s->last_chunk = !s->chunk_left;
	s->piece = s->framing.data;
	return s->framing.length;
}

static bool is_waiting(const struct request *r)
{
	return r->expect == EXPECT_WAIT && !r->continued;
}

/* Returns the length of the next piece, 0 when there is none, or none now. */
static size_t next_piece(struct sender *s)
{
	struct request *r = s->request;

	if (!s->head_taken) {
		s->head_taken = true;
		s->piece = r->head.data;
		return r->head.length;
	}
	if (is_waiting(r))
		return 0;
	if (r->chunked)
		return s->last_chunk ? 0 : chunked_piece(s);
	return body_piece(s, s->body_left);
}

bool sender_fill(struct sender *s)
{
	while (s->request) {
		size_t room = OUT_BYTES - s->to, n;

		if (!s->piece_left) {
			s->piece_left = next_piece(s);
			s->request->wire_sent += s->piece_left;
		}
		if (!s->piece_left) {
			if (is_waiting(s->request))
				return false;
			s->request = NULL;
			return true;
		}
		n = s->piece_left < room ? s->piece_left : room;
		if (!n)
			return false;
		memcpy(s->out + s->to, s->piece, n);
		s->to += n;
		s->piece += n;
		s->piece_left -= n;
	}
	return true;
}

bool sender_is_empty(const struct sender *s)
{
	return !s->request && s->from == s->to;
}

int sender_flush(struct sender *s, int fd)
{
	while (s->from < s->to) {
		size_t length = s->to - s->from;
		ssize_t n;

		if (s->dribble && length > DRIBBLE_LONGEST)
			length = 1 + random_below(s->timing, DRIBBLE_LONGEST);
		n = send(fd, s->out + s->from, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		s->from += n;
		s->bytes += n;
		s->dribble -= s->dribble < (size_t)n ? s->dribble : (size_t)n;
	}
	s->from = s->to = 0;
	return 1;
}
