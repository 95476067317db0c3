/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libyaml's events make the tree: it bounds neither size nor aliases, so both are done here. */
#include "tree.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

struct reader {
	struct converter *c;
	const char *file;
	FILE *in;
	struct node *parent; /* that is open; NULL: none */
	const char *key;     /* read, its value is next; NULL: none */
	unsigned int depth;
};

static int read_bytes(void *data, unsigned char *buffer, size_t size, size_t *ret_size)
{
	struct reader *r = data;

	*ret_size = fread(buffer, 1, size, r->in);
	r->c->bytes += *ret_size;
	return r->c->bytes <= BYTES_MAX && !ferror(r->in);
}

/* A place without a node. */
static struct node at_mark(const struct reader *r, yaml_mark_t mark)
{
	return (struct node){
		.file = r->file,
		.line = (unsigned int)mark.line + 1,
		.column = (unsigned int)mark.column + 1,
		.key = r->key,
		.parent = r->parent,
		.index = r->parent ? r->parent->count : 0,
	};
}

static void fail_parser(struct reader *r, const yaml_parser_t *parser)
{
	struct node at = at_mark(r, parser->problem_mark);
	int why = errno;

	if (r->c->bytes > BYTES_MAX) {
		at = at_mark(r, parser->mark);
		fail(r->c, &at, "more than %lu MiB of input", BYTES_MAX >> 20);
	} else if (ferror(r->in)) {
		at = at_mark(r, parser->mark);
		fail(r->c, &at, "cannot read: %s", strerror(why));
		r->c->failed = EXIT_RUNTIME;
	} else {
		if (parser->error == YAML_READER_ERROR)
			at = at_mark(r, parser->mark);
		fail(r->c, &at, "not YAML: %s", parser->problem ? parser->problem : "no memory");
	}
}

static const char *copy_text(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	if (strlen(text) != event->data.scalar.length) {
		struct node at = at_mark(r, event->start_mark);

		fail(r->c, &at, "a NUL byte");
	}
	return converter_copy(r->c, text, strlen(text) + 1);
}

static struct node *add_node(struct reader *r, const yaml_event_t *event, enum node_kind kind)
{
	struct node *n = converter_take(r->c, 1, sizeof(*n));

	*n = at_mark(r, event->start_mark);
	n->kind = kind;
	if (++r->c->nodes > NODES_MAX)
		fail(r->c, n, "more than %lu values", NODES_MAX);
	if (r->parent) {
		*(r->parent->last ? &r->parent->last->next : &r->parent->first) = n;
		r->parent->last = n;
		r->parent->count++;
	}
	r->key = NULL;
	return n;
}

static bool is_null(const yaml_event_t *event)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	const char *text = (const char *)event->data.scalar.value;

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		if (!strcmp(text, nulls[i]))
			return true;
	}
	return false;
}

static bool is_key(const struct reader *r)
{
	return r->parent && r->parent->kind == NODE_MAP && !r->key;
}

static struct node *add_scalar(struct reader *r, const yaml_event_t *event)
{
	const char *text = copy_text(r, event);
	struct node *n;

	if (is_key(r)) {
		r->key = text;
		return NULL;
	}
	n = add_node(r, event, is_null(event) ? NODE_NULL : NODE_TEXT);
	n->text = text;
	return n;
}

static struct node *open_node(struct reader *r, const yaml_event_t *event, enum node_kind kind)
{
	bool is_bad_key = is_key(r);
	struct node *n = add_node(r, event, kind);

	if (is_bad_key)
		fail(r->c, n, "a key that is not text");
	if (++r->depth > DEPTH_MAX)
		fail(r->c, n, "nested more than %d deep", DEPTH_MAX);
	r->parent = n;
	return n;
}

static void close_node(struct reader *r)
{
	r->parent = r->parent->parent;
	r->depth--;
}

/* Returns the node that begins, or NULL. */
static struct node *take_event(struct reader *r, const yaml_event_t *event)
{
	struct node at;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(r, event);
	case YAML_MAPPING_START_EVENT:
		return open_node(r, event, NODE_MAP);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(r, event, NODE_LIST);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		close_node(r);
		return NULL;
	case YAML_ALIAS_EVENT:
		at = at_mark(r, event->start_mark);
		fail(r->c, &at, "aliases are not read; kubectl writes none");
		return NULL;
	default:
		return NULL;
	}
}

static void read_events(struct reader *r, yaml_parser_t *parser)
{
	const struct node *root = NULL;
	bool is_end = false;
	yaml_event_t event;

	while (!is_end && !r->c->failed) {
		const struct node *n;

		if (!yaml_parser_parse(parser, &event)) {
			fail_parser(r, parser);
			return;
		}
		n = take_event(r, &event);
		root = root ? root : n;
		is_end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_END_EVENT && !r->c->failed) {
			objects_read(r->c, root);
			root = NULL;
		}
		yaml_event_delete(&event);
	}
}

void convert_read(struct converter *c, const char *file, FILE *in)
{
	struct reader r = { .c = c, .in = in };
	yaml_parser_t parser;

	if (c->failed)
		return;
	r.file = converter_print(c, "%s", file);
	if (!yaml_parser_initialize(&parser)) {
		c->failed = EXIT_RUNTIME;
		fprintf(c->errors, PROGRAM ": no memory\n");
		return;
	}
	yaml_parser_set_input(&parser, read_bytes, &r);
	read_events(&r, &parser);
	yaml_parser_delete(&parser);
}
