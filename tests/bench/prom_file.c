// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a .prom file costs: BPF maps are filled with series of as many units, and the file is made
 * as meshtap-http-requests does, or with the labels and values of a TCP collector. Prints CPU time
 * of the first file and of the next ones, lines, bytes, and the memory that was needed at most.
 * Needs root, but loads no program.
 *
 *	make build/bench/prom_file && build/bench/prom_file [http|tcp [SERIES [DIRECTORY]]]
 */
#include "http_requests_metrics.h"
#include "names.h"
#include "prom_file.h"
#include "series_expiry.h"
#include "series_names.h"
#include "series_naming.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define SHARDS 2 /* of each series: as many CPUs count it */
#define FILES  10

static struct settings settings = {
	.reporters = REPORT_SOURCE | REPORT_DESTINATION,
	.buckets = 19,
	.bucket_bounds = { 0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000,
			   60000, 300000, 600000, 1800000, 3600000 },
	.series.expiry = 86400,
};

static int make_map(enum bpf_map_type type, size_t key, size_t value, unsigned int entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts,
		    .map_flags = type == BPF_MAP_TYPE_HASH ? BPF_F_NO_PREALLOC : 0);
	int fd = bpf_map_create(type, NULL, key, value, entries, &opts);

	if (fd < 0) {
		perror("bpf_map_create");
		exit(1);
	}
	return fd;
}

static struct series_maps make_maps(size_t key, size_t value, unsigned int n)
{
	struct series_maps m = {
		.series = make_map(BPF_MAP_TYPE_HASH, key, value, n * SHARDS),
		.workloads = make_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct workload), n),
		.seen = make_map(BPF_MAP_TYPE_HASH, SERIES_KEY_SIZE, sizeof(struct series_seen), n),
		.shares = make_map(BPF_MAP_TYPE_HASH, sizeof(struct series_share_key), value, n),
		.labels = make_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct series_labels), n),
		.state = make_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct series_state), 1),
	};

	return m;
}

static void fill(const struct series_maps *m, unsigned int n, size_t values)
{
	struct http_series_key key = { .status = 200 };
	__u64 *value = calloc(values, sizeof(*value));

	for (size_t v = 0; v < values; v++)
		value[v] = 1000003 * (v + 1);
	for (unsigned int i = 0; i < n; i++) {
		__u64 id = (i + 1) * 0x9e3779b97f4a7c15ull;
		struct workload w = {};

		snprintf(w.name, sizeof(w.name), "payments-backend-%u.service", i);
		bpf_map_update_elem(m->workloads, &id, &w, BPF_ANY);
		key.parties.local_workload = id;
		key.parties.reporter = REPORTER_DESTINATION;
		for (key.parties.shard = 0; key.parties.shard < SHARDS; key.parties.shard++)
			bpf_map_update_elem(m->series, &key, value, BPF_ANY);
	}
	free(value);
}

static int write_tcp(const struct series_maps *maps)
{
	struct series_naming naming = { .reporters = settings.reporters };
	struct series_lines lines = {};
	struct series_sample s = {};
	struct prom_file file;
	int r = series_sample_read(&s, maps, sizeof(struct series_parties), 4);

	if (!r)
		r = series_naming_tcp(&naming, &s);
	if (!r)
		r = series_names_settle(&s);
	if (!r)
		r = series_sample_lines(&s, &lines);
	if (!r)
		r = series_expiry_run(&s, settings.series.expiry);
	if (!r)
		r = prom_file_begin(&file, settings.textfile_dir, "meshtap_bench.prom");
	for (unsigned int i = 0; !r && i < 4; i++)
		series_lines_write(&lines, &file.text, "istio_tcp_connections_total", "counter", "",
				   i);
	if (!r)
		r = prom_file_end(&file);
	series_sample_free(&s);
	series_naming_free(&naming);
	series_lines_free(&lines);
	return r;
}

static double cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static void count(const char *dir, const char *name, unsigned long *lines, unsigned long *bytes)
{
	char path[PATH_MAX * 2];
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	for (*lines = *bytes = 0; f && (c = getc(f)) != EOF; ++*bytes)
		*lines += c == '\n';
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	static struct http_health health;
	bool is_http = argc < 2 || !strcmp(argv[1], "http");
	unsigned int n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	size_t key = is_http ? sizeof(struct http_series_key) : sizeof(struct series_parties);
	size_t value = is_http ? sizeof(struct http_series) : 4 * sizeof(__u64);
	struct metrics m = { .settings = &settings, .maps.counters = &health };
	double before, first, next;
	unsigned long lines, bytes;
	struct rusage usage;
	long rss;
	int r = 0;

	snprintf(settings.textfile_dir, PATH_MAX, "%s", argc > 3 ? argv[3] : "/tmp");
	m.series = make_maps(key, value, n);
	fill(&m.series, n, value / 8);
	getrusage(RUSAGE_SELF, &usage);
	rss = usage.ru_maxrss;
	before = cpu_ms();
	r |= is_http ? metrics_write(&m) : write_tcp(&m.series);
	first = cpu_ms() - before;
	for (int i = 0; i < FILES; i++)
		r |= is_http ? metrics_write(&m) : write_tcp(&m.series);
	next = (cpu_ms() - before - first) / FILES;
	getrusage(RUSAGE_SELF, &usage);
	count(settings.textfile_dir, is_http ? "meshtap_http_requests.prom" : "meshtap_bench.prom",
	      &lines, &bytes);
	printf("%s: %u series, %lu lines, %lu KB: first %.1f ms, then %.1f ms of CPU (%.2f ms per "
	       "1000 lines); %ld KB more at most\n",
	       is_http ? "http" : "tcp", n, lines, bytes / 1024, first, next, next / lines * 1000,
	       usage.ru_maxrss - rss);
	return r != 0;
}
