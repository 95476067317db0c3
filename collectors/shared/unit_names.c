// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "unit_names.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *s, const char *suffix)
{
	size_t length = strlen(s), n = strlen(suffix);

	return length > n && !strcmp(s + length - n, suffix);
}

static int add(struct unit_names *n, const char *name)
{
	size_t capacity = n->capacity ? 2 * n->capacity : 64;
	char **names;

	if (n->count == n->capacity) {
		names = reallocarray(n->names, capacity, sizeof(*names));
		if (!names)
			return -ENOMEM;
		n->names = names;
		n->capacity = capacity;
	}
	n->names[n->count] = strdup(name);
	return n->names[n->count++] ? 0 : -ENOMEM;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int walk(struct unit_names *n, FTS *tree)
{
	FTSENT *entry;
	int r = 0;

	errno = 0;
	while (!r && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_D && (ends_with(entry->fts_name, ".service") ||
						 ends_with(entry->fts_name, ".scope")))
			r = add(n, entry->fts_name);
		else if ((entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) &&
			 entry->fts_errno != ENOENT && entry->fts_errno != ENODEV)
			r = -entry->fts_errno; /* what is in there is not known */
		errno = 0;
	}
	return r ? r : -errno;
}

int unit_names_read(struct unit_names *ret, const char *root)
{
	char *const roots[] = { (char *)root, NULL };
	struct unit_names n = {};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	int r;

	if (!tree)
		return -errno;
	r = walk(&n, tree);
	fts_close(tree);
	if (!r && !n.names)
		r = add(&n, ""); /* no unit at all: qsort() wants an array */
	if (r) {
		unit_names_free(&n);
		return r;
	}
	qsort(n.names, n.count, sizeof(*n.names), by_name);
	*ret = n;
	return 0;
}

void unit_names_free(struct unit_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct unit_names){};
}

bool unit_names_have(const struct unit_names *n, const char *unit)
{
	return bsearch(&unit, n->names, n->count, sizeof(*n->names), by_name);
}
