// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Writes Istio's access log. The kernel sends heads and ends of exchanges through a ring; here they
 * are joined and each exchange becomes one line. The ring is pinned: a restart loses what was
 * joined by half, and nothing else that fits the ring.
 */
#include "access_line.h"
#include "access_log.h"
#include "exchange_table.h"
#include "http_service.h"
#include "privileges.h"
#include "ring.h"
#include "service.h"
#include "settings.h"
#include "service_log.h"

#include "access_log.skel.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME	    "meshtap-access-log"
#define PREFIX	    "meshtap_access_log"
#define TABLE_BYTES (64u << 20) /* 100,000 exchanges in flight, with usual heads */
#define LOG_BUFFER  (ACCESS_LINE_MAX + (256u << 10))
#define BATCH	    1024 /* records between two looks at signals and timer */

static const struct collector collector = {
	.name = NAME,
	.section = "access_log",
	.summary = "write Istio's access log",
	.is_service = true,
	.has_log_file = true,
};

struct writer {
	const struct settings *settings;
	struct http_maps maps;
	struct service service;
	struct ring ring;
	struct exchange_table table;
	struct service_log log;
	char line[ACCESS_LINE_MAX]; /* untouched pages cost nothing */
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

static void take_head(struct writer *a, const struct record_head *record, size_t size)
{
	if (size < sizeof(*record) || size - sizeof(*record) < record->length)
		return;
	exchange_table_append(&a->table, record->header.connection, record->header.ordinal,
			      record->response ? HEAD_RESPONSE : HEAD_REQUEST, record->offset,
			      (struct head_text){ record->text, record->length });
}

static struct access_end end_of(const struct tuple *tuple, __u32 reporter)
{
	return (struct access_end){ tuple, reporter == REPORTER_SOURCE, access_line_realtime() };
}

static void take_exchange(struct writer *a, const struct record_exchange *record)
{
	const struct record_header *h = &record->header;
	struct exchange_heads heads =
		exchange_table_get(&a->table, h->connection, &record->exchange);
	struct access_end end = end_of(&record->tuple, record->reporter);

	log_file_line(a->log.file, a->line,
		      access_line_http(a->line, &end, &record->exchange, &heads));
	exchange_table_remove(&a->table, h->connection, h->ordinal);
}

static void take_tcp(struct writer *a, const struct record_tcp *record)
{
	struct access_end end = end_of(&record->tuple, record->reporter);
	struct access_tcp tcp = {
		.started_ns = record->started_ns,
		.ended_ns = record->ended_ns,
		.received = record->received,
		.sent = record->sent,
		.error = record->error,
	};

	log_file_line(a->log.file, a->line, access_line_tcp(a->line, &end, &tcp));
}

static void take_record(void *context, const void *data, size_t size)
{
	struct writer *a = context;
	const struct record_header *header = data;

	if (size >= sizeof(*header) && header->type == RECORD_HEAD)
		take_head(a, data, size);
	else if (size >= sizeof(struct record_exchange) && header->type == RECORD_EXCHANGE)
		take_exchange(a, data);
	else if (size >= sizeof(struct record_tcp) && header->type == RECORD_TCP)
		take_tcp(a, data);
	else if (size >= sizeof(struct record_gone) && header->type == RECORD_GONE)
		exchange_table_forget(&a->table, header->connection, header->ordinal);
}

/* What the ring holds now. Bounded, as new records may come faster than they are written. */
static void drain(struct writer *a)
{
	unsigned int batches = a->settings->ring_bytes / sizeof(struct record_header) / BATCH + 1;

	while (batches-- && ring_read(&a->ring, BATCH, take_record, a))
		;
	log_file_flush(a->log.file);
}

static void write_counter(struct prom_text *t, const char *name, const char *help, __u64 value)
{
	prom_family(t, name, "counter", help);
	prom_sample(t, name, NULL, value);
}

static void write_log_counters(struct prom_text *t, const struct log_status *s)
{
	static const char *const reasons[] = LOG_DROP_NAMES;
	char label[64];

	write_counter(t, PREFIX "_lines_total", "Lines written.", s->lines);
	prom_family(t, PREFIX "_dropped_lines_total", "counter",
		    "Lines that could not be written.");
	for (int i = 0; i < LOG_DROPS; i++) {
		snprintf(label, sizeof(label), "reason=\"%s\"", reasons[i]);
		prom_sample(t, PREFIX "_dropped_lines_total", label, s->dropped[i]);
	}
}

static void write_metrics(struct writer *a)
{
	struct prom_text text = {};
	struct http_health health = {};
	struct timespec started;
	__u32 zero = 0;
	int r;

	if (a->settings->to_stdout)
		return;
	clock_gettime(CLOCK_MONOTONIC, &started);
	r = bpf_map_lookup_elem(a->maps.health, &zero, &health) ? -errno : 0;
	write_log_counters(&text, &a->log.status);
	prom_family(&text, PREFIX "_dropped_records_total", "counter",
		    "Records for which the ring had no room.");
	prom_sample(&text, PREFIX "_dropped_records_total", "reason=\"ring\"", health.ring_drops);
	exchange_table_write(&text, PREFIX, &a->table);
	http_health_write(&text, PREFIX, &a->maps, &started);
	if (!r)
		r = prom_write(&text, a->settings->textfile_dir, PREFIX ".prom");
	if (r)
		fail(0, "cannot write the metrics", r);
	prom_text_free(&text);
}

static void report(struct writer *a)
{
	drain(a);
	service_log_check(&a->log);
	write_metrics(a);
}

/* Returns 0 when it was told to stop, or -EPIPE: nobody reads standard output any more. */
static int serve(struct writer *a)
{
	enum service_event event = SERVICE_TIMER;
	int r = 0;

	write_metrics(a);
	while (!r && event != SERVICE_STOP) {
		event = service_wait_input(&a->service, a->ring.fd, service_log_timeout(&a->log));
		if (event == SERVICE_INPUT)
			ring_read(&a->ring, BATCH, take_record, a);
		if (event == SERVICE_REOPEN)
			log_file_reopen(a->log.file);
		if (event == SERVICE_TIMER) {
			http_maps_sweep(&a->maps);
			malloc_trim(0); /* what a burst took */
		}
		if (event == SERVICE_TIMER || event == SERVICE_REPORT)
			report(a);
		r = service_log_check(&a->log);
	}
	if (!r)
		drain(a);
	service_log_close(&a->log);
	write_metrics(a);
	return r;
}

static int ensure_loaded(const struct settings *settings, struct pins *pins)
{
	struct access_log *skel = access_log__open();
	size_t size;
	const void *elf;
	int r;

	if (!skel)
		return -errno;
	bpf_map__set_max_entries(skel->maps.connections, settings->max_connections);
	bpf_map__set_max_entries(skel->maps.records, settings->ring_bytes);
	skel->rodata->reporters = settings->reporters;
	elf = access_log__elf_bytes(&size);
	r = http_service_load(pins, skel->obj, elf, size, (__u64 *)&skel->rodata->generation, NAME);
	access_log__destroy(skel);
	return r;
}

static int open_log(struct writer *a)
{
	const char *path = a->settings->to_stdout ? NULL : a->settings->log_file;
	int r = log_file_open(&a->log.file, path, STDOUT_FILENO, LOG_BUFFER);

	a->log.is_stdout = !path;
	return r ? fail(EXIT_RUNTIME, path ? path : "standard output", r) : EXIT_OK;
}

/*
 * Without capabilities root still writes what root owns: its log file, also when it is opened
 * again, and the textfile directory. Another owner's needs a group that systemd gives, or write
 * permission for root.
 */
static int run(const struct settings *settings, const struct pins *pins)
{
	static struct writer a;
	int r;

	a.settings = settings;
	a.log.name = NAME;
	r = open_log(&a);
	if (r)
		return r;
	r = http_maps_open(&a.maps, pins);
	if (!r)
		r = ring_open(&a.ring, pins_get(pins, "records"));
	if (r)
		return fail(EXIT_RUNTIME, "cannot open the pinned maps", r);
	r = exchange_table_init(&a.table, TABLE_BYTES, access_line_wanted);
	if (!r)
		r = service_open(&a.service, settings->interval);
	if (r)
		return fail(EXIT_RUNTIME, "cannot start", r);
	r = service_drop_privileges(a.maps.health);
	if (r < 0)
		return fail(EXIT_RUNTIME, "cannot drop privileges", r);
	if (r)
		fprintf(stderr, NAME
			": capabilities kept: this kernel reads maps for privileged processes only\n");
	r = log_file_start(a.log.file); /* a thread of before would keep its capabilities */
	if (r)
		return fail(EXIT_RUNTIME, "cannot start a thread", r);
	malloc_trim(0); /* what loading took */
	service_ready(NAME);
	r = serve(&a);
	ring_close(&a.ring);
	exchange_table_free(&a.table);
	service_close(&a.service);
	return r ? EXIT_RUNTIME : EXIT_OK;
}

static int unload(const struct settings *settings)
{
	int r = pins_remove(settings->pin_dir, collector.section);

	service_unclaim(settings->pin_dir, collector.section);
	return r ? fail(EXIT_RUNTIME, "cannot unload", r) : EXIT_OK;
}

static int start(const struct settings *settings)
{
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
	r = ensure_loaded(settings, &pins);
	pins_close(&pins); /* only its lock: another instance is kept out by the claim */
	r = r ? fail(EXIT_BPF, "cannot load or attach the BPF programs", r) : run(settings, &pins);
	close(claim);
	return r;
}

int main(int argc, char **argv)
{
	struct settings settings;
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
	signal(SIGPIPE, SIG_IGN); /* standard output and error may be pipes */
	return start(&settings);
}
