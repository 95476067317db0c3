// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "access_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000ll

static const char *const request_names[] = { "host", "x-forwarded-for", "user-agent",
					     "x-request-id", "x-envoy-original-path" };
static const char *const response_names[] = { "x-envoy-upstream-service-time" };

const struct head_names access_line_wanted[HEAD_SIDES] = {
	[HEAD_REQUEST] = { request_names, sizeof(request_names) / sizeof(*request_names) },
	[HEAD_RESPONSE] = { response_names, sizeof(response_names) / sizeof(*response_names) },
};

/* A line being written. Fields that do not fit are cut; the newline always fits. */
struct line {
	char *data;
	size_t length;
};

enum { QUOTED, BARE }; /* a blank ends a field that is not quoted */

static void put_byte(struct line *l, char c)
{
	if (l->length < ACCESS_LINE_MAX - 1)
		l->data[l->length++] = c;
}

static void put(struct line *l, const char *s)
{
	while (*s)
		put_byte(l, *s++);
}

static __attribute__((format(printf, 2, 3))) void put_format(struct line *l, const char *format,
							     ...)
{
	size_t room = ACCESS_LINE_MAX - 1 - l->length;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->data + l->length, room + 1, format, args);
	va_end(args);
	if (n > 0)
		l->length += (size_t)n < room ? (size_t)n : room;
}

/* What a peer sent, or "-". An empty value is not missing, but a bare field must not be empty. */
static void put_value(struct line *l, struct head_text value, int field)
{
	static const char hex[] = "0123456789ABCDEF";

	if (!value.data || (field == BARE && !value.length)) {
		put_byte(l, '-');
		return;
	}
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = value.data[i];

		if (c > ' ' && c < 0x7f && c != '"' && c != '\\') {
			put_byte(l, c);
		} else if (c == ' ' && field == QUOTED) {
			put_byte(l, c);
		} else if (l->length < ACCESS_LINE_MAX - 5) { /* whole or not at all */
			put(l, "\\x");
			put_byte(l, hex[c >> 4]);
			put_byte(l, hex[c & 15]);
		}
	}
}

static bool is_mapped_ipv4(const __be32 addr[4])
{
	return !addr[0] && !addr[1] && addr[2] == htonl(0xffff);
}

static void put_address(struct line *l, const __be32 addr[4], __be16 port)
{
	char text[INET6_ADDRSTRLEN];
	bool ipv4 = is_mapped_ipv4(addr);

	inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? &addr[3] : addr, text, sizeof(text));
	put_format(l, ipv4 ? "%s:%u" : "[%s]:%u", text, ntohs(port));
}

static void put_start(struct line *l, const struct access_end *end, __u64 started_ns)
{
	__s64 ns = (__s64)started_ns + end->realtime_ns;
	time_t seconds = ns / SECOND;
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	put_format(l, "[%s.%03dZ] ", text, (int)(ns % SECOND / 1000000));
}

static unsigned long long duration_ms(__u64 started_ns, __u64 ended_ns)
{
	return ended_ns > started_ns ? (ended_ns - started_ns) / 1000000 : 0;
}

/* UPSTREAM_HOST to the line's end. */
static void put_ends(struct line *l, const struct access_end *end)
{
	const struct tuple *t = end->tuple;

	put_byte(l, '"');
	if (end->is_client) {
		put_address(l, t->remote_addr, t->remote_port);
		put(l, "\" PassthroughCluster ");
		put_address(l, t->local_addr, t->local_port);
		put_byte(l, ' ');
		put_address(l, t->remote_addr, t->remote_port);
		put_byte(l, ' ');
		put_address(l, t->local_addr, t->local_port);
	} else {
		put_address(l, t->local_addr, t->local_port);
		put_format(l, "\" inbound|%u|| - ", ntohs(t->local_port));
		put_address(l, t->local_addr, t->local_port);
		put_byte(l, ' ');
		put_address(l, t->remote_addr, t->remote_port);
	}
	put(l, " - -");
	l->data[l->length++] = '\n';
}

static void put_request(struct line *l, struct head_text head, const struct request_line *start,
			unsigned int minor)
{
	struct head_text path = http_head_header(head, "x-envoy-original-path");

	if (!path.data)
		path = start->path;
	put_byte(l, '"');
	put_value(l, start->method, BARE);
	put_byte(l, ' ');
	if (path.length && *path.data == '?')
		put_byte(l, '/');
	put_value(l, path, BARE);
	put_format(l, " HTTP/1.%u\" ", minor);
}

static void put_request_headers(struct line *l, struct head_text head,
				const struct request_line *start)
{
	static const char *const names[] = { "x-forwarded-for", "user-agent", "x-request-id",
					     "host" };

	for (int i = 0; i < 4; i++) {
		struct head_text value = http_head_header(head, names[i]);

		if (i == 3 && start->authority.data)
			value = start->authority;
		put_byte(l, '"');
		put_value(l, value, QUOTED);
		put(l, "\" ");
	}
}

size_t access_line_http(char *ret, const struct access_end *end, const struct exchange *x,
			const struct exchange_heads *heads)
{
	static const struct {
		const char *flag, *details;
	} outcomes[] = {
		[EXCHANGE_OK] = { "-", "via_upstream" },
		[EXCHANGE_DC] = { "DC", "downstream_remote_disconnect" },
		[EXCHANGE_UC] = { "UC",
				  "upstream_reset_before_response_started{connection_termination}" },
		[EXCHANGE_UPE] = { "UPE", "upstream_reset_after_response_started{protocol_error}" },
	};
	unsigned int outcome = x->flag <= EXCHANGE_UPE ? x->flag : EXCHANGE_OK;
	struct head_text request = heads->side[HEAD_REQUEST];
	struct head_text response = heads->side[HEAD_RESPONSE];
	struct line l = { .data = ret };
	struct request_line start = http_head_request_line(request);

	put_start(&l, end, x->started_ns);
	put_request(&l, request, &start, x->minor);
	put_format(&l, "%u %s %s - \"-\" %llu %llu %llu ", x->status, outcomes[outcome].flag,
		   outcomes[outcome].details, (unsigned long long)x->request_body,
		   (unsigned long long)x->response_body, duration_ms(x->started_ns, x->ended_ns));
	put_value(&l, http_head_header(response, "x-envoy-upstream-service-time"), BARE);
	put_byte(&l, ' ');
	put_request_headers(&l, request, &start);
	put_ends(&l, end);
	return l.length;
}

/* Envoy's words for a connect() that failed, without blanks. */
static void put_connect_error(struct line *l, int error)
{
	if (error == ETIMEDOUT) {
		put(l, "connection_timeout");
		return;
	}
	put(l, "delayed_connect_error:_");
	for (const char *p = strerror(error); *p; p++)
		put_byte(l, *p == ' ' ? '_' : *p);
}

size_t access_line_tcp(char *ret, const struct access_end *end, const struct access_tcp *tcp)
{
	struct line l = { .data = ret };

	put_start(&l, end, tcp->started_ns);
	put_format(&l, "\"- - -\" 0 %s - - \"", tcp->error ? "UF" : "-");
	if (tcp->error)
		put_connect_error(&l, tcp->error);
	else
		put_byte(&l, '-');
	put_format(&l, "\" %llu %llu %llu - \"-\" \"-\" \"-\" \"-\" ",
		   (unsigned long long)tcp->received, (unsigned long long)tcp->sent,
		   duration_ms(tcp->started_ns, tcp->ended_ns));
	put_ends(&l, end);
	return l.length;
}

static __s64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* The clocks cannot be read at once: of a few tries the one that took least is the closest. */
__s64 access_line_realtime(void)
{
	__s64 best = INT64_MAX, offset = 0;

	for (int i = 0; i < 8; i++) {
		__s64 before = clock_ns(CLOCK_MONOTONIC), real = clock_ns(CLOCK_REALTIME);
		__s64 took = clock_ns(CLOCK_MONOTONIC) - before;

		if (took >= best)
			continue;
		best = took;
		offset = real - before - took / 2;
		if (took < SECOND / 100000)
			break;
	}
	return offset;
}
