// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "health_metrics.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int health_metrics_read(struct health_metrics *ret, int health_fd, int sockets_fd)
{
	__u32 size = sizeof(struct bpf_map_info);
	struct bpf_map_info info = {};
	int cpus = libbpf_num_possible_cpus();
	__u64 *per_cpu;

	if (cpus < 0)
		return cpus;
	if (bpf_obj_get_info_by_fd(sockets_fd, &info, &size))
		return -errno;
	per_cpu = calloc(cpus, sizeof(*per_cpu));
	if (!per_cpu)
		return -ENOMEM;
	for (__u32 which = 0; which < HEALTH_COUNTS; which++) {
		if (bpf_map_lookup_elem(health_fd, &which, per_cpu)) {
			int r = -errno;

			free(per_cpu);
			return r;
		}
		ret->counts[which] = 0;
		for (int cpu = 0; cpu < cpus; cpu++)
			ret->counts[which] +=
				per_cpu[cpu]; /* one CPU's may be negative, the sum is not */
	}
	free(per_cpu);
	ret->sockets_max = info.max_entries;
	return 0;
}

static const char *full_name(char *buffer, size_t size, const char *prefix, const char *suffix)
{
	snprintf(buffer, size, "%s_%s", prefix, suffix);
	return buffer;
}

static void write_number(struct prom_text *t, const char *prefix, const char *suffix,
			 const char *type, const char *help, const char *labels, __u64 value)
{
	char name[128];

	full_name(name, sizeof(name), prefix, suffix);
	prom_family(t, name, type, help);
	prom_sample(t, name, labels, value);
}

static void write_seconds(struct prom_text *t, const char *prefix, const char *suffix,
			  const char *help, double value)
{
	char name[128];

	full_name(name, sizeof(name), prefix, suffix);
	prom_family(t, name, "gauge", help);
	prom_sample_double(t, name, NULL, value);
}

void health_metrics_write(const struct health_metrics *h, struct prom_text *t, const char *prefix)
{
	struct timespec now, wall;

	clock_gettime(CLOCK_MONOTONIC, &now);
	clock_gettime(CLOCK_REALTIME, &wall);
	write_number(t, prefix, "build_info", "gauge", "Version of the collector.",
		     "version=\"" MESHTAP_VERSION "\"", 1);
	write_seconds(t, prefix, "last_success_timestamp_seconds", "When this file was made.",
		      (double)wall.tv_sec + (double)wall.tv_nsec / 1e9);
	write_seconds(t, prefix, "sample_seconds", "What it took to make this file.",
		      (double)(now.tv_sec - h->started.tv_sec) +
			      (double)(now.tv_nsec - h->started.tv_nsec) / 1e9);
	write_number(t, prefix, "map_entries", "gauge", "Entries in a kernel map.",
		     "map=\"sockets\"", h->counts[HEALTH_SOCKETS]);
	write_number(t, prefix, "map_capacity", "gauge", "Room for entries in a kernel map.",
		     "map=\"sockets\"", h->sockets_max);
	write_number(t, prefix, "untracked_connections_total", "counter",
		     "Connections not counted: the sockets map was full, or their end went unseen.",
		     NULL, h->counts[HEALTH_UNTRACKED]);
	write_number(
		t, prefix, "series_overflow_total", "counter",
		"Events counted in the series of unknown parties, as there was no room for another.",
		NULL, h->counts[HEALTH_SERIES_OVERFLOW]);
}
