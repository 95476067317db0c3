/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "converter.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

struct memory_block {
	struct memory_block *next;
	max_align_t bytes[];
};

void converter_init(struct converter *c, const struct convert_options *options, FILE *errors)
{
	*c = (struct converter){ .options = options, .errors = errors };
}

void converter_free(struct converter *c)
{
	while (c->memory) {
		struct memory_block *next = c->memory->next;

		free(c->memory);
		c->memory = next;
	}
}

/* Bounds on what is read keep the product far from overflow. */
void *converter_take(struct converter *c, size_t count, size_t size)
{
	struct memory_block *block = calloc(1, sizeof(*block) + count * size);

	if (!block) {
		fputs(PROGRAM ": no memory\n", c->errors);
		exit(EXIT_RUNTIME);
	}
	block->next = c->memory;
	c->memory = block;
	return block->bytes;
}

void *converter_copy(struct converter *c, const void *bytes, size_t size)
{
	return memcpy(converter_take(c, 1, size), bytes, size);
}

const char *converter_print(struct converter *c, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	text = converter_take(c, 1, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

__attribute__((format(printf, 4, 0))) static void print(struct converter *c, const struct node *at,
							const char *severity, const char *format,
							va_list arguments)
{
	fputs(PROGRAM ": ", c->errors);
	node_print_place(at, c->errors);
	fputs(severity, c->errors);
	vfprintf(c->errors, format, arguments);
	fputc('\n', c->errors);
}

void fail(struct converter *c, const struct node *at, const char *format, ...)
{
	va_list arguments;

	if (c->failed)
		return;
	c->failed = EXIT_USAGE;
	va_start(arguments, format);
	print(c, at, "", format, arguments);
	va_end(arguments);
}

void warn(struct converter *c, const struct node *at, const char *format, ...)
{
	va_list arguments;

	if (c->failed)
		return;
	va_start(arguments, format);
	print(c, at, "warning: ", format, arguments);
	va_end(arguments);
}

int object_compare_age(const struct object *a, const struct object *b)
{
	int order = strcmp(a->created, b->created);

	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = strcmp(a->namespace, b->namespace);
	return order ? order : strcmp(a->kind, b->kind);
}

/* What was there stays allocated: at most as much again. */
static void *grow(struct converter *c, const void *items, size_t count, size_t *capacity,
		  size_t size)
{
	void *ret;

	*capacity = count ? 2 * count : 4;
	ret = converter_take(c, *capacity, size);
	return count ? memcpy(ret, items, count * size) : ret;
}

void ports_add(struct converter *c, struct ports *p, unsigned int number, const struct node *at)
{
	size_t i = 0;

	while (i < p->count && p->numbers[i] < number)
		i++;
	if (i < p->count && p->numbers[i] == number)
		return;
	if (p->count == PORTS_MAX) {
		fail(c, at, "more than %d ports", PORTS_MAX);
		return;
	}
	if (p->count == p->capacity)
		p->numbers = grow(c, p->numbers, p->count, &p->capacity, sizeof(*p->numbers));
	memmove(p->numbers + i + 1, p->numbers + i, (p->count - i) * sizeof(*p->numbers));
	p->numbers[i] = number;
	p->count++;
}

void prefixes_add(struct converter *c, struct prefixes *p, const struct prefix *prefix)
{
	if (p->count == p->capacity)
		p->items = grow(c, p->items, p->count, &p->capacity, sizeof(*p->items));
	p->items[p->count++] = *prefix;
}
