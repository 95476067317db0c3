/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_file.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

#include "settings_lines.h"
#include "settings_text.h"

/* What inih was given last: it calls set_key() for each of them with the key's name. */
enum given {
	GIVEN_KEY,	/* key = value */
	GIVEN_CONTINUE, /* an indented line: continues the value */
	GIVEN_REST,	/* more of a long line */
};

struct long_value {
	const struct settings_key *key;
	struct settings_text text;
};

struct parser {
	const struct collector *collector;
	struct settings_lines lines;
	enum given given;
	size_t begin;		 /* of the value in the line */
	const char *rest;	 /* of a long line: what was not given yet, or NULL */
	bool is_long;		 /* the last key has a long value */
	unsigned long long seen; /* bit per entry of settings_keys */
	struct long_value values[LONG_VALUES];
	unsigned int n_values;
	struct settings *own;
	struct settings foreign; /* other collectors' sections: checked, not used */
};

#define FAIL(p, ...) settings_lines_fail(&(p)->lines, (p)->lines.number, __VA_ARGS__)

/* inih tells its handler nothing of a section without keys, and ignores what follows ']'. */
static bool check_section(struct parser *p, const char *line)
{
	size_t length = strcspn(line + 1, "]");
	const char *end = line + 1 + length;

	if (!*end || !settings_line_is_comment(end + 1))
		return FAIL(p, "'%s' is not a section: [name] is expected", line);
	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (strlen(settings_keys[i].section) == length &&
		    !memcmp(settings_keys[i].section, line + 1, length))
			return true;
	return FAIL(p, "unknown section [%.*s]", (int)length, line + 1);
}

/* inih would silently cut the value, or not, by its version and the line. */
static bool check_inline_comment(struct parser *p, const char *line)
{
	for (const char *at = strchr(line, ';'); at; at = strchr(at + 1, ';'))
		if (strchr(BLANKS, at[-1])) /* a line that begins with ; is a comment */
			return FAIL(p,
				    "column %u: a ';' behind a blank would begin a comment; "
				    "comments are lines of their own",
				    settings_text_characters(line, at - line) + 1);
	return true;
}

static bool is_long_key(const char *line)
{
	size_t length = strcspn(line, "=:" BLANKS);

	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (!settings_keys[i].set && strlen(settings_keys[i].name) == length &&
		    !memcmp(settings_keys[i].name, line, length))
			return true;
	return false;
}

/* A line that is no comment: refuses what inih would read otherwise than its author meant. */
static bool check_line(struct parser *p, const char *line)
{
	size_t indent = strspn(line, BLANKS), equals;

	if (indent && !p->is_long)
		return FAIL(p, "'%s' is indented: continuation lines are not supported",
			    line + indent);
	if (*line == '[') {
		p->is_long = false;
		return check_section(p, line);
	}
	if (!check_inline_comment(p, line))
		return false;
	p->given = indent ? GIVEN_CONTINUE : GIVEN_KEY;
	p->begin = indent;
	if (indent)
		return true;
	equals = strcspn(line, "=:");
	if (!line[equals])
		return FAIL(p, "'%s' is not 'key = value'", line);
	p->begin = equals + 1 + strspn(line + equals + 1, BLANKS);
	p->is_long = is_long_key(line);
	return true;
}

/* Gives inih what it can have of text: what joining with a blank makes the same again. */
static char *give(struct parser *p, char *ret, int size, const char *text, size_t after)
{
	const char *line = p->lines.line;
	bool indent = p->given != GIVEN_KEY;
	size_t max = LINE_LENGTH_MAX - indent;
	size_t length = settings_line_part(text, after, max);

	if (!length)
		return FAIL(p,
			    "column %u: no single blank in the next %zu bytes: a value must be "
			    "parted there",
			    settings_text_characters(line, text + after - line) + 1, max - after);
	p->rest = text[length] ? text + length + 1 : NULL;
	if (snprintf(ret, size, "%s%.*s", indent ? " " : "", (int)length, text) >= size)
		return FAIL(p, "the line is too long");
	return ret;
}

/* ini_reader */
static char *read_line(char *ret, int size, void *stream)
{
	struct parser *p = stream;
	const char *line;

	if (p->rest && !p->lines.failed) {
		p->given = GIVEN_REST;
		return give(p, ret, size, p->rest, 0);
	}
	line = settings_lines_next(&p->lines);
	if (!line)
		return NULL;
	if (p->lines.number == 1 && !strncmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	if (!settings_line_is_comment(line)) {
		if (!check_line(p, line))
			return NULL;
		if (p->is_long && p->given == GIVEN_CONTINUE)
			return give(p, ret, size, line + p->begin, 0);
		if (p->is_long && p->begin < LINE_LENGTH_MAX)
			return give(p, ret, size, line, p->begin);
	}
	if (strlen(line) > LINE_LENGTH_MAX)
		return FAIL(p, "the line is longer than %d characters", LINE_LENGTH_MAX);
	if (snprintf(ret, size, "%s", line) >= size)
		return FAIL(p, "the line is too long");
	return ret;
}

static struct settings *settings_of(struct parser *p, const char *section)
{
	bool own = !strcmp(section, "meshtap") || !strcmp(section, p->collector->section);

	return own ? p->own : &p->foreign;
}

static struct long_value *begin_long_value(struct parser *p, const struct settings_key *key)
{
	struct long_value *value = &p->values[p->n_values++];

	value->key = key;
	value->text.value = (char *)settings_of(p, key->section) + key->offset;
	value->text.max = key->max;
	return value;
}

static void *add_long_value(struct parser *p, const struct settings_key *key, const char *part)
{
	struct long_value *value;
	struct text_place place = {
		.line = p->lines.number,
		.column = settings_text_characters(p->lines.line, p->begin) + 1,
	};
	int r;

	value = p->given == GIVEN_KEY ? begin_long_value(p, key) : &p->values[p->n_values - 1];
	if (p->given == GIVEN_REST)
		r = settings_text_add_more(&value->text, part);
	else
		r = settings_text_add_line(&value->text, part, key->join, place);
	if (r == -E2BIG)
		return FAIL(p, "%s is longer than %u bytes", key->name, key->max);
	return r ? FAIL(p, "%s: %s", key->name, strerror(-r)) : value;
}

/* Whether key may stand here: it was not given yet, and none that says the same. */
static bool check_first(struct parser *p, const struct settings_key *key)
{
	for (unsigned int i = 0; i < settings_keys_count; i++) {
		const struct settings_key *other = &settings_keys[i];

		if (!(p->seen & 1ULL << i) || strcmp(other->section, key->section) ||
		    other->offset != key->offset)
			continue;
		if (other == key)
			return FAIL(p, "key '%s' is repeated in [%s]", key->name, key->section);
		return FAIL(p, "key '%s' says the same as '%s': only one of them may be given",
			    key->name, other->name);
	}
	p->seen |= 1ULL << (key - settings_keys);
	return true;
}

static const struct settings_key *find_key(const char *section, const char *name)
{
	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (!strcmp(settings_keys[i].section, section) &&
		    !strcmp(settings_keys[i].name, name))
			return &settings_keys[i];
	return NULL;
}

/* ini_handler: 0 is an error */
static int set_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	const struct settings_key *key = find_key(section, name);

	if (p->lines.failed)
		return 0;
	if (!*section)
		return FAIL(p, "key '%s' stands before the first section", name) != NULL;
	if (!key)
		return FAIL(p, "unknown key '%s' in [%s]", name, section) != NULL;
	if (p->given == GIVEN_KEY && !check_first(p, key))
		return 0;
	if (!key->set)
		return add_long_value(p, key, value) != NULL;
	if (!key->set(settings_of(p, section), key, value))
		return 1;
	return FAIL(p, "%s = '%s': expected %s", name, value, key->expected) != NULL;
}

static void check_long_value(struct parser *p, const struct long_value *value)
{
	const struct settings_key *key = value->key;
	struct source_error error = { 0 };
	struct text_place place = settings_text_find(&value->text, 0);
	int r;

	if (value->text.length < key->min) {
		settings_lines_fail(&p->lines, place.line, "%s = '': expected %s", key->name,
				    key->expected);
		return;
	}
	r = key->check(&settings_of(p, key->section)->log, &error);
	if (r == -EINVAL) {
		place = settings_text_find(&value->text, error.column ? error.column - 1 : 0);
		settings_lines_fail(&p->lines, place.line, "%s: column %u: %s", key->name,
				    place.column, error.text);
	} else if (r) {
		settings_lines_fail(&p->lines, place.line, "%s: %s", key->name, strerror(-r));
	}
}

int settings_file_read(struct settings *ret, const struct collector *collector, const char *path,
		       bool required)
{
	struct parser p = {
		.collector = collector,
		.lines = { .collector = collector->name, .path = path },
		.own = ret,
		.foreign = *ret,
	};

	if (settings_lines_open(&p.lines, required))
		return EXIT_USAGE;
	if (!p.lines.file)
		return -1;
	if (ini_parse_stream(read_line, &p, set_key, &p))
		FAIL(&p, "inih cannot read the file"); /* unless more was said already */
	for (unsigned int i = 0; i < p.n_values && !p.lines.failed; i++)
		check_long_value(&p, &p.values[i]);
	for (unsigned int i = 0; i < p.n_values; i++)
		settings_text_free(&p.values[i].text);
	settings_lines_close(&p.lines);
	return p.lines.failed ? EXIT_USAGE : -1;
}

int workloads_file_check(const struct collector *collector, const char *path, bool required)
{
	struct settings_lines lines = { .collector = collector->name, .path = path };
	const char *line;

	if (settings_lines_open(&lines, required))
		return EXIT_USAGE;
	if (!lines.file)
		return -1;
	while ((line = settings_lines_next(&lines)))
		if (!settings_line_is_comment(line))
			settings_lines_fail(
				&lines, lines.number,
				"'%s': this version defines no section here, only comments", line);
	settings_lines_close(&lines);
	return lines.failed ? EXIT_USAGE : -1;
}
