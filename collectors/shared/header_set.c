// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "header_set.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool is_token(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    (!name[i] || !strchr("!#$%&'*+-.^_`|~", name[i])))
			return false;
	return length > 0;
}

int header_set_add(struct header_set *s, const char *name, size_t length)
{
	char lower[HEAD_NAME_MAX + 1] = "";

	if (length > HEAD_NAME_MAX || !is_token(name, length))
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		lower[i] = tolower((unsigned char)name[i]);
	for (unsigned int i = 0; i < s->count; i++)
		if (!strcmp(s->text[i], lower))
			return i;
	if (s->count == HEAD_NAMES_MAX)
		return -E2BIG;
	memcpy(s->text[s->count], lower, sizeof(lower));
	s->names[s->count] = s->text[s->count];
	return s->count++;
}

struct head_names header_set_names(const struct header_set *s)
{
	return (struct head_names){ s->names, s->count };
}
