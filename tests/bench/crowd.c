// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Crowds of TCP connections over loopback, for scale.sh. Clients and servers are processes in
 * pairs: each pair has an address of its own, and no more connections than "ulimit -n" allows.
 *
 * crowd serve PAIRS [close]   says "ready" when it listens. Each connection is sent a byte, and
 * kept, or closed at once crowd hold N PAIRS          N connections, of which each has got its
 * byte; then "ready SECONDS" crowd churn N PAIRS         N connections, one after the other in each
 * pair, to servers that close; then "ready SECONDS" crowd namespaces N          N processes, each
 * in a network namespace of its own with a connection to itself; then "ready SECONDS"
 *
 * All live until they are killed; the children, when their parent is.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PORT	   7000
#define BACKLOG	   4096
#define PER_SOURCE 5000 /* connections from one address: far fewer than it has ports */

static pid_t parent;

/* Where a child writes a byte when it has done its part. */
static int done_pipe[2];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* 127.NET.PAIR.HOST. Servers are in the network 1, their clients in those from 2 on. */
static struct sockaddr_in address_of(unsigned int net, unsigned int pair, unsigned int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	a.sin_addr.s_addr = htonl(127u << 24 | net << 16 | pair << 8 | 1);
	return a;
}

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 2048;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	return fd;
}

static int listen_at(const struct sockaddr_in *a)
{
	int fd = tcp_socket(), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)a, sizeof(*a)) || listen(fd, BACKLOG))
		err(1, "listen");
	return fd;
}

/* The kernel chooses the port when it knows both addresses: so each pair of them has all ports. */
static int connect_from(const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	int fd = tcp_socket(), one = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)from, sizeof(*from)))
		err(1, "bind");
	/* EPIPE: it was established, closed by the server, and reset */
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) && errno != EPIPE)
		err(1, "connect");
	return fd;
}

static void say_done(void)
{
	if (write(done_pipe[1], "", 1) != 1)
		err(1, "done");
}

static void serve(unsigned int pair, bool closes)
{
	struct sockaddr_in a = address_of(1, pair, PORT);
	int listener = listen_at(&a), fd;

	say_done();
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (closes)
			close(fd);
		else if (write(fd, "!", 1) != 1)
			err(1, "write");
	}
	err(1, "accept");
}

/* Each waits for its server's byte, or end: so no server has more in its queue than it has clients.
 */
static void be_client(unsigned int pair, unsigned long n, bool is_closed)
{
	struct sockaddr_in to = address_of(1, pair, PORT);
	char byte;

	for (unsigned long i = 0; i < n; i++) {
		struct sockaddr_in from = address_of(2 + i / PER_SOURCE, pair, 0);
		int fd = connect_from(&from, &to);

		if (read(fd, &byte, 1) != !is_closed)
			err(1, "read");
		if (is_closed)
			close(fd);
	}
	say_done();
}

static void raise_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = tcp_socket();

	if (ioctl(fd, SIOCSIFFLAGS, &lo))
		err(1, "lo");
	close(fd);
}

static void live_in_namespace(void)
{
	struct sockaddr_in a = address_of(1, 0, PORT), any = address_of(2, 0, 0);
	int listener;

	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	raise_loopback();
	listener = listen_at(&a);
	connect_from(&any, &a);
	if (accept(listener, NULL, NULL) < 0)
		err(1, "accept");
	say_done();
}

struct crowd {
	const char *what;
	unsigned int processes;
	unsigned long n; /* connections of all of them */
	bool closes;
};

static __attribute__((noreturn)) void be_child(const struct crowd *c, unsigned int i)
{
	unsigned long n = c->n * (i + 1) / c->processes - c->n * i / c->processes;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(1);
	if (!strcmp(c->what, "serve"))
		serve(i, c->closes);
	else if (!strcmp(c->what, "namespaces"))
		live_in_namespace();
	else
		be_client(i, n, c->closes);
	for (;;)
		pause();
}

/* No child ends before its parent but one that has said why. */
static void child_ended(int signal)
{
	(void)signal;
	_exit(1);
}

static void killed(int signal)
{
	(void)signal;
	_exit(0);
}

/* Returns when all have done their part. */
static void start_all(const struct crowd *c)
{
	unsigned int done = 0;
	char bytes[256];
	ssize_t got;

	signal(SIGCHLD, child_ended);
	signal(SIGTERM, killed);
	for (unsigned int i = 0; i < c->processes; i++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (!child)
			be_child(c, i);
	}
	while (done < c->processes && (got = read(done_pipe[0], bytes, sizeof(bytes))) > 0)
		done += got;
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!n || *end)
		errx(2, "not a number: %s", text);
	return n;
}

static struct crowd parse(int argc, char **argv)
{
	struct crowd c = { .what = argc > 2 ? argv[1] : "" };

	if (!strcmp(c.what, "serve")) {
		c.processes = number(argv[2]);
		c.closes = argc > 3;
	} else if (!strcmp(c.what, "namespaces")) {
		c.processes = c.n = number(argv[2]);
	} else if (argc > 3 && (!strcmp(c.what, "hold") || !strcmp(c.what, "churn"))) {
		c.n = number(argv[2]);
		c.processes = number(argv[3]);
		c.closes = c.what[0] == 'c';
	} else {
		errx(2, "usage: see the first lines of crowd.c");
	}
	return c;
}

int main(int argc, char **argv)
{
	struct crowd c = parse(argc, argv);
	struct rlimit files;
	double began = now();

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	parent = getpid();
	if (pipe(done_pipe))
		err(1, "pipe");
	start_all(&c);
	printf("ready %.3f\n", now() - began);
	fflush(stdout);
	for (;;)
		pause();
}
