// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes Istio's HTTP metrics. The kernel aggregates HTTP/1; of HTTP/2 it sends header blocks and
 * ended streams through a ring, and what they make is written into the kernel's map of series
 * (http_requests_serve.c). So killing this process loses no count.
 */
#include "host_features.h"
#include "http_requests_serve.h"
#include "libbpf_log.h"
#include "memory.h"
#include "privileges.h"
#include "selection.h"

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
	libbpf_log_note(level, format, args);
	return verbose && level <= LIBBPF_INFO ? vfprintf(stderr, format, args) : 0;
}

static int fail(int exit_code, const char *what, int error)
{
	fprintf(stderr, NAME ": %s: %s\n", what, strerror(-error));
	return exit_code;
}

static struct host_needs needs_of(const struct settings *s)
{
	return (struct host_needs){
		.pin_dir = s->pin_dir,
		.textfile_dir = s->to_stdout ? NULL : s->textfile_dir,
		.cgroup = true,
		.is_service = true,
	};
}

/* What the host lacks is asked only now: that takes longer than a start. */
static int fail_load(const struct settings *settings, int error)
{
	struct host_needs needs = needs_of(settings);
	char why[512];

	host_explain(&needs, error, libbpf_log_culprit(), why, sizeof(why));
	fprintf(stderr, NAME ": cannot load or attach the BPF programs: %s\n", why);
	return EXIT_BPF;
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

/* Opens the object and configures it. Returns NULL with errno set. */
static struct http_requests *open_programs(const struct settings *settings,
					   const struct workloads *w)
{
	struct http_requests *skel = http_requests__open();
	size_t hosts;
	int r;

	if (!skel)
		return NULL;
	bpf_map__set_max_entries(skel->maps.connections, settings->programs.max_connections);
	bpf_map__set_max_entries(skel->maps.local_clients, settings->programs.max_connections);
	bpf_map__set_max_entries(skel->maps.series,
				 settings->programs.max_series * (SERIES_SHARDS + 1) +
					 SERIES_OVERFLOW_ENTRIES);
	bpf_map__set_max_entries(skel->maps.records, settings->ring_bytes);
	set_buckets(skel, settings);
	settings_selection_make(&settings->programs.selection,
				(struct selection *)&skel->rodata->selection);
	workloads_hosts(w, &hosts);
	skel->rodata->tells_hosts = hosts > 0;
	skel->rodata->tells_methods = is_added(&settings->series.tags, LABEL_REQUEST_METHOD);
	r = series_maps_configure(skel->obj, settings->programs.max_series,
				  sizeof(struct http_series));
	if (!r)
		return skel;
	http_requests__destroy(skel);
	errno = -r;
	return NULL;
}

static int try_programs(const struct settings *settings, const struct workloads *w)
{
	struct http_requests *skel = open_programs(settings, w);
	int r = skel ? http_requests__load(skel) : -errno;

	http_requests__destroy(skel);
	return r;
}

static int ensure_loaded(const struct settings *settings, const struct workloads *w,
			 struct pins *pins)
{
	struct http_requests *skel = open_programs(settings, w);
	const void *elf;
	size_t size;
	int r;

	if (!skel)
		return -errno;
	elf = http_requests__elf_bytes(&size);
	r = http_service_load(pins, skel->obj, elf, size, w, (__u64 *)&skel->rodata->generation,
			      NAME);
	http_requests__destroy(skel);
	memory_after_load(elf, size);
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
	return r ? fail_load(settings, r) : EXIT_OK;
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

/* --check: what the host has, and whether the programs load. They are let go. */
static int check(const struct settings *settings, const struct workloads *w)
{
	struct host_needs needs = needs_of(settings);
	struct host_features features;
	int r;

	host_features_find(&features, &needs);
	if (!host_features_missing(&features))
		host_features_add_programs(&features, try_programs(settings, w),
					   libbpf_log_culprit());
	host_features_add_places(&features, &needs);
	r = host_features_write(&features, stdout);
	if (r)
		return fail(EXIT_RUNTIME, "standard output", r);
	return host_features_missing(&features) ? EXIT_BPF : EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct settings settings; /* most of it stays zero and takes no memory */
	struct host_needs needs;
	struct workloads *workloads;
	char why[512];
	int r;

	memory_large_apart();
	r = settings_read(&settings, &collector, argc, argv);
	if (r >= 0)
		return r;
	verbose = settings.verbose;
	libbpf_set_print(log_libbpf);
	if (settings.unload && !settings.check)
		return unload(&settings);
	r = workloads_read(&workloads, NAME, settings.workloads, settings.needs_workloads);
	if (r >= 0)
		return r;
	needs = needs_of(&settings);
	if (settings.check) {
		r = check(&settings, workloads);
	} else if (host_lacks(&needs, why, sizeof(why))) {
		fprintf(stderr, NAME ": %s\n", why);
		r = EXIT_BPF;
	} else {
		privileges_raise_memlock();
		r = run(&settings, &workloads);
	}
	workloads_free(workloads);
	return r;
}
