// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_attribute.h"

static const struct filter_attribute *const groups[] = { filter_message_attributes,
							 filter_connection_attributes };

#define GROUPS (sizeof(groups) / sizeof(*groups))

const struct filter_attribute *filter_attribute_find(struct head_text map, struct head_text name)
{
	for (size_t i = 0; i < GROUPS; i++)
		for (const struct filter_attribute *a = groups[i]; a->name; a++)
			if (head_text_is(map, a->map) && head_text_is(name, a->name))
				return a;
	return NULL;
}

bool filter_attribute_is_map(struct head_text map)
{
	for (size_t i = 0; i < GROUPS; i++)
		for (const struct filter_attribute *a = groups[i]; a->name; a++)
			if (head_text_is(map, a->map))
				return true;
	return false;
}

enum head_side filter_attribute_side(struct head_text map, struct head_text name)
{
	if (head_text_is(map, "request"))
		return head_text_is(name, "headers") ? HEAD_REQUEST : HEAD_SIDES;
	if (!head_text_is(map, "response"))
		return HEAD_SIDES;
	if (head_text_is(name, "headers"))
		return HEAD_RESPONSE;
	return head_text_is(name, "trailers") ? HEAD_TRAILER : HEAD_SIDES;
}

const char *filter_attribute_header(struct head_text map, struct head_text name)
{
	static const char *const headers[][2] = {
		{ "useragent", "user-agent" },
		{ "referer", "referer" },
		{ "id", "x-request-id" },
	};

	if (!head_text_is(map, "request"))
		return NULL;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (head_text_is(name, headers[i][0]))
			return headers[i][1];
	return NULL;
}
