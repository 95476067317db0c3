// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a line of the access log costs in user space: records of requests as the kernel sends them,
 * in a ring of our own memory, through all that meshtap-access-log does with them, to a file.
 * Prints CPU time per line, of the thread that reads and of the one that writes.
 *
 *	make build/bench/log_lines && build/bench/log_lines [text|json [FILE [LINES]]]
 *
 * Nothing of the kernel's is measured but write(2). With valgrind --tool=callgrind the instructions
 * can be counted, and FILE should then be /dev/null.
 */
#include "access_log_writer.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define RECORDS	     4096
#define RING_BYTES   (4u << 20)
#define CONNECTIONS  64
#define LOG_BUFFER   (128u << 10)
#define RECORD_BYTES ((RING_BYTES - 8) / RECORDS)

static struct {
	unsigned long consumer, producer;
	char data[RING_BYTES];
} fake;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* As curl or a browser behind a proxy would ask. */
static size_t put_head(char *to, unsigned int i)
{
	return snprintf(to, RECORD_BYTES,
			"GET /api/v1/products/%u?page=%u HTTP/1.1\r\n"
			"Host: shop.example.org\r\n"
			"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101\r\n"
			"X-Request-Id: %08x-5d7c-4b8e-9f21-%012x\r\n\r\n",
			i * 7919 % 100000, i % 50, i * 2654435761u, i);
}

static struct tuple tuple_of(unsigned int connection)
{
	struct tuple t = { .local_port = htons(8080), .remote_port = htons(32768 + connection) };

	t.local_addr[2] = t.remote_addr[2] = htonl(0xffff);
	t.local_addr[3] = htonl(0x0a000014);
	t.remote_addr[3] = htonl(0x0a00000a + connection);
	return t;
}

static size_t put_record(void *to, unsigned int i)
{
	struct record_exchange *r = to;
	unsigned int connection = i % CONNECTIONS;
	__u64 start = 1000000000ull * 1000 + i * 10000ull;

	*r = (struct record_exchange){
		.header = { RECORD_EXCHANGE, i / CONNECTIONS, connection + 1 },
		.connection = {
			.tuple = tuple_of(connection),
			.reporter = REPORTER_DESTINATION,
			.rtt_us = 80 + i % 100,
			.pid = 4711,
			.comm = "nginx",
		},
		.exchange = {
			.started_ns = start,
			.request_ended_ns = start + 1000,
			.response_started_ns = start + 1000000 + i % 977 * 1000,
			.ended_ns = start + 2000000 + i % 977 * 1000,
			.response_body = 600 + i % 9973,
			.ordinal = i / CONNECTIONS,
			.status = i % 50 ? 200 : 404,
			.minor = 1,
			.kept = { 1, 0 },
		},
	};
	r->length = put_head((char *)(r + 1), i);
	return sizeof(*r) + r->length;
}

static void fill(struct ring *ret)
{
	for (unsigned int i = 0; i < RECORDS; i++) {
		__u32 *header = (__u32 *)(fake.data + fake.producer);
		size_t size = put_record(header + 2, i);

		header[0] = size;
		fake.producer += (size + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
	}
	*ret = (struct ring){
		.consumer = &fake.consumer,
		.producer = &fake.producer,
		.data = fake.data,
		.size = RING_BYTES,
	};
}

static void open_all(struct writer *w, struct log_plan *plan, enum log_format_kind kind,
		     const char *path)
{
	static const struct log_settings settings = { .max_field_bytes = 4096 };
	struct log_settings chosen = settings;
	size_t line_max;

	chosen.format = kind;
	if (plan_make(plan, &chosen))
		die("format");
	line_max = log_format_line_max(plan->format);
	w->plan = plan;
	w->line = malloc(line_max);
	w->state = calloc(1, sizeof(*w->state));
	if (!w->line || !w->state || exchange_table_init(&w->table, 1 << 22, plan->wanted) ||
	    log_file_open(&w->log.file, path, STDOUT_FILENO, LOG_BUFFER, line_max) ||
	    log_file_start(w->log.file))
		die(path);
	fill(&w->ring);
}

static double seconds(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void run(struct writer *w, unsigned long lines)
{
	while (w->records < lines) {
		fake.consumer = 0;
		do
			w->realtime_ns = access_record_realtime();
		while (ring_read(&w->ring, 1024, lines_take, w));
	}
}

int main(int argc, char **argv)
{
	static struct writer w;
	static struct log_plan plan;
	bool is_json = argc > 1 && !strcmp(argv[1], "json");
	const char *path = argc > 2 ? argv[2] : "/dev/null";
	unsigned long lines = argc > 3 ? strtoul(argv[3], NULL, 10) : 2000000;
	struct log_status status = {};
	double wall, reads, all;

	open_all(&w, &plan, is_json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, path);
	wall = now();
	reads = seconds(RUSAGE_THREAD);
	all = seconds(RUSAGE_SELF);
	run(&w, lines);
	reads = seconds(RUSAGE_THREAD) - reads;
	log_file_close(w.log.file, &status);
	all = seconds(RUSAGE_SELF) - all;
	wall = now() - wall;
	printf("%s: %llu lines, %llu dropped: %.0f ns of CPU a line (%.0f read, %.0f write), "
	       "%.0f lines/s\n",
	       is_json ? "json" : "text", status.lines, w.records - status.lines,
	       all / w.records * 1e9, reads / w.records * 1e9, (all - reads) / w.records * 1e9,
	       w.records / wall);
	return 0;
}
