/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * meshtap-http-requests without a kernel: a ring that a test fills with records of HTTP/2, encoded
 * as clients and servers do it, maps, and processes that come and go.
 */
#ifndef MESHTAP_REQUESTS_STREAMS_H
#define MESHTAP_REQUESTS_STREAMS_H

#include <nghttp2/nghttp2.h>

#include "workloads_call.h"
#include "fake_maps.h"
#include "workload.h"

#include "http_requests_counts.c"
#include "http_requests_metrics.c"
#include "http_requests_serve.c"
#include "http_requests_streams.c"

enum { SERIES = 100, WORKLOADS, SEEN, SHARES, TEXTS, STATE };

#define CLIENT_UNIT 1000
#define SERVER_UNIT 1001
#define RING_BYTES  (1u << 20)
#define FIELDS_MAX  16
#define PROM_MAX    (32u << 20)

/* What outlives a process. */
static struct requests_state ring_state;
static struct http_health ring_health;
static unsigned long ring_consumer, ring_producer;
static char ring_data[RING_BYTES] __attribute__((aligned(8)));

static struct requests process;
static struct settings process_settings;

/* One connection at a time, of a client and a server that encode. */
static nghttp2_hd_deflater *encoders[2];
static __u64 connection;
static __u32 stream, block_index[2];
static __u8 blocks[2];
static enum reporter reporter;
static bool loses_blocks; /* the ring has no room for them */

static inline void unit_add(__u64 id, const char *name)
{
	struct workload w = {};

	snprintf(w.name, sizeof(w.name), "%s", name);
	fake_put(FAKE_FD(WORKLOADS), &id, &w);
}

static inline void overflow_add(enum reporter of)
{
	static const struct http_series zero;
	struct http_series_key key = { .parties = { .reporter = of, .shard = SERIES_SHARD_OWN } };

	series_overflow(&key.parties);
	fake_put(FAKE_FD(SERIES), &key, &zero);
}

/* A process on what others have left. */
static inline void process_begin(void)
{
	static const struct series_maps maps = { SERIES, WORKLOADS, SEEN, SHARES, TEXTS, STATE };

	process = (struct requests){ .state = &ring_state };
	process.metrics = (struct metrics){ .settings = &process_settings,
					    .workloads = workloads,
					    .maps = { .counters = &ring_health, .connections = -1 },
					    .series = maps };
	process.ring = (struct ring){ .fd = -1,
				      .consumer = &ring_consumer,
				      .producer = &ring_producer,
				      .data = ring_data,
				      .size = RING_BYTES };
	CHECK(streams_init(&process.streams, &process_settings, workloads) == 0);
	process.streams.counts.series = SERIES;
	process.streams.counts.state = &ring_state;
	process.streams.counts.health = &ring_health;
	CHECK(counts_finish(&process.streams.counts, &process.ring) == 0);
}

static inline void process_end(void)
{
	streams_free(&process.streams);
}

static inline void encoders_free(void)
{
	for (int side = 0; side < 2; side++) {
		if (encoders[side])
			nghttp2_hd_deflate_del(encoders[side]);
		encoders[side] = NULL;
	}
}

static inline void connection_begin(void)
{
	encoders_free();
	connection++;
	stream = 1;
	for (int side = 0; side < 2; side++) {
		CHECK(nghttp2_hd_deflate_new(&encoders[side], 4096) == 0);
		block_index[side] = blocks[side] = 0;
	}
}

/* A kernel and one process, with room for so many entries of series. */
static inline void world_begin(unsigned int series)
{
	struct series_state none = {};
	__u32 zero = 0;

	fake_map_make(SERIES, sizeof(struct http_series_key), sizeof(struct http_series), series);
	fake_map_make(WORKLOADS, 8, sizeof(struct workload), 100);
	fake_map_make(SEEN, SERIES_KEY_SIZE, sizeof(struct series_seen), 1000);
	fake_map_make(SHARES, sizeof(struct series_share_key), sizeof(struct http_series), 1000);
	fake_map_make(TEXTS, 8, sizeof(struct series_labels), 1000);
	fake_map_make(STATE, 4, sizeof(none), 1);
	fake_put(FAKE_FD(STATE), &zero, &none);
	overflow_add(REPORTER_SOURCE);
	overflow_add(REPORTER_DESTINATION);
	unit_add(CLIENT_UNIT, "client.service");
	unit_add(SERVER_UNIT, "server.service");
	memset(&ring_state, 0, sizeof(ring_state));
	memset(&ring_health, 0, sizeof(ring_health));
	ring_consumer = ring_producer = RING_BYTES - 104; /* a record will wrap */
	loses_blocks = false;
	reporter = REPORTER_DESTINATION;
	process_settings = (struct settings){ .reporters = REPORT_SOURCE | REPORT_DESTINATION,
					      .buckets = 3,
					      .bucket_bounds = { 0.5, 10, 1000 } };
	snprintf(process_settings.textfile_dir, sizeof(process_settings.textfile_dir), "%s", dir);
	process_begin();
	connection_begin();
}

static inline void worlds_begin(void)
{
	CHECK(mkdtemp(dir) != NULL);
	CHECK(call(false) == -1); /* nothing is configured */
}

static inline void worlds_end(void)
{
	workloads_free(workloads);
	unlink(path_of("output"));
	CHECK(rmdir(dir) == 0);
}

static inline void world_end(void)
{
	process_end();
	fake_maps_free();
	memset(fake_maps, 0, sizeof(fake_maps));
	encoders_free();
}

static inline void ring_copy(unsigned long at, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		ring_data[(at + i) & (RING_BYTES - 1)] = ((const char *)bytes)[i];
}

static inline void ring_put(const void *record, __u32 size)
{
	__u32 header[2] = { size };

	CHECK(ring_producer + size + 16 - ring_consumer < RING_BYTES);
	ring_copy(ring_producer, header, sizeof(header));
	ring_copy(ring_producer + 8, record, size);
	ring_producer += (size + 8 + 7) & ~7ul;
}

/* text: "name: value" lines; empty: no block at all. */
static inline void block(int side, const char *text)
{
	struct {
		struct record_block block;
		unsigned char bytes[4096];
	} record = { .block = { .header = { RECORD_BLOCK, stream, connection },
				.index = block_index[side],
				.response = side,
				.flags = BLOCK_BEGINS | BLOCK_ENDS } };
	nghttp2_nv fields[FIELDS_MAX];
	size_t count = 0;
	ssize_t length;

	if (!*text)
		return;
	for (const char *end; *text; text = end + 1) {
		const char *value = strchr(text + 1, ':') + 2;

		end = strchr(text, '\n');
		fields[count++] = (nghttp2_nv){ (uint8_t *)text, (uint8_t *)value, value - 2 - text,
						end - value, 0 };
	}
	length = nghttp2_hd_deflate_hd(encoders[side], record.bytes, sizeof(record.bytes), fields,
				       count);
	CHECK(length > 0);
	record.block.length = length;
	block_index[side]++;
	blocks[side]++;
	if (!loses_blocks)
		ring_put(&record, sizeof(record.block) + length);
}

/* The stream ends, and the next one is at hand. */
static inline void stream_end(enum exchange_flag flag, __u32 requests, __u32 responses)
{
	struct record_request r = {
		.header = { RECORD_STREAM, stream, connection },
		.parties = { .local_workload = SERVER_UNIT,
			     .peer_workload = CLIENT_UNIT,
			     .reporter = reporter },
		.h2 = { .exchange = { .started_ns = 1000000,
				      .ended_ns = 12999999, /* 11.999999 ms */
				      .request_wire = 10,
				      .response_wire = 1001,
				      .flag = flag },
			.messages = { requests, responses },
			.blocks = { blocks[0], blocks[1] } },
	};

	ring_put(&r, sizeof(r));
	stream += 2;
	blocks[0] = blocks[1] = 0;
}

/* A call: heads as lines, "" where there is none. */
static inline void call_of(const char *request, const char *response, const char *trailers)
{
	block(0, request);
	block(1, response);
	block(1, trailers);
	stream_end(EXCHANGE_OK, 1, 2);
}

#define GRPC                                                                                       \
	":method: POST\n:scheme: http\n:path: /a.B/C\n:authority: a.example\n"                     \
	"content-type: application/grpc\nte: trailers\n"
#define GET    ":method: GET\n:scheme: http\n:path: /\n:authority: a.example\n"
#define OK     ":status: 200\ncontent-type: application/grpc\n"
#define STATUS "grpc-status: 0\ngrpc-message: \n"

#define REQUESTS "istio_requests_total"

/* The .prom file, written now; owned by the caller. */
static inline char *rendered(void)
{
	char *text = calloc(1, PROM_MAX);
	FILE *f;

	CHECK(report(&process) == 0);
	f = fopen(path_of("meshtap_http_requests.prom"), "re");
	CHECK(f && fread(text, 1, PROM_MAX - 1, f) > 0);
	if (f)
		fclose(f);
	unlink(path_of("meshtap_http_requests.prom"));
	return text;
}

/* Samples of a metric. */
static inline int count_lines(const char *metric)
{
	char *text = rendered(), start[128];
	int lines = 0;

	snprintf(start, sizeof(start), "\n%s", metric);
	for (const char *at = text; (at = strstr(at, start)); at++)
		lines += at[strlen(start)] == '{' || at[strlen(start)] == ' ';
	free(text);
	return lines;
}

/* Sum of the samples of a metric whose labels contain the part. */
static inline unsigned long long value(const char *metric, const char *part)
{
	char *text = rendered(), *save;
	size_t length = strlen(metric);
	unsigned long long sum = 0;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, metric, length) && strchr("{ ", line[length]) &&
		    strstr(line, part))
			sum += strtoull(strrchr(line, ' '), NULL, 10);
	free(text);
	return sum;
}

#endif
