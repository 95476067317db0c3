// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes Istio's HTTP metrics. The kernel parses and aggregates; this process only renders, so
 * killing it loses nothing. */
#include "http_requests.h"
#include "http_service.h"
#include "identity.h"
#include "privileges.h"
#include "service.h"
#include "workload.h"

#include "http_requests.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "meshtap-http-requests"

static const struct collector collector = {
	.name = NAME,
	.section = "http_requests",
	.summary = "write Istio's HTTP metrics as a node_exporter textfile",
	.is_service = true,
};

struct row {
	char *labels; /* owned */
	__u64 sum[HISTOGRAMS];
	unsigned long long bucket[HISTOGRAMS][BUCKETS_MAX];
};

struct table {
	struct row *rows; /* owned, sorted by labels, no two equal */
	size_t count;
};

static bool verbose;

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	return verbose && level <= LIBBPF_INFO ? vfprintf(stderr, format, args) : 0;
}

static int fail(int exit_code, const char *what, int error)
{
	fprintf(stderr, NAME ": %s: %s\n", what, strerror(-error));
	return exit_code;
}

static const char *flag_name(unsigned int flag)
{
	static const char *const names[] = { "-", "DC", "UC", "UPE" };

	return flag < sizeof(names) / sizeof(names[0]) ? names[flag] : "-";
}

static char *labels_of(const struct http_series_key *key, int workloads_fd)
{
	struct label_parties parties = { .reporter = key->parties.reporter };
	struct prom_text text = {};

	parties.local = workload_name(workloads_fd, key->parties.local_workload);
	if (key->parties.peer_workload != WORKLOAD_NONE)
		parties.peer = workload_name(workloads_fd, key->parties.peer_workload);
	if (parties.local && !labels_http(&text, &parties, key->status, flag_name(key->flag)))
		return text.data;
	prom_text_free(&text);
	return NULL;
}

static int table_add(struct table *t, const struct http_series_key *key,
		     const struct http_series *s, int workloads_fd)
{
	struct row *rows = reallocarray(t->rows, t->count + 1, sizeof(*rows)), *row;

	if (!rows)
		return -ENOMEM;
	t->rows = rows;
	row = &rows[t->count];
	row->labels = labels_of(key, workloads_fd);
	if (!row->labels)
		return -ENOMEM;
	memcpy(row->sum, s->sum, sizeof(row->sum));
	for (int h = 0; h < HISTOGRAMS; h++)
		for (int b = 0; b < BUCKETS_MAX; b++)
			row->bucket[h][b] = s->bucket[h][b];
	t->count++;
	return 0;
}

static int by_labels(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->labels, ((const struct row *)b)->labels);
}

/* Shards of a series, and workload ids that lead to the same labels, are one series. */
static void table_merge(struct table *t)
{
	size_t kept = 0;

	if (!t->count)
		return;
	qsort(t->rows, t->count, sizeof(*t->rows), by_labels);
	for (size_t i = 1; i < t->count; i++) {
		struct row *to = &t->rows[kept], *from = &t->rows[i];

		if (strcmp(to->labels, from->labels)) {
			t->rows[++kept] = *from;
			continue;
		}
		for (int h = 0; h < HISTOGRAMS; h++) {
			to->sum[h] += from->sum[h];
			for (int b = 0; b < BUCKETS_MAX; b++)
				to->bucket[h][b] += from->bucket[h][b];
		}
		free(from->labels);
	}
	t->count = kept + 1;
}

static void table_free(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i].labels);
	free(t->rows);
	*t = (struct table){};
}

static int table_read(struct table *ret, int series_fd, int workloads_fd, unsigned int reporters)
{
	struct http_series_key key, *previous = NULL;
	struct http_series s;
	int r = 0;

	while (!r && !bpf_map_get_next_key(series_fd, previous, &key)) {
		previous = &key;
		if (!(reporters >> (key.parties.reporter - 1) & 1))
			continue;
		if (!bpf_map_lookup_elem(series_fd, &key, &s))
			r = table_add(ret, &key, &s, workloads_fd);
	}
	table_merge(ret);
	return r;
}

/* Every request is observed once in every histogram, so the duration's observations are the
 * requests. */
static void write_requests_total(struct prom_text *text, const struct table *t)
{
	prom_family(text, "istio_requests_total", "counter", "HTTP requests that ended.");
	for (size_t i = 0; i < t->count; i++) {
		unsigned long long n = 0;

		for (int b = 0; b < BUCKETS_MAX; b++)
			n += t->rows[i].bucket[HISTOGRAM_DURATION][b];
		prom_sample(text, "istio_requests_total", t->rows[i].labels, n);
	}
}

static void write_histograms(struct prom_text *text, const struct table *t,
			     const struct settings *settings)
{
	static const struct {
		const char *name, *help;
	} histograms[HISTOGRAMS] = {
		{ "istio_request_duration_milliseconds",
		  "First request byte to last response byte." },
		{ "istio_request_bytes", "Request line, headers, framing and body." },
		{ "istio_response_bytes", "Status line, headers, framing and body." },
	};

	for (int h = 0; h < HISTOGRAMS; h++) {
		prom_family(text, histograms[h].name, "histogram", histograms[h].help);
		for (size_t i = 0; i < t->count; i++)
			prom_histogram(text, histograms[h].name, t->rows[i].labels,
				       settings->bucket_bounds, t->rows[i].bucket[h],
				       settings->buckets, t->rows[i].sum[h]);
	}
}

static int write_metrics(const struct settings *settings, const struct http_maps *maps,
			 int series_fd, int workloads_fd)
{
	struct prom_text text = {};
	struct table table = {};
	struct timespec started;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &started);
	r = table_read(&table, series_fd, workloads_fd, settings->reporters);
	if (!r) {
		write_requests_total(&text, &table);
		write_histograms(&text, &table, settings);
		http_health_write(&text, "meshtap_http_requests", maps, &started);
		r = settings->to_stdout ? prom_write_fd(&text, STDOUT_FILENO)
					: prom_write(&text, settings->textfile_dir,
						     "meshtap_http_requests.prom");
	}
	table_free(&table);
	prom_text_free(&text);
	if (r)
		fail(EXIT_RUNTIME, "cannot write the metrics", r);
	return r;
}

static void set_buckets(struct http_requests *skel, const struct settings *settings)
{
	for (size_t i = 0;
	     i < sizeof(skel->rodata->bucket_bounds) / sizeof(skel->rodata->bucket_bounds[0]); i++)
		skel->rodata->bucket_bounds[i] = i < settings->buckets
							 ? (__u64)settings->bucket_bounds[i]
							 : (__u64)INT64_MAX;
}

static int ensure_loaded(const struct settings *settings, struct pins *pins)
{
	struct http_requests *skel = http_requests__open();
	size_t size;
	const void *elf;
	int r;

	if (!skel)
		return -errno;
	bpf_map__set_max_entries(skel->maps.connections, settings->max_connections);
	bpf_map__set_max_entries(skel->maps.series, settings->max_series * SERIES_SHARDS);
	set_buckets(skel, settings);
	elf = http_requests__elf_bytes(&size);
	r = http_service_load(pins, skel->obj, elf, size, (__u64 *)&skel->rodata->generation, NAME);
	http_requests__destroy(skel);
	return r;
}

/* Until SIGTERM or SIGINT. A file that cannot be written now may be writable at the next interval.
 */
static int serve(const struct settings *settings, const struct pins *pins, struct service *service)
{
	static const char *const names[] = { "series", "workloads" };
	struct http_maps maps;
	int fds[2], r = http_maps_open(&maps, pins), event = SERVICE_TIMER;

	if (!r)
		r = pins_get_all(pins, names, fds, 2);
	if (r)
		return fail(EXIT_RUNTIME, "cannot open the pinned maps", r);
	r = service_drop_privileges(fds[0]);
	if (r < 0)
		return fail(EXIT_RUNTIME, "cannot drop privileges", r);
	service_ready(NAME);
	while (event != SERVICE_STOP) {
		r = write_metrics(settings, &maps, fds[0], fds[1]);
		http_maps_sweep(&maps);
		event = service_wait(service);
	}
	r = write_metrics(settings, &maps, fds[0], fds[1]);
	return r ? EXIT_RUNTIME : EXIT_OK;
}

static int start(const struct settings *settings, struct service *service, struct pins *pins)
{
	int r = service_claim(settings->pin_dir, collector.section);

	if (r < 0)
		return fail(EXIT_RUNTIME,
			    r == -EBUSY ? "another instance runs" : "cannot claim the pins", r);
	r = service_open(service, settings->interval);
	if (r)
		return fail(EXIT_RUNTIME, "cannot set up signals and timer", r);
	r = pins_open(pins, settings->pin_dir, collector.section);
	if (r)
		return fail(EXIT_BPF, settings->pin_dir, r);
	r = ensure_loaded(settings, pins);
	pins_close(pins);
	return r ? fail(EXIT_BPF, "cannot load or attach the BPF programs", r) : EXIT_OK;
}

static int unload(const struct settings *settings)
{
	int r;

	service_unclaim(settings->pin_dir, collector.section);
	r = pins_remove(settings->pin_dir, collector.section);
	return r ? fail(EXIT_RUNTIME, "cannot unload", r) : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct settings settings;
	struct service service;
	struct pins pins;
	char why[512];
	int r = settings_read(&settings, &collector, argc, argv);

	if (r >= 0)
		return r;
	verbose = settings.verbose;
	libbpf_set_print(log_libbpf);
	if (settings.unload)
		return unload(&settings);
	if (privileges_check(settings.pin_dir, 1, why, sizeof(why))) {
		fprintf(stderr, NAME ": %s\n", why);
		return EXIT_BPF;
	}
	privileges_raise_memlock();
	r = start(&settings, &service, &pins);
	return r ? r : serve(&settings, &pins, &service);
}
