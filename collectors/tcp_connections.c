// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes Istio's TCP connection counters. The counting goes on in the kernel between two runs. */
#include "adopt.h"
#include "endpoint_maps.h"
#include "health_metrics.h"
#include "host_features.h"
#include "identity.h"
#include "iterator.h"
#include "libbpf_log.h"
#include "memory.h"
#include "pins_known.h"
#include "privileges.h"
#include "prom_file.h"
#include "selection.h"
#include "series_expiry.h"
#include "series_names.h"
#include "series_naming.h"
#include "series_overflow.h"
#include "settings.h"
#include "tcp_connections.h"

#include "tcp_connections.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "meshtap-tcp-connections"

static const struct collector collector = {
	.name = NAME,
	.section = "tcp_connections",
	.summary = "write Istio's TCP connection counters as a node_exporter textfile",
};

enum {
	CLOSED,
	OPENED,
	FAILED,
	OPEN,
	VALUES
}; /* struct tcp_connections_counts; OPEN is made of adopted */

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
		.map_iterator = true,
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

static int attach(struct tcp_connections *skel, const struct pins *pins)
{
	static const char *const names[] = { "tcp_connections_state", "tcp_connections_missed",
					     "tcp_connections_walk", "tcp_connections_decide" };
	struct bpf_link *links[] = {
		bpf_program__attach(skel->progs.tcp_connections_state),
		bpf_program__attach(skel->progs.tcp_connections_missed),
		bpf_program__attach_iter(skel->progs.tcp_connections_walk, NULL),
		iterator_attach_to_map(skel->progs.tcp_connections_decide,
				       bpf_map__fd(skel->maps.undecided)),
	};
	int r = links[0] && links[1] && links[2] && links[3] ? 0 : -errno;

	if (!r)
		r = pins_commit(pins, skel->obj, links, names, 4);
	for (int i = 0; i < 4; i++)
		bpf_link__destroy(links[i]); /* the pins keep them attached */
	return r;
}

static int load(struct tcp_connections *skel, const struct pins *pins, const struct workloads *w)
{
	int r = pins_reuse_maps(pins, skel->obj);

	if (!r)
		r = tcp_connections__load(skel);
	if (!r)
		r = endpoint_maps_load_object(skel->obj, w);
	if (!r)
		r = series_overflow_make(skel->obj);
	if (!r)
		r = attach(skel, pins);
	if (!r && pins->state == PINS_OLD_LAYOUT)
		fprintf(stderr, NAME ": map layout changed: counters start anew\n");
	return r;
}

static int refill(const struct pins *pins, const struct workloads *w)
{
	int r = endpoint_maps_load_pinned(pins, w);

	return r ? fail(EXIT_RUNTIME, "cannot fill the tables of endpoints", r) : EXIT_OK;
}

/* Opens the object and configures it. Returns NULL with errno set. */
static struct tcp_connections *open_programs(const struct programs_settings *settings)
{
	struct tcp_connections *skel = tcp_connections__open();
	int r;

	if (!skel)
		return NULL;
	bpf_map__set_max_entries(skel->maps.sockets, settings->max_connections);
	bpf_map__set_max_entries(skel->maps.local_clients, settings->max_connections);
	settings_selection_make(&settings->selection, (struct selection *)&skel->rodata->selection);
	bpf_map__set_max_entries(skel->maps.decided, settings->max_connections);
	bpf_map__set_max_entries(skel->maps.series,
				 settings->max_series * SERIES_SHARDS + SERIES_OVERFLOW_ENTRIES);
	r = series_maps_configure(skel->obj, settings->max_series, VALUES * sizeof(__u64));
	if (!r)
		return skel;
	tcp_connections__destroy(skel);
	errno = -r;
	return NULL;
}

static int try_programs(const struct settings *settings)
{
	struct tcp_connections *skel = open_programs(&settings->programs);
	int r = skel ? tcp_connections__load(skel) : -errno;

	tcp_connections__destroy(skel);
	return r;
}

/* Opens the programs to see whether these very ones are pinned, and loads them if not. */
static int compare_and_load(const struct settings *settings, const struct workloads *w,
			    struct pins *pins)
{
	struct tcp_connections *skel = open_programs(&settings->programs);
	enum pins_state state;
	__u64 generation = 0;
	const void *elf;
	size_t size;
	int r;

	if (!skel)
		return fail(EXIT_BPF, "cannot open the BPF object", -errno);
	elf = tcp_connections__elf_bytes(&size);
	r = pins_compare(pins, skel->obj, elf, size, &generation, &state);
	skel->rodata->generation = generation;
	if (r == -EPERM || r == -ENOSYS) {
		r = fail_load(settings, r);
	} else if (r) {
		r = fail(EXIT_RUNTIME, "cannot read what is pinned", r);
	} else if (state != PINS_CURRENT) {
		r = load(skel, pins, w);
		r = r ? fail_load(settings, r) : EXIT_OK;
	} else {
		r = refill(pins, w);
	}
	tcp_connections__destroy(skel);
	return r;
}

static int ensure_loaded(const struct settings *settings, const struct workloads *w,
			 struct pins *pins)
{
	if (pins_known(pins, &settings->programs, sizeof(settings->programs)))
		return refill(pins, w);
	return compare_and_load(settings, w, pins);
}

static int adopt(const struct pins *pins)
{
	int r = adopt_sockets(pins, "link_tcp_connections_walk");

	return r ? fail(EXIT_RUNTIME, "cannot walk the open sockets", r) : EXIT_OK;
}

/* Has the kernel count the connections whose peers it has waited for. */
static int decide(const struct pins *pins)
{
	int fd = pins_get(pins, "link_tcp_connections_decide"), r;

	if (fd < 0)
		return fd;
	r = iterator_run(fd);
	close(fd);
	return r;
}

static int read_health(struct health_metrics *ret, const struct pins *pins)
{
	static const char *const names[] = { "health", "sockets" };
	int fds[2], r = pins_get_all(pins, names, fds, 2);

	if (r)
		return r;
	r = health_metrics_read(ret, fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
	return r;
}

/* A series with open connections stays: their ends are still to be counted. */
static void count_open(struct series_sample *s)
{
	for (unsigned int i = 0; i < s->table.count; i++) {
		__u64 *values = series_values(&s->table, i);

		values[OPEN] += values[OPENED] - values[CLOSED];
		s->rows[i].is_kept = values[OPEN] != 0;
	}
	s->gauges = 1U << OPEN;
}

static int make_lines(const struct settings *settings, const struct workloads *workloads,
		      const struct pins *pins, struct series_lines *ret)
{
	struct series_naming naming = {
		.workloads = workloads,
		.tags = &settings->series.tags,
		.reporters = settings->reporters,
	};
	struct series_sample s = {};
	struct series_maps maps;
	int r = series_maps_open(&maps, pins);

	if (r)
		return r;
	r = series_sample_read(&s, &maps, sizeof(struct series_parties), VALUES);
	if (!r)
		count_open(&s);
	if (!r)
		r = series_naming_tcp(&naming, &s);
	if (!r)
		r = series_names_settle(&s);
	if (!r)
		r = series_sample_lines(&s, ret);
	if (!r)
		r = series_expiry_run(&s, settings->series.expiry);
	series_sample_free(&s);
	series_naming_free(&naming);
	series_maps_close(&maps);
	return r;
}

static void write_metric(struct prom_text *t, const struct settings *settings,
			 const struct series_lines *series, const char *name, const char *help,
			 unsigned int index)
{
	if (!settings_series_disables(&settings->series, name))
		series_lines_write(series, t, name, "counter", help, index);
}

static void render(struct prom_text *t, const struct settings *settings,
		   const struct series_lines *series, const struct health_metrics *h)
{
	write_metric(t, settings, series, "istio_tcp_connections_opened_total",
		     "TCP connections established.", OPENED);
	write_metric(t, settings, series, "istio_tcp_connections_closed_total",
		     "TCP connections closed, of those counted as opened.", CLOSED);
	write_metric(t, settings, series, "istio_tcp_connections_failed_total",
		     "TCP connections refused, unreachable or timed out.", FAILED);
	series_lines_write(series, t, "meshtap_tcp_connections_open", "gauge",
			   "TCP connections open now, including those older than the collector.",
			   OPEN);
	health_metrics_write(h, t, "meshtap_tcp_connections");
}

/* The textfile's directory need not be root's, hence no privileges_drop() before the end. */
static int sample(const struct settings *settings, const struct workloads *workloads,
		  const struct pins *pins)
{
	struct series_lines series = {};
	struct health_metrics health = {};
	struct prom_file file;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &health.started);
	r = decide(pins);
	if (!r)
		r = make_lines(settings, workloads, pins, &series);
	if (!r)
		r = read_health(&health, pins);
	if (!r)
		r = prom_file_begin(&file, settings->to_stdout ? NULL : settings->textfile_dir,
				    "meshtap_tcp_connections.prom");
	if (!r) {
		render(&file.text, settings, &series, &health);
		r = prom_file_end(&file);
	}
	series_lines_free(&series);
	workload_names_free();
	return r ? fail(EXIT_RUNTIME, "cannot write the metrics", r) : EXIT_OK;
}

/* Loads the programs if need be, and writes what they have counted. */
static int run(const struct settings *settings, const struct workloads *workloads)
{
	struct pins pins;
	int r = pins_open(&pins, settings->pin_dir, collector.section);

	if (r)
		return fail(EXIT_BPF, settings->pin_dir, r);
	r = ensure_loaded(settings, workloads, &pins);
	if (!r)
		r = adopt(&pins);
	if (!r)
		r = sample(settings, workloads, &pins);
	pins_close(&pins);
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
		host_features_add_programs(&features, try_programs(settings), libbpf_log_culprit());
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
	const void *elf;
	size_t size;
	int r;

	elf = tcp_connections__elf_bytes(&size);
	memory_object_apart(elf, size);
	r = settings_read(&settings, &collector, argc, argv);
	if (r >= 0)
		return r;
	verbose = settings.verbose;
	libbpf_set_print(log_libbpf);
	if (settings.check)
		return check(&settings);
	if (settings.unload) {
		r = pins_remove(settings.pin_dir, collector.section);
		return r ? fail(EXIT_RUNTIME, "cannot unload", r) : EXIT_OK;
	}
	r = workloads_read(&workloads, NAME, settings.workloads, settings.needs_workloads);
	if (r >= 0)
		return r;
	needs = needs_of(&settings);
	if (host_lacks(&needs, why, sizeof(why))) {
		fprintf(stderr, NAME ": %s\n", why);
		r = EXIT_BPF;
	} else {
		privileges_raise_memlock();
		r = run(&settings, workloads);
	}
	workloads_free(workloads);
	return r;
}
