// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "settings_selection.h"

#include <stdlib.h>
#include <string.h>

#include "selection.h"
#include "settings_file.h"
#include "settings_words.h"

#define PORT_DIGITS 5

struct range {
	unsigned int first, last;
};

/* Digits up to the end of the word, or to a '-'. Returns 0 when it is no port. */
static unsigned int port_of(const char *text, size_t length)
{
	char digits[PORT_DIGITS + 1] = "";
	unsigned long port;

	if (!length || length > PORT_DIGITS || strspn(text, "0123456789") < length)
		return 0;
	memcpy(digits, text, length);
	port = strtoul(digits, NULL, 10);
	return port < 65536 ? port : 0;
}

/* PORT or FIRST-LAST. */
static bool range_of(const struct word *w, struct range *ret)
{
	const char *dash = memchr(w->text, '-', w->length);
	size_t length = dash ? (size_t)(dash - w->text) : w->length;

	ret->first = port_of(w->text, length);
	ret->last = dash ? port_of(dash + 1, w->length - length - 1) : ret->first;
	return ret->first && ret->first <= ret->last;
}

int settings_selection_check_ports(struct settings *s, const struct settings_key *key,
				   struct source_error *error)
{
	const char *source = (const char *)s + key->offset, *at = source;
	struct range range;
	struct word w;

	while (word_next(&at, &w))
		if (!range_of(&w, &range))
			return word_fail(error, source, &w,
					 "'%.*s' is no port (1 to 65535) and no range of them",
					 (int)w.length, w.text);
	return 0;
}

static bool ends_with(const struct word *w, const char *end)
{
	size_t length = strlen(end);

	return w->length > length && !memcmp(w->text + w->length - length, end, length);
}

/* A whole name, or the beginning of some before a '*'. */
static bool is_unit(const struct word *w)
{
	const char *star = memchr(w->text, '*', w->length);

	if (w->length >= WORKLOAD_NAME_MAX || memchr(w->text, '/', w->length))
		return false;
	if (star)
		return star == w->text + w->length - 1;
	return ends_with(w, ".service") || ends_with(w, ".scope");
}

int settings_selection_check_units(struct settings *s, const struct settings_key *key,
				   struct source_error *error)
{
	const char *source = (const char *)s + key->offset, *at = source;
	unsigned int count = 0;
	struct word w;

	while (word_next(&at, &w)) {
		if (!is_unit(&w))
			return word_fail(error, source, &w,
					 "'%.*s' is no unit (NAME.service, NAME.scope or NAME*)",
					 (int)w.length, w.text);
		if (count++ == SELECTION_UNITS)
			return word_fail(error, source, &w, "more than %d units", SELECTION_UNITS);
	}
	return 0;
}

static void set_ports(const char *at, unsigned long long *ports, bool is_included)
{
	struct range range;
	struct word w;

	while (word_next(&at, &w)) {
		if (!range_of(&w, &range))
			continue;
		for (unsigned int port = range.first; port <= range.last; port++) {
			if (is_included)
				ports[port / 64] |= 1ull << (port & 63);
			else
				ports[port / 64] &= ~(1ull << (port & 63));
		}
	}
}

/* Returns how many. */
static unsigned int set_units(const char *at, struct selection_unit *units)
{
	unsigned int count = 0;
	struct word w;

	while (count < SELECTION_UNITS && word_next(&at, &w)) {
		bool is_prefix = w.text[w.length - 1] == '*';

		memset(units[count].mask, is_prefix ? 0 : 0xff, sizeof(units[count].mask));
		memset(units[count].mask, 0xff, w.length - is_prefix);
		memset(units[count].name, 0, sizeof(units[count].name));
		memcpy(units[count].name, w.text, w.length - is_prefix);
		count++;
	}
	return count;
}

void settings_selection_make(const struct selection_settings *s, struct selection *ret)
{
	const char *at = s->include_ports;
	struct word w;
	bool includes_all = !word_next(&at, &w);

	memset(ret->ports, includes_all ? 0xff : 0, sizeof(ret->ports));
	ret->ports[0] &= ~1ull; /* a listener's other end */
	set_ports(s->include_ports, ret->ports, true);
	at = s->exclude_ports;
	ret->by_port = !includes_all || word_next(&at, &w);
	set_ports(s->exclude_ports, ret->ports, false);
	ret->included_units = set_units(s->include_units, ret->units[0]);
	ret->excluded_units = set_units(s->exclude_units, ret->units[1]);
}
