/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A client's connection, with requests in flight; after a close another one takes its place. */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include "response.h"
#include "sender.h"

#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#define PIPELINE_MAX 64

struct load {
	struct sockaddr_storage address;
	socklen_t address_length;
	int epoll;
	FILE *log;
	unsigned int pipeline;
	bool throttled; /* no new request now */
	/* for the summary */
	uint64_t made, answered;
	uint64_t received; /* bytes */
	uint64_t connections;
	unsigned int deepest; /* requests in flight on a connection */
};

struct connection {
	struct load *load;
	int fd; /* -1: none */
	bool wants_output, waits_for_eof, ended;
	struct random content, timing;	 /* apart, so that a seed's requests are always the same */
	uint64_t next_id, id_step, left; /* of the requests that it is to make */
	struct request queue[PIPELINE_MAX];
	unsigned int first, next; /* requests that were answered, and made */
	unsigned int depth;	  /* so many in flight, for some requests */
	unsigned int depth_left;
	struct response response; /* to the first in flight */
	struct sender sender;	  /* of the newest */
	time_t progress;	  /* CLOCK_MONOTONIC, seconds */
};

/* These three return 0, or -1 when the proof has failed, which they say on stderr. */
int connection_open(struct connection *c);
int connection_input(struct connection *c);
int connection_output(struct connection *c);

bool connection_is_done(const struct connection *c);

/* Says what failed, and in which request. Returns -1. */
int connection_fail(const struct connection *c, const char *what);

#endif
