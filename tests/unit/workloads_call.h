/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* workloads_read() called with files in a directory of the test's own, and what it printed. */
#ifndef MESHTAP_WORKLOADS_CALL_H
#define MESHTAP_WORKLOADS_CALL_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "settings.h"
#include "workloads.h"

static char dir[] = "/tmp/test_workloads.XXXXXX";
static char output[4096]; /* what the last call wrote to stderr */
static struct workloads *workloads;

static inline char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static inline void write_file(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "we");

	fputs(text, f);
	fclose(f);
}

static inline void read_output(void)
{
	int fd = open(path_of("output"), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, output, sizeof(output) - 1);

	output[n > 0 ? n : 0] = '\0';
	close(fd);
}

static inline int call_path(const char *path, bool required)
{
	int fd = open(path_of("output"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err = dup(2), result;

	workloads_free(workloads);
	workloads = NULL;
	dup2(fd, 2);
	result = workloads_read(&workloads, "meshtap-x", path, required);
	dup2(err, 2);
	close(err);
	close(fd);
	read_output();
	return result;
}

static inline int call(bool required)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/w.ini", dir);
	return call_path(path, required);
}

/* The text is w.ini, and is refused with "meshtap-x: DIR/" and exactly this; $ in it is DIR. */
static inline void check_refused(const char *text, const char *message)
{
	char should[2048], *at = should;

	at += sprintf(at, "meshtap-x: %s/", dir);
	for (; *message; message++)
		at += *message == '$' ? sprintf(at, "%s", dir) : sprintf(at, "%c", *message);
	strcpy(at, "\n");
	write_file("w.ini", text);
	CHECK(call(true) == EXIT_USAGE);
	CHECK_STRING(output, should);
}

static inline void check_accepted(const char *text)
{
	write_file("w.ini", text);
	CHECK(call(true) == -1);
	CHECK_STRING(output, "");
}

/* An address as the kernel has it; IPv4 is mapped. */
static inline void address_of(__be32 ret[4], const char *text)
{
	char mapped[80];

	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	CHECK(inet_pton(AF_INET6, mapped, ret) == 1);
}

/* Bit by bit, as an independent truth. */
static inline bool is_inside(const __be32 address[4], const struct workloads_prefix *p)
{
	const unsigned char *a = (const unsigned char *)address;
	const unsigned char *b = (const unsigned char *)p->address;

	for (unsigned int i = 0; i < p->length; i++)
		if ((a[i / 8] ^ b[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

/* What the kernel would say of an address and a port: the trie's longest match, and the port if it
 * is in the table. */
static inline struct endpoint endpoint_of(const __be32 address[4], unsigned int port)
{
	size_t n_prefixes, n_ports;
	const struct workloads_prefix *p = workloads_prefixes(workloads, &n_prefixes), *best = NULL;
	const __u16 *ports = workloads_ports(workloads, &n_ports);
	struct endpoint at = { 0 };

	for (size_t i = 0; i < n_prefixes; i++)
		if (is_inside(address, &p[i]) && (!best || p[i].length > best->length))
			best = &p[i];
	at.prefix = best ? best->id : 0;
	for (size_t i = 0; i < n_ports; i++)
		if (ports[i] == port)
			at.port = port;
	return at;
}

static inline struct endpoint endpoint(const char *address, unsigned int port)
{
	__be32 bytes[4];

	address_of(bytes, address);
	return endpoint_of(bytes, port);
}

static inline void begin_calls(void)
{
	CHECK(mkdtemp(dir) != NULL);
	CHECK(mkdir(path_of("workloads.d"), 0700) == 0);
}

static inline void end_calls(void)
{
	workloads_free(workloads);
	unlink(path_of("w.ini"));
	unlink(path_of("output"));
	CHECK(rmdir(path_of("workloads.d")) == 0);
	CHECK(rmdir(dir) == 0);
}

#endif
