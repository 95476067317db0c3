// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An HTTP/1.1 client that asks nginx (nginx.conf.in) for all that HTTP/1 has, checks each answer
 * and logs what it knows of each request. The requests of a seed are always the same, whatever the
 * timing: each connection has its own share of them.
 *
 * A line of the log: id method target protocol status, bytes of response, its body, request, its
 * body, notes (c: chunked response, i: 100 Continue came first, d: the server discards the
 * request's body, always a "-" at the end), real time of start and end in milliseconds.
 */
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define CONNECTIONS_MAX 1024
#define EVENTS		64
#define LOG_BUFFER	(1u << 20)

static const char usage[] =
	"Usage: mixed_load --address A --port P --requests N --log FILE [--connections N]\n"
	"                  [--pipeline N] [--seed N] [--rate REQUESTS_PER_SECOND] [--timeout S]\n"
	"       mixed_load --make-files DIRECTORY\n";

struct options {
	const char *address, *log, *files;
	uint64_t port, requests, connections, pipeline, seed, rate, timeout;
};

static uint64_t parse_number(const char *text, uint64_t max)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n > max) {
		fprintf(stderr, "mixed_load: bad number: %s\n%s", text, usage);
		exit(2);
	}
	return n;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "address", 1, NULL, 'a' },  { "port", 1, NULL, 'p' },
		{ "requests", 1, NULL, 'n' }, { "connections", 1, NULL, 'c' },
		{ "pipeline", 1, NULL, 'l' }, { "seed", 1, NULL, 's' },
		{ "log", 1, NULL, 'o' },      { "rate", 1, NULL, 'r' },
		{ "timeout", 1, NULL, 't' },  { "make-files", 1, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .connections = 64, .pipeline = 16, .seed = 1, .timeout = 30 };
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'a')
			o.address = optarg;
		else if (c == 'o')
			o.log = optarg;
		else if (c == 'f')
			o.files = optarg;
		else if (c == 'p')
			o.port = parse_number(optarg, 65535);
		else if (c == 'n')
			o.requests = parse_number(optarg, 1000000000);
		else if (c == 'c')
			o.connections = parse_number(optarg, CONNECTIONS_MAX);
		else if (c == 'l')
			o.pipeline = parse_number(optarg, PIPELINE_MAX);
		else if (c == 's')
			o.seed = parse_number(optarg, UINT64_MAX);
		else if (c == 'r')
			o.rate = parse_number(optarg, 1000000000);
		else if (c == 't')
			o.timeout = parse_number(optarg, 86400);
	}
	if (!o.files && (!o.address || !o.log || !o.port || !o.connections || !o.pipeline)) {
		fputs(usage, stderr);
		exit(2);
	}
	return o;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int set_address(struct load *l, const struct options *o)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&l->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&l->address;

	if (inet_pton(AF_INET, o->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(o->port);
		l->address_length = sizeof(*v4);
	} else if (inet_pton(AF_INET6, o->address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(o->port);
		l->address_length = sizeof(*v6);
	} else {
		fprintf(stderr, "mixed_load: no address: %s\n", o->address);
		return -1;
	}
	return 0;
}

/* Ids count from 1: connection i has those that are i + 1 modulo the number of connections. */
static struct connection *open_all(struct load *l, const struct options *o)
{
	struct connection *all = calloc(o->connections, sizeof(*all));

	for (uint64_t i = 0; all && i < o->connections; i++) {
		struct connection *c = &all[i];

		c->load = l;
		c->content.state = o->seed * CONNECTIONS_MAX + i;
		c->timing.state = ~c->content.state;
		c->sender.content = &c->content;
		c->sender.timing = &c->timing;
		c->depth = 1;
		c->next_id = i + 1;
		c->id_step = o->connections;
		c->left = (o->requests + o->connections - 1 - i) / o->connections;
		c->fd = -1;
		if (c->left && connection_open(c))
			return NULL;
	}
	return all;
}

static int check_progress(const struct connection *all, const struct options *o)
{
	for (uint64_t i = 0; i < o->connections; i++) {
		const struct connection *c = &all[i];

		if (!connection_is_done(c) && seconds() - (double)c->progress > (double)o->timeout)
			return connection_fail(c, "timeout");
	}
	return 0;
}

/* One turn of the loop. Returns 0, or -1 on failure. */
static int turn(struct load *l, struct connection *all, const struct options *o, double started)
{
	struct epoll_event events[EVENTS];
	bool was_throttled = l->throttled;
	int n = epoll_wait(l->epoll, events, EVENTS, l->throttled ? 1 : 1000);

	if (n < 0 && errno != EINTR)
		return -1;
	for (int i = 0; i < n; i++) {
		struct connection *c = events[i].data.ptr;

		/* input is followed by output */
		if (events[i].events & ~EPOLLOUT ? connection_input(c) : connection_output(c))
			return -1;
	}
	l->throttled = o->rate && (double)l->made > (seconds() - started) * (double)o->rate;
	for (uint64_t i = 0; was_throttled && !l->throttled && i < o->connections; i++) {
		if (all[i].fd >= 0 && connection_output(&all[i]))
			return -1;
	}
	return n ? 0 : check_progress(all, o);
}

static int run(struct load *l, const struct options *o)
{
	double started = seconds(), took;
	struct connection *all = open_all(l, o);
	uint64_t sent = 0;

	if (!all)
		return -1;
	while (l->answered < o->requests) {
		if (turn(l, all, o, started))
			return -1;
	}
	took = seconds() - started;
	for (uint64_t i = 0; i < o->connections; i++)
		sent += all[i].sender.bytes;
	free(all);
	printf("%" PRIu64 " requests in %.1f s (%.0f/s), %" PRIu64 " bytes sent, %" PRIu64
	       " received, %" PRIu64 " connections, up to %u in flight on one\n",
	       l->answered, took, (double)l->answered / took, sent, l->received, l->connections,
	       l->deepest);
	return 0;
}

static int load(const struct options *o)
{
	struct load l = { .pipeline = o->pipeline, .epoll = epoll_create1(EPOLL_CLOEXEC) };
	int r;

	if (l.epoll < 0 || set_address(&l, o))
		return -1;
	l.log = fopen(o->log, "w");
	if (!l.log) {
		perror(o->log);
		return -1;
	}
	setvbuf(l.log, NULL, _IOFBF, LOG_BUFFER);
	r = run(&l, o);
	return fclose(l.log) || r ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct options o = parse_options(argc, argv);
	int r;

	if (!o.files)
		return load(&o) ? 1 : 0;
	r = mix_make_files(o.files);
	if (r)
		fprintf(stderr, "mixed_load: %s: %s\n", o.files, strerror(-r));
	return r ? 1 : 0;
}
