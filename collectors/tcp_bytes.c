// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes Istio's TCP byte counters: one walk over the open sockets at each run, nothing in between.
 */
#include "adopt.h"
#include "health_metrics.h"
#include "identity.h"
#include "pins.h"
#include "privileges.h"
#include "prom_file.h"
#include "series_table.h"
#include "settings.h"
#include "sockets.h"
#include "tcp_bytes.h"

#include "tcp_bytes.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "meshtap-tcp-bytes"

static const struct collector collector = {
	.name = NAME,
	.section = "tcp_bytes",
	.summary = "write Istio's TCP byte counters as a node_exporter textfile",
};

enum { SENT, RECEIVED, VALUES }; /* struct tcp_bytes_counts */

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

static int attach(struct tcp_bytes *skel, const struct pins *pins)
{
	static const char *const names[] = { "tcp_bytes_state", "tcp_bytes_walk" };
	struct bpf_link *links[] = {
		bpf_program__attach(skel->progs.tcp_bytes_state),
		bpf_program__attach_iter(skel->progs.tcp_bytes_walk, NULL),
	};
	int r = links[0] && links[1] ? 0 : -errno;

	if (!r)
		r = pins_commit(pins, skel->obj, links, names, 2);
	bpf_link__destroy(links[0]); /* the pins keep them attached */
	bpf_link__destroy(links[1]);
	return r;
}

static int load(struct tcp_bytes *skel, const struct pins *pins)
{
	int r = pins_reuse_maps(pins, skel->obj);

	if (!r)
		r = tcp_bytes__load(skel);
	if (!r)
		r = attach(skel, pins);
	if (r)
		return fail(EXIT_BPF, "cannot load or attach the BPF programs", r);
	if (pins->state == PINS_OLD_LAYOUT)
		fprintf(stderr, NAME ": map layout changed: counters start anew\n");
	return EXIT_OK;
}

/* Loads the programs unless these very ones are pinned. */
static int ensure_loaded(const struct settings *settings, struct pins *pins)
{
	struct tcp_bytes *skel = tcp_bytes__open();
	enum pins_state state;
	__u64 generation;
	const void *elf;
	size_t size;
	int r;

	if (!skel)
		return fail(EXIT_BPF, "cannot open the BPF object", -errno);
	bpf_map__set_max_entries(skel->maps.sockets, settings->max_connections);
	bpf_map__set_max_entries(skel->maps.series, settings->max_series * SERIES_SHARDS);
	elf = tcp_bytes__elf_bytes(&size);
	r = pins_compare(pins, skel->obj, elf, size, &generation, &state);
	skel->rodata->generation = generation;
	if (r)
		r = fail(EXIT_RUNTIME, "cannot read what is pinned", r);
	else if (state != PINS_CURRENT)
		r = load(skel, pins);
	tcp_bytes__destroy(skel);
	return r;
}

static int adopt(const struct pins *pins)
{
	int r = adopt_sockets(pins, "link_tcp_bytes_walk");

	return r ? fail(EXIT_RUNTIME, "cannot walk the open sockets", r) : EXIT_OK;
}

/* Has the kernel add what each open connection moved since the last sample. */
static int walk_sockets(const struct pins *pins)
{
	int fd = pins_get(pins, "link_tcp_bytes_walk"), r;

	if (fd < 0)
		return fd;
	r = sockets_walk(fd);
	close(fd);
	return r < 0 ? r : 0;
}

static int read_sample(const struct settings *settings, const struct pins *pins,
		       struct series_table *ret, struct health_metrics *ret_health)
{
	enum { SERIES, WORKLOADS, HEALTH, SOCKETS, MAPS };
	static const char *const names[] = { "series", "workloads", "health", "sockets" };
	int fds[MAPS], r = pins_get_all(pins, names, fds, MAPS);

	if (r)
		return r;
	r = series_table_read(ret, fds[SERIES], VALUES);
	if (!r)
		r = series_table_label(ret, fds[WORKLOADS], settings->reporters);
	if (!r)
		r = health_metrics_read(ret_health, fds[HEALTH], fds[SOCKETS]);
	for (int i = 0; i < MAPS; i++)
		close(fds[i]);
	return r;
}

static void render(struct prom_text *t, const struct series_table *series,
		   const struct health_metrics *h)
{
	series_table_write(series, t, "istio_tcp_sent_bytes_total", "counter",
			   "TCP payload bytes sent by servers to clients.", SENT);
	series_table_write(series, t, "istio_tcp_received_bytes_total", "counter",
			   "TCP payload bytes received by servers from clients.", RECEIVED);
	health_metrics_write(h, t, "meshtap_tcp_bytes");
}

/* The textfile's directory need not be root's, hence no privileges_drop() before the end. */
static int sample(const struct settings *settings, const struct pins *pins)
{
	struct series_table series = {};
	struct health_metrics health = {};
	struct prom_text text = {};
	int r;

	clock_gettime(CLOCK_MONOTONIC, &health.started);
	r = walk_sockets(pins);
	if (!r)
		r = read_sample(settings, pins, &series, &health);
	if (!r) {
		render(&text, &series, &health);
		r = settings->to_stdout
			    ? prom_write_fd(&text, STDOUT_FILENO)
			    : prom_write(&text, settings->textfile_dir, "meshtap_tcp_bytes.prom");
	}
	prom_text_free(&text);
	series_table_free(&series);
	workload_names_free();
	return r ? fail(EXIT_RUNTIME, "cannot write the metrics", r) : EXIT_OK;
}

int main(int argc, char **argv)
{
	struct settings settings;
	struct pins pins;
	char why[512];
	int r = settings_read(&settings, &collector, argc, argv);

	if (r >= 0)
		return r;
	verbose = settings.verbose;
	libbpf_set_print(log_libbpf);
	if (settings.unload) {
		r = pins_remove(settings.pin_dir, collector.section);
		return r ? fail(EXIT_RUNTIME, "cannot unload", r) : EXIT_OK;
	}
	if (privileges_check(settings.pin_dir, 0, why, sizeof(why))) {
		fprintf(stderr, NAME ": %s\n", why);
		return EXIT_BPF;
	}
	privileges_raise_memlock();
	r = pins_open(&pins, settings.pin_dir, collector.section);
	if (r)
		return fail(EXIT_BPF, settings.pin_dir, r);
	r = ensure_loaded(&settings, &pins);
	if (!r)
		r = adopt(&pins);
	if (!r)
		r = sample(&settings, &pins);
	pins_close(&pins);
	return r;
}
