// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "connection.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define IN_BYTES (256u << 10)

static struct request *in_flight(struct connection *c, unsigned int i)
{
	return &c->queue[i % PIPELINE_MAX];
}

static int64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note_progress(struct connection *c)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	c->progress = now.tv_sec;
}

bool connection_is_done(const struct connection *c)
{
	return !c->left && c->first == c->next;
}

int connection_fail(const struct connection *c, const char *what)
{
	const struct request *r = &c->queue[c->first % PIPELINE_MAX];
	const struct response *p = &c->response;

	fprintf(stderr, "mixed_load: %s\n", what);
	if (c->first == c->next)
		return -1;
	fprintf(stderr,
		"request %" PRIu64 ", the first of %u in flight: %" PRIu64 " bytes sent\n"
		"due: status %u, %" PRId64 " bytes, %s\n",
		r->id, c->next - c->first, r->wire_sent, r->status, (int64_t)r->length,
		r->last ? "close" : "keep-alive");
	fprintf(stderr,
		"came: status %u, %" PRIu64 " bytes of body, %" PRIu64 " in all, %s\n%.*s\n",
		p->status, p->body, p->wire, p->close ? "close" : "keep-alive",
		r->head.length < 600 ? (int)r->head.length : 600, r->head.data);
	return -1;
}

static int watch(struct connection *c, int operation, bool output)
{
	struct epoll_event event = { .events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = c };

	c->wants_output = output;
	return epoll_ctl(c->load->epoll, operation, c->fd, &event);
}

int connection_open(struct connection *c)
{
	struct load *l = c->load;
	int one = 1;

	c->fd = socket(l->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&l->address, l->address_length) ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    watch(c, EPOLL_CTL_ADD, false))
		return connection_fail(c, strerror(errno));
	c->waits_for_eof = c->ended = false;
	l->connections++;
	note_progress(c);
	return connection_output(c);
}

/* A connection that has ended makes way for the next one. */
static int replace(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
	return connection_is_done(c) ? 0 : connection_open(c);
}

/* Returns false when none may follow now. */
static bool make_request(struct connection *c)
{
	struct request *r = in_flight(c, c->next);

	if (!c->left || c->load->throttled || c->waits_for_eof || c->next - c->first >= c->depth ||
	    (c->first != c->next && in_flight(c, c->next - 1)->last))
		return false;
	if (c->first == c->next)
		response_begin(&c->response, r);
	if (!c->depth_left--) {
		c->depth = 1 + random_below(&c->timing, c->load->pipeline);
		c->depth_left = 2 * c->depth;
	}
	mix_request(&c->content, c->next_id, r);
	r->started_ms = real_ms();
	sender_begin(&c->sender, r);
	c->next_id += c->id_step;
	c->left--;
	c->next++;
	c->load->made++;
	if (c->next - c->first > c->load->deepest)
		c->load->deepest = c->next - c->first;
	return true;
}

static void write_line(const struct connection *c, const struct request *r)
{
	const struct response *p = &c->response;

	fprintf(c->load->log,
		"%" PRIu64 " %s %.*s HTTP/1.%u %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" %s%s%s- %" PRId64 " %" PRId64 "\n",
		r->id, r->method, (int)r->target.length, r->target.data, r->minor, p->status,
		p->wire, p->body, r->wire_sent - r->leading, r->body, p->chunked ? "c" : "",
		p->interim ? "i" : "", r->discards ? "d" : "", r->started_ms, real_ms());
}

static const char *what_is_wrong(const struct request *r, const struct response *p)
{
	if (p->status != r->status)
		return "wrong status";
	if (r->length != ANY_LENGTH && p->body != r->length)
		return "wrong length";
	if (p->close != r->last)
		return "wrong Connection";
	if (r->expect && !p->interim)
		return "no 100 Continue";
	return NULL;
}

/* The first request in flight was answered. */
static int end_response(struct connection *c)
{
	struct request *r = in_flight(c, c->first);
	const char *wrong = what_is_wrong(r, &c->response);

	if (wrong)
		return connection_fail(c, wrong);
	write_line(c, r);
	c->load->answered++;
	c->first++;
	c->waits_for_eof = r->last;
	c->ended = c->response.state == RESPONSE_DONE_BY_CLOSE ||
		   (r->last && random_chance(&c->timing, 5000));
	if (c->first != c->next)
		response_begin(&c->response, in_flight(c, c->first));
	return 0;
}

/* An answer may come before the request is sent; what follows it cannot. */
static bool is_answered(const struct connection *c)
{
	return c->first != c->next && c->response.state >= RESPONSE_DONE &&
	       (c->first + 1 != c->next || sender_is_empty(&c->sender));
}

/* Behind a long response, which fills the socket, nginx cannot send 100 Continue, and closes. */
static bool must_be_first(struct connection *c)
{
	return c->next - c->first > 1 && in_flight(c, c->next - 1)->expect;
}

/* Makes and sends what the socket takes. */
static int push(struct connection *c)
{
	struct sender *s = &c->sender;
	int r = 1;

	while (r > 0) {
		while (!must_be_first(c) && sender_fill(s) && make_request(c))
			;
		if (s->from == s->to)
			break;
		r = sender_flush(s, c->fd);
	}
	if (r < 0)
		return connection_fail(c, strerror(-r));
	if (c->wants_output == (r > 0) && watch(c, EPOLL_CTL_MOD, !r))
		return connection_fail(c, strerror(errno));
	return 0;
}

int connection_output(struct connection *c)
{
	while (!c->ended) {
		if (push(c))
			return -1;
		if (!is_answered(c))
			return 0;
		if (end_response(c))
			return -1;
	}
	return replace(c);
}

static int feed(struct connection *c, const char *data, size_t length)
{
	while (length) {
		size_t used = 0;

		if (c->first != c->next && !c->ended)
			used = response_feed(&c->response, data, length);
		if (c->response.error)
			return connection_fail(c, c->response.error);
		if (!used)
			return connection_fail(c, "bytes that belong to no response");
		data += used;
		length -= used;
		if (is_answered(c) && end_response(c))
			return -1;
	}
	return 0;
}

static int take_eof(struct connection *c)
{
	c->ended = true;
	if (c->waits_for_eof)
		return 0;
	if (c->first == c->next)
		return connection_fail(c, "closed by the server while idle");
	response_eof(&c->response);
	return c->response.error ? connection_fail(c, c->response.error) : end_response(c);
}

int connection_input(struct connection *c)
{
	static char in[IN_BYTES]; /* one thread */
	ssize_t n = recv(c->fd, in, sizeof(in), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : connection_fail(c, strerror(errno));
	note_progress(c);
	c->load->received += n;
	if (n ? feed(c, in, n) : take_eof(c))
		return -1;
	return connection_output(c);
}
