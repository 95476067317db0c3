/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int append(struct settings_text *t, char join, const char *text)
{
	size_t at = t->length ? t->length + 1 : 0;
	size_t length = strlen(text);

	if (at + length > t->max)
		return -E2BIG;
	if (at)
		t->value[t->length] = join;
	memcpy(t->value + at, text, length + 1);
	t->length = at + length;
	return 0;
}

int settings_text_add_line(struct settings_text *t, const char *line, char join,
			   struct text_place place)
{
	struct text_origin *origins = reallocarray(t->origins, t->lines + 1, sizeof(t->origins[0]));
	size_t offset = t->length ? t->length + 1 : 0;

	if (!origins)
		return -ENOMEM;
	t->origins = origins;
	origins[t->lines++] = (struct text_origin){ offset, place };
	return append(t, join, line);
}

int settings_text_add_more(struct settings_text *t, const char *more)
{
	return append(t, ' ', more);
}

struct text_place settings_text_find(const struct settings_text *t, size_t offset)
{
	unsigned int i = t->lines - 1;
	const struct text_origin *origin;

	if (offset > t->length)
		offset = t->length;
	while (i && t->origins[i].offset > offset)
		i--;
	origin = &t->origins[i];
	return (struct text_place){
		.line = origin->place.line,
		.column = origin->place.column + settings_text_characters(t->value + origin->offset,
									  offset - origin->offset),
	};
}

void settings_text_free(struct settings_text *t)
{
	free(t->origins);
	t->origins = NULL;
}

unsigned int settings_text_characters(const char *bytes, size_t length)
{
	unsigned int n = 0;

	for (size_t i = 0; i < length; i++)
		n += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return n;
}
