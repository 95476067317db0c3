/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A stream whose lines are known beforehand, and which of a window's bytes http1_keep.h must take
 * along: from the first line that is wanted to the end of the last one. A line is judged by what
 * there is of it in the window where it begins. Include after http1.h, with HTTP1_KEEPS.
 */
#ifndef MESHTAP_KEEP_MODEL_H
#define MESHTAP_KEEP_MODEL_H

#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#include "keep_names.h"

#define BYTES 16384
#define LINES 1024
#define MOST  64 /* names */

enum line_kind { LINE_BEFORE, LINE_START, LINE_HEADER, LINE_TRAILER, LINE_OTHER };

struct line {
	enum line_kind kind;
	__u32 begin, end;
};

static struct {
	__u8 bytes[BYTES];
	__u32 length;
	struct line lines[LINES];
	__u32 count;
	int response;
} stream;

static const char *names[HTTP1_NAMES_SIDES][MOST];
static __u32 name_count[HTTP1_NAMES_SIDES];

static struct http1_window window;

static inline void want(__u32 side, __u32 count, ...)
{
	va_list args;

	va_start(args, count);
	for (__u32 i = 0; i < count; i++)
		names[side][i] = va_arg(args, const char *);
	va_end(args);
	name_count[side] = count;
	keep_names(side, names[side], count);
}

static inline void begin(int response)
{
	memset(&stream, 0, sizeof(stream));
	stream.response = response;
}

static inline void put(enum line_kind kind, const char *text)
{
	struct line *l = &stream.lines[stream.count++];

	l->kind = kind;
	l->begin = stream.length;
	stream.length += sprintf((char *)stream.bytes + stream.length, "%s", text);
	l->end = stream.length;
}

static inline int is_prefix_wanted(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (length >= 8)
		return !strncasecmp(line, name, 8);
	return !strncasecmp(line, name, length) && line[length] == ':';
}

/* there: bytes of the line in the window where it begins. */
static inline int is_name_taken(const struct line *l, __u32 side, __u32 there)
{
	const char *line = (const char *)stream.bytes + l->begin;
	int first = 0, prefix = 0;

	for (__u32 i = 0; i < name_count[side]; i++) {
		first |= !strncasecmp(line, names[side][i], 1);
		prefix |= is_prefix_wanted(line, names[side][i]);
	}
	return first && (name_count[side] > HTTP1_NAMES || there < 8 || prefix);
}

static inline int is_taken(const struct line *l, __u32 there, int before)
{
	__u8 c = stream.bytes[l->begin];

	if (l->kind == LINE_BEFORE || l->kind == LINE_START)
		return 1;
	if (l->kind == LINE_OTHER || c == '\r' || c == '\n')
		return 0;
	if (c == ' ' || c == '\t')
		return before;
	if (l->kind == LINE_TRAILER)
		return stream.response && is_name_taken(l, HTTP1_NAMES_TRAILER, there);
	return is_name_taken(l, stream.response, there);
}

/* What the model says of the stream's bytes at [from, to), which are one window's. */
struct model {
	int taken; /* the line that is looked at */
	__u32 line;
	__u32 begin, end; /* result; the same: nothing */
};

static inline void model_window(struct model *m, __u32 from, __u32 to)
{
	m->begin = m->end = 0;
	for (; m->line < stream.count && stream.lines[m->line].begin < to; m->line++) {
		const struct line *l = &stream.lines[m->line];
		__u32 last = l->end < to ? l->end : to;

		if (l->begin >= from)
			m->taken = is_taken(l, last - l->begin, m->taken);
		if (m->taken && !m->end)
			m->begin = l->begin > from ? l->begin : from;
		if (m->taken)
			m->end = last;
		if (l->end > to)
			break;
	}
}

struct feeder {
	struct http1_parser parser;
	__u8 line_kept;
	__u32 position;
	struct model model;
};

/* As walk_message() does it. Returns 0 when the window is not as the model has it, or is bad. */
static inline int feed_window(struct feeder *f, __u32 length)
{
	__u32 pass = f->parser.skip < length ? f->parser.skip : length;
	enum http1_event event = pass ? http1_pass(&f->parser, pass) : HTTP1_MORE;
	__u32 from = f->position += pass;
	int right = 1;

	while (f->model.line < stream.count && stream.lines[f->model.line].end <= from)
		f->model.line++;
	if (event == HTTP1_MORE && pass < length) {
		memcpy(window.bytes + HTTP1_START, stream.bytes + from, length - pass);
		window.parser = f->parser;
		window.kept.line = f->line_kept;
		event = http1_parse(&window, length - pass);
		f->parser = window.parser;
		f->line_kept = window.kept.line;
		f->position += window.consumed;
		model_window(&f->model, from, f->position);
		right = window.kept.to ? window.kept.from - HTTP1_START == f->model.begin - from &&
						 window.kept.to - HTTP1_START == f->model.end - from
				       : !f->model.end;
	}
	if (event == HTTP1_HEAD_END)
		event = http1_body(&f->parser, HTTP1_METHOD_OTHER);
	if (event == HTTP1_MESSAGE_END) {
		http1_next(&f->parser);
		f->line_kept = 0;
	}
	return right && event != HTTP1_BAD;
}

#endif
