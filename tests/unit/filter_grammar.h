/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random sources of filters. Choice 0 is a leaf, so that they end with the chance. */
#ifndef MESHTAP_FILTER_GRAMMAR_H
#define MESHTAP_FILTER_GRAMMAR_H

#include <stdio.h>
#include <string.h>

#include "chance.h"
#include "filter.h"

struct grammar {
	struct chance *chance;
	char text[FILTER_MAX + 1];
	size_t length;
};

static inline void put(struct grammar *g, const char *s)
{
	size_t n = strlen(s);

	if (g->length + n > FILTER_MAX)
		n = FILTER_MAX - g->length;
	memcpy(g->text + g->length, s, n);
	g->length += n;
	g->text[g->length] = '\0';
}

#define PUT_ONE(g, ...)                                                                            \
	do {                                                                                       \
		static const char *const of[] = { __VA_ARGS__ };                                   \
		put(g, of[chance((g)->chance, sizeof(of) / sizeof(*of))]);                         \
	} while (0)

static inline void put_number(struct grammar *g)
{
	PUT_ONE(g, "response.code", "200", "400", "500", "-1", "0u", "1.5", "response.flags",
		"request.size", "response.total_size", "source.port", "connection.id", "14",
		"meshtap.pid", "int(request.headers['a'])", "size(request.method)",
		"response.grpc_status", "response.size", "64", "0x4000");
}

static inline void put_text(struct grammar *g)
{
	PUT_ONE(g, "request.path", "'GET'", "request.method", "''", "'/api'", "request.url_path",
		"request.host", "request.scheme", "'http'", "request.headers['a']",
		"response.headers['b']", "response.trailers.c", "request.useragent",
		"response.code_details", "'via_upstream'", "source.address", "meshtap.unit",
		"meshtap.comm", "meshtap.reporter", "'source'", "upstream.local_address",
		"connection.requested_server_name", "request.protocol", "request.query",
		"request.id", "r'\\d'", "\"a\\u00e4\"");
}

static inline void put_relation(struct grammar *g)
{
	PUT_ONE(g, " == ", " != ", " < ", " <= ", " > ", " >= ");
}

static inline void put_list(struct grammar *g)
{
	put(g, " in [");
	for (int i = chance(g->chance, 4); i > 0; i--) {
		if (one_in(g->chance, 3))
			put_text(g);
		else
			put_number(g);
		if (i > 1)
			put(g, ", ");
	}
	put(g, "]");
}

static inline void put_leaf(struct grammar *g)
{
	switch (chance(g->chance, 9)) {
	case 0:
		PUT_ONE(g, "true", "false", "connection.mtls", "!has(response.code)",
			"'a' in request.headers", "has(request.headers['a'])",
			"has(response.grpc_status)", "has(request.id)",
			"request.duration >= duration('1s')",
			"request.time < timestamp('2025-08-04T09:34:57Z')");
		return;
	case 1:
	case 2:
	case 3:
		put_number(g);
		put_relation(g);
		put_number(g);
		return;
	case 4:
		put_text(g);
		put_relation(g);
		put_text(g);
		return;
	case 5:
		put_number(g);
		put_list(g);
		return;
	case 6:
		put_text(g);
		put_list(g);
		return;
	case 7:
		put_text(g);
		PUT_ONE(g, ".startsWith(", ".endsWith(", ".contains(");
		put_text(g);
		put(g, ")");
		return;
	default:
		put_text(g);
		PUT_ONE(g, ".matches('a')", ".matches('^/api')", ".matches('(GE|PO).$')",
			".size() > 3", " == null", " != 5");
	}
}

static inline void put_bool(struct grammar *g, int depth)
{
	static const char *const between[] = { " && ", " || ", " ? ", " == " };
	unsigned int which = depth ? chance(g->chance, 6) : 0;

	put(g, which == 5 ? "!(" : "(");
	if (!which) {
		put_leaf(g);
		put(g, ")");
		return;
	}
	put_bool(g, depth - 1);
	if (which < 5)
		put(g, between[which - 1]);
	if (which < 5)
		put_bool(g, depth - 1);
	if (which == 3) {
		put(g, " : ");
		put_bool(g, depth - 1);
	}
	put(g, ")");
}

#endif
