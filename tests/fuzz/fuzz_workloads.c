/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: any file is refused or read; of what was read every prefix, port and host can be asked
 * for. The Makefile links what workloads_read() is made of.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "settings.h"
#include "workloads.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file = -1;
static char path[64];

/* What is refused is said on stderr, a million times: libFuzzer has kept its own. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	stderr = fopen("/dev/null", "we");
	file = memfd_create("workloads.ini", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return stderr && file >= 0 ? 0 : -1;
}

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void check_names(const struct workloads *w, struct endpoint at)
{
	static const char *const units[] = { NULL, "", "a", "ab", "reviews-v1.service" };
	const struct service_names *s = workloads_service(w, at);
	struct workload_names n;

	for (unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		workloads_find(w, units[i], at, i & 1, &n);
		check(!n.workload || (*n.workload && n.canonical_service));
		check(n.workload || !(n.app || n.version || n.principal));
	}
	check(!s || (*s->host && s->name));
}

static void check_tables(const struct workloads *w)
{
	size_t n_prefixes, n_ports, n_hosts;
	const struct workloads_prefix *p = workloads_prefixes(w, &n_prefixes);
	const __u16 *ports = workloads_ports(w, &n_ports);
	const struct workloads_host *hosts = workloads_hosts(w, &n_hosts);
	const char *text;

	for (size_t i = 0; i <= n_prefixes; i++) {
		struct endpoint at = { .prefix = i ? p[i - 1].id : 0 };

		check(!i || (at.prefix && p[i - 1].length <= 128));
		check_names(w, at);
		for (size_t j = 0; j < n_ports && j < 8; j++) {
			at.port = ports[j];
			check_names(w, at);
		}
	}
	for (size_t i = 1; i < n_ports; i++)
		check(ports[i - 1] && ports[i - 1] < ports[i]);
	for (size_t i = 0; i < n_hosts; i++) {
		const struct service_names *s = workloads_host_service(w, hosts[i].id, &text);

		check(s && hosts[i].id && !strncmp(text, hosts[i].text, strlen(text)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workloads *w;
	int result;

	if (ftruncate(file, 0) || pwrite(file, data, size, 0) != (ssize_t)size)
		return -1;
	result = workloads_read(&w, "fuzz", path, true);
	if (result >= 0) {
		check(result == EXIT_USAGE);
		return 0;
	}
	check_tables(w);
	workloads_free(w);
	return 0;
}
