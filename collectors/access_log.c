// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes the access log. The kernel keeps what is wanted of a request until it ends and then sends
 * it through a ring; here it becomes a line (access_log_lines.c), which a thread of its own writes
 * (log_file.h). access_log_serve.c waits for what there is to do. Ring and maps are pinned, so a
 * restart loses nothing that fits the ring.
 */
#include "access_log_writer.h"

#include "host_features.h"
#include "libbpf_log.h"
#include "memory.h"
#include "privileges.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TABLE_BYTES  (4u << 20)
#define STREAM_BYTES (32u << 20)  /* of HTTP/2: tables of connections, heads of streams */
#define LOG_BUFFER   (128u << 10) /* twice, and a line each */

static const struct collector collector = {
	.name = NAME,
	.section = "access_log",
	.summary = "write Istio's access log",
	.is_service = true,
	.has_log_file = true,
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
		.log_file = s->to_stdout ? NULL : s->log_file,
		.map_iterator = s->log.tcp_interval != 0,
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

static int open_log(struct writer *w)
{
	const char *path = w->settings->to_stdout ? NULL : w->settings->log_file;
	size_t line_max = log_format_line_max(w->plan->format);
	int r = log_file_open(&w->log.file, path, STDOUT_FILENO, LOG_BUFFER, line_max);

	w->log.is_stdout = !path;
	w->line = malloc(line_max); /* untouched pages cost nothing */
	if (!r && !w->line)
		r = -ENOMEM;
	return r ? fail(EXIT_RUNTIME, path ? path : "standard output", r) : EXIT_OK;
}

static int open_maps(struct writer *w, const struct pins *pins)
{
	static const char *const names[] = { "log_state", "workloads", "server_names" };
	int fds[3], r = http_maps_open(&w->maps, pins);

	if (!r)
		r = pins_get_all(pins, names, fds, 3);
	if (r)
		return r;
	w->state = mmap(NULL, sizeof(*w->state), PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
	if (w->state == MAP_FAILED)
		return -errno;
	serve_after_killed(w);
	w->units = fds[1];
	w->names.map = fds[2];
	r = endpoint_maps_open(&w->endpoints, pins);
	if (r)
		return r;
	w->intervals = w->settings->log.tcp_interval ? pins_get(pins, "link_tcp_intervals") : -1;
	return ring_open(&w->ring, pins_get(pins, "records"));
}

static int start_service(struct writer *w)
{
	int r = exchange_table_init(&w->table, TABLE_BYTES, w->plan->wanted);

	if (!r)
		r = http2_heads_init(&w->streams, STREAM_BYTES, w->plan->wanted);
	if (!r)
		r = service_open(&w->service, w->settings->interval);
	if (r)
		return fail(EXIT_RUNTIME, "cannot start", r);
	r = service_drop_privileges(w->maps.health);
	if (r < 0)
		return fail(EXIT_RUNTIME, "cannot drop privileges", r);
	if (r)
		fprintf(stderr, NAME
			": capabilities kept: this kernel reads maps for privileged processes only\n");
	r = log_file_start(w->log.file); /* a thread of before would keep its capabilities */
	return r ? fail(EXIT_RUNTIME, "cannot start a thread", r) : EXIT_OK;
}

/*
 * Without capabilities root still writes what root owns: its log file, also when it is opened
 * again, and the textfile directory. Another owner's needs a group that systemd gives, or write
 * permission for root.
 */
static int run(const struct settings *settings, const struct log_plan *plan,
	       struct workloads **workloads, const struct pins *pins)
{
	static struct writer w;
	int r;

	w.settings = settings;
	w.plan = plan;
	w.log.name = NAME;
	w.workloads = workloads;
	r = open_log(&w);
	if (r)
		return r;
	r = open_maps(&w, pins);
	if (r)
		return fail(EXIT_RUNTIME, "cannot open the pinned maps", r);
	r = start_service(&w);
	if (r)
		return r;
	service_ready(NAME);
	r = serve(&w);
	ring_close(&w.ring);
	exchange_table_free(&w.table);
	http2_heads_free(&w.streams);
	http_head_free(&w.head);
	free(w.line);
	service_close(&w.service);
	return r ? EXIT_RUNTIME : EXIT_OK;
}

static int unload(const struct settings *settings)
{
	int r = pins_remove(settings->pin_dir, collector.section);

	service_unclaim(settings->pin_dir, collector.section);
	return r ? fail(EXIT_RUNTIME, "cannot unload", r) : EXIT_OK;
}

static int start(const struct settings *settings, struct workloads **workloads)
{
	struct log_plan plan;
	struct pins pins;
	int claim = service_claim(settings->pin_dir, collector.section), r;

	if (claim == -EBUSY) {
		fprintf(stderr, NAME ": another instance runs with pin directory %s\n",
			settings->pin_dir);
		return EXIT_RUNTIME;
	}
	if (claim < 0)
		return fail(EXIT_BPF, settings->pin_dir, claim);
	r = pins_open(&pins, settings->pin_dir, collector.section);
	if (r)
		return fail(EXIT_BPF, settings->pin_dir, r);
	r = plan_make(&plan, &settings->log);
	if (r)
		return fail(EXIT_RUNTIME, "format and filter", r);
	r = programs_load(settings, &plan, *workloads, &pins);
	pins_close(&pins); /* only its lock: another instance is kept out by the claim */
	r = r ? fail_load(settings, r) : run(settings, &plan, workloads, &pins);
	plan_free(&plan);
	close(claim);
	return r;
}

/* --check: what the host has, and whether the programs load. They are let go. */
static int check(const struct settings *settings)
{
	struct host_needs needs = needs_of(settings);
	struct host_features features;
	int r;

	host_features_find(&features, &needs);
	if (!host_features_missing(&features))
		host_features_add_programs(&features, programs_try(settings), libbpf_log_culprit());
	host_features_add_places(&features, &needs);
	r = host_features_write(&features, stdout);
	if (r)
		return fail(EXIT_RUNTIME, "standard output", r);
	return host_features_missing(&features) ? EXIT_BPF : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct workloads *workloads;
	static struct settings settings; /* most of it stays zero and takes no memory */
	struct host_needs needs;
	char why[512];
	int r;

	memory_large_apart();
	r = settings_read(&settings, &collector, argc, argv);
	if (r >= 0)
		return r;
	verbose = settings.verbose;
	libbpf_set_print(log_libbpf);
	if (settings.check)
		return check(&settings);
	if (settings.unload)
		return unload(&settings);
	needs = needs_of(&settings);
	if (host_lacks(&needs, why, sizeof(why))) {
		fprintf(stderr, NAME ": %s\n", why);
		return EXIT_BPF;
	}
	r = workloads_read(&workloads, collector.name, settings.workloads,
			   settings.needs_workloads);
	if (r >= 0)
		return r;
	privileges_raise_memlock();
	signal(SIGPIPE, SIG_IGN); /* standard output and error may be pipes */
	r = start(&settings, &workloads);
	workloads_free(workloads);
	return r;
}
