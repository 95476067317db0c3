// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes Istio's HTTP metrics. The kernel aggregates HTTP/1; of HTTP/2 it sends header blocks and
 * ended streams through a ring, and what they make is written into the kernel's map of series
 * (http_requests_serve.c). So killing this process loses no count.
 */
#include "http_requests_serve.h"
#include "privileges.h"

#include "http_requests.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct collector collector = {
	.name = NAME,
	.section = "http_requests",
	.summary = "write Istio's HTTP metrics as a node_exporter textfile",
	.is_service = true,
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

static void set_buckets(struct http_requests *skel, const struct settings *settings)
{
	for (size_t i = 0;
	     i < sizeof(skel->rodata->bucket_bounds) / sizeof(skel->rodata->bucket_bounds[0]); i++)
		skel->rodata->bucket_bounds[i] = i < settings->buckets
							 ? (__u64)settings->bucket_bounds[i]
							 : (__u64)INT64_MAX;
}

static bool is_added(const struct label_tags *tags, enum label label)
{
	for (unsigned int i = 0; i < tags->added_count; i++)
		if (tags->added[i] == label)
			return true;
	return false;
}

static int ensure_loaded(const struct settings *settings, const struct workloads *w,
			 struct pins *pins)
{
	struct http_requests *skel = http_requests__open();
	size_t size, hosts;
	const void *elf;
	int r;

	if (!skel)
		return -errno;
	bpf_map__set_max_entries(skel->maps.connections, settings->max_connections);
	bpf_map__set_max_entries(skel->maps.series, settings->max_series * (SERIES_SHARDS + 1) +
							    SERIES_OVERFLOW_ENTRIES);
	bpf_map__set_max_entries(skel->maps.records, settings->ring_bytes);
	r = series_maps_configure(skel->obj, settings->max_series, sizeof(struct http_series));
	set_buckets(skel, settings);
	workloads_hosts(w, &hosts);
	skel->rodata->tells_hosts = hosts > 0;
	skel->rodata->tells_methods = is_added(&settings->series.tags, LABEL_REQUEST_METHOD);
	elf = http_requests__elf_bytes(&size);
	if (!r)
		r = http_service_load(pins, skel->obj, elf, size, w,
				      (__u64 *)&skel->rodata->generation, NAME);
	http_requests__destroy(skel);
	return r;
}

static int start(const struct settings *settings, const struct workloads *w,
		 struct service *service, struct pins *pins)
{
	int r = service_claim(settings->pin_dir, collector.section);

	if (r < 0)
		return fail(r == -EBUSY ? EXIT_RUNTIME : EXIT_BPF,
			    r == -EBUSY ? "another instance runs" : "cannot claim the pins", r);
	r = service_open(service, settings->interval);
	if (r)
		return fail(EXIT_RUNTIME, "cannot set up signals and timer", r);
	r = pins_open(pins, settings->pin_dir, collector.section);
	if (r)
		return fail(EXIT_BPF, settings->pin_dir, r);
	r = ensure_loaded(settings, w, pins);
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

static int run(const struct settings *settings, struct workloads **workloads)
{
	static struct requests q;
	struct pins pins;
	int r = start(settings, *workloads, &q.service, &pins);

	if (r)
		return r;
	q.metrics = (struct metrics){ .settings = settings, .workloads = *workloads };
	q.workloads = workloads;
	r = serve_open(&q, &pins);
	if (r)
		return fail(EXIT_RUNTIME, "cannot open the pinned maps", r);
	r = service_drop_privileges(q.metrics.series.state);
	if (r < 0)
		return fail(EXIT_RUNTIME, "cannot drop privileges", r);
	service_ready(NAME);
	r = serve(&q);
	streams_free(&q.streams);
	ring_close(&q.ring);
	return r ? EXIT_RUNTIME : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct settings settings;
	struct workloads *workloads;
	char why[512];
	int r = settings_read(&settings, &collector, argc, argv);

	if (r >= 0)
		return r;
	verbose = settings.verbose;
	libbpf_set_print(log_libbpf);
	if (settings.unload)
		return unload(&settings);
	r = workloads_read(&workloads, NAME, settings.workloads, settings.needs_workloads);
	if (r >= 0)
		return r;
	if (privileges_check(settings.pin_dir, 1, why, sizeof(why))) {
		fprintf(stderr, NAME ": %s\n", why);
		r = EXIT_BPF;
	} else {
		privileges_raise_memlock();
		r = run(&settings, &workloads);
	}
	workloads_free(workloads);
	return r;
}
