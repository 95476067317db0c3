// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter_eval.h"
#include "filter_parse.h"

/* A node has a token of its own, so there are no more of them than bytes. */
static struct filter *new_filter(size_t length)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->nodes = calloc(length + 1, sizeof(*f->nodes));
	f->text = malloc(length + 1);
	f->count = 1;
	if (f->nodes && f->text)
		return f;
	filter_free(&f);
	return NULL;
}

static void shrink(struct filter *f)
{
	struct filter_node *nodes = realloc(f->nodes, f->count * sizeof(*nodes));

	if (nodes)
		f->nodes = nodes;
}

int filter_compile(struct filter **ret, const char *source, struct log_needs *needs,
		   struct source_error *error)
{
	struct filter_builder b = { .needs = needs, .error = error };
	size_t length = source ? strlen(source) : 0;
	int root;

	if (!length) {
		*ret = NULL;
		return 0;
	}
	if (length > FILTER_MAX)
		return filter_refuse(error, FILTER_MAX + 1, "longer than %d bytes", FILTER_MAX);
	b.filter = new_filter(length);
	if (!b.filter)
		return -ENOMEM;
	root = filter_parse(&b, source);
	if (root < 0) {
		filter_free(&b.filter);
		return root;
	}
	b.filter->root = root;
	shrink(b.filter);
	*ret = b.filter;
	return 0;
}

void filter_free(struct filter **f)
{
	if (!*f)
		return;
	for (unsigned int i = 1; (*f)->nodes && i < (*f)->count; i++)
		if ((*f)->nodes[i].operation == NODE_CALL)
			filter_regex_free(&(*f)->nodes[i].regex);
	free((*f)->nodes);
	free((*f)->text);
	free(*f);
	*f = NULL;
}

bool filter_passes(struct filter *f, const struct access_record *r)
{
	struct filter_evaluation e = { f, r, .is_partial = false };
	struct filter_value v;

	if (!f)
		return true;
	v = filter_evaluate(&e, f->root);
	return v.kind == FILTER_BOOL && v.boolean;
}

bool filter_may_pass(struct filter *f, bool is_http, unsigned int status, enum exchange_flag flag)
{
	struct access_record r = { .is_http = is_http, .status = status, .flag = flag };
	struct filter_evaluation e = { f, &r, .is_partial = true };
	struct filter_value v;

	if (!f || flag > EXCHANGE_UPE)
		return true;
	v = filter_evaluate(&e, f->root);
	return v.kind == FILTER_UNKNOWN || (v.kind == FILTER_BOOL && v.boolean);
}
