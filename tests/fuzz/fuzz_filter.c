/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: any source is refused at one of its bytes or compiled; what passes it is never what
 * filter_may_pass() would have had the kernel drop. A first byte that is odd has a grammar make the
 * source, else the input is it. The Makefile links collectors/shared/filter*.c.
 */
#include <stdint.h>
#include <stdlib.h>

#include "filter_grammar.h"
#include "filter_records.h"

#define CHOICES 64 /* bytes of the input that choose the records */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct source_error *error, size_t length)
{
	if (!error->column || error->column > length + 1 || !*error->text)
		abort();
	if (strpbrk(error->text, "\n\r"))
		abort();
}

static void check_records(struct filter *f, struct chance *c)
{
	struct filter_record r;

	for (int i = 0; i < 4; i++) {
		record_random(&r, c);
		if (filter_passes(f, &r.record) &&
		    !filter_may_pass(f, r.record.is_http, r.record.status, r.record.flag))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chance choices = { .bytes = data + 1 }, sources = { .bytes = data + 1 + CHOICES };
	struct grammar g = { .chance = &sources };
	struct log_needs needs = {};
	struct source_error error = {};
	struct filter *f = NULL;
	int err;

	if (size < 1 + CHOICES)
		return 0;
	choices.left = CHOICES;
	sources.left = size - 1 - CHOICES;
	if (*data & 1) {
		put_bool(&g, 4);
	} else {
		g.length = sources.left < FILTER_MAX ? sources.left : FILTER_MAX;
		memcpy(g.text, sources.bytes, g.length);
	}
	err = filter_compile(&f, g.text, &needs, &error);
	if (err)
		check_error(&error, strlen(g.text));
	else
		check_records(f, &choices);
	filter_free(&f);
	return 0;
}
