// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_file.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

#include "settings.h"
#include "settings_lines.h"
#include "workloads_keys.h"
#include "workloads_value.h"

struct parser {
	struct workloads_source *source;
	struct settings_lines lines;
	struct entry *entry; /* of the section; NULL: none begun */
	bool is_list;	     /* the last key has one */
	bool is_more;	     /* what inih was given last continues it */
};

#define FAIL(p, ...) (settings_lines_fail(&(p)->lines, (p)->lines.number, __VA_ARGS__), false)

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && !memcmp(text, word, length);
}

/* Keeps in mind what may be given once. Returns false, and whose it is in *ret, the second time. */
static bool is_new(struct parser *p, __u64 what, const struct entry **ret)
{
	struct entries *es = p->source->entries;
	__u32 owner;
	int r = number_map_add(&p->source->known, what, p->entry - es->items, &owner);

	if (!r)
		return true;
	if (r != -EEXIST)
		return FAIL(p, "%s", strerror(-r));
	*ret = &es->items[owner];
	return false;
}

static bool begin_entry(struct parser *p, enum entry_kind kind, const char *name, size_t length)
{
	const struct entry *other = NULL;
	__u64 hash = hash_bytes(HASH_BEGIN, &kind, sizeof(kind));

	p->entry = entries_add(p->source->entries, kind, name, length);
	if (!p->entry)
		return FAIL(p, "%s", strerror(ENOMEM));
	p->entry->path = p->lines.path;
	p->entry->line = p->lines.number;
	if (is_new(p, hash_bytes(hash, name, length), &other))
		return true;
	return other && FAIL(p, "[%s%s%.*s] is repeated: it is at %s:%u too", entry_kind_name(kind),
			     length ? " " : "", (int)length, name, other->path, other->line);
}

static bool begin_workload(struct parser *p, const char *name, size_t length)
{
	if (value_label(name, length))
		return FAIL(p, "[workload %.*s]: expected a name of 1 to %u bytes of UTF-8",
			    (int)length, name, LABEL_MAX);
	return begin_entry(p, ENTRY_WORKLOAD, name, length);
}

static bool begin_service(struct parser *p, const char *name, size_t length)
{
	char host[HOST_MAX + 1];

	if (value_host(host, name, length))
		return FAIL(p, "[service %.*s]: expected a host without port or wildcard",
			    (int)length, name);
	return begin_entry(p, ENTRY_SERVICE, host, length);
}

static bool begin_section(struct parser *p, const char *line)
{
	size_t length, word;
	const char *text = settings_line_section(&p->lines, line, &length), *name;

	if (!text)
		return false;
	while (length && strchr(BLANKS, text[length - 1]))
		length--;
	word = strcspn(text, "]" BLANKS);
	word = word < length ? word : length;
	name = text + word + strspn(text + word, BLANKS);
	if (is_word(text, word, "workload"))
		return begin_workload(p, name, text + length - name);
	if (is_word(text, word, "service"))
		return begin_service(p, name, text + length - name);
	if (is_word(text, length, "local"))
		return begin_entry(p, ENTRY_LOCAL, "", 0);
	return FAIL(p, "unknown section [%.*s]", (int)length, text);
}

static bool is_list_key(const struct parser *p, const char *line)
{
	const struct entry_key *key;

	if (!p->entry)
		return false;
	key = entry_key_find(p->entry->kind, line, strcspn(line, "=:" BLANKS));
	return key && key->add;
}

/* ini_reader */
static char *read_line(char *ret, int size, void *stream)
{
	struct parser *p = stream;
	const char *line = settings_lines_next(&p->lines);

	if (!line)
		return NULL;
	p->source->hash = hash_bytes(p->source->hash, line, strlen(line));
	p->source->hash = hash_bytes(p->source->hash, "\n", 1);
	switch (settings_line_kind(&p->lines, line, p->is_list)) {
	case LINE_BAD:
		return NULL;
	case LINE_SECTION:
		p->is_list = false;
		if (!begin_section(p, line))
			return NULL;
		break;
	case LINE_KEY:
		p->is_more = false;
		p->is_list = is_list_key(p, line);
		break;
	case LINE_MORE:
		p->is_more = true;
		break;
	case LINE_COMMENT:
		break;
	}
	return settings_line_give(&p->lines, ret, size, line);
}

static bool set_text(struct parser *p, const struct entry_key *key, const char *value)
{
	if (value_label(value, strlen(value)))
		return FAIL(p, "%s = '%s': expected %s", key->name, value, key->expected);
	p->entry->texts[key->text] = strdup(value);
	return p->entry->texts[key->text] || FAIL(p, "%s", strerror(ENOMEM));
}

static bool add_word(struct parser *p, const struct entry_key *key, const char *word)
{
	size_t self = p->entry - p->source->entries->items;
	const struct entry *other = NULL;
	__u64 hash;
	int r = key->add(p->entry, word, &hash);

	if (r == -EINVAL)
		return FAIL(p, "%s: '%s': expected %s", key->name, word, key->expected);
	if (r)
		return FAIL(p, "%s", strerror(-r));
	hash = hash_bytes(hash, key->name, strlen(key->name));
	if (is_new(p, hash_bytes(hash, &self, sizeof(self)), &other))
		return true;
	return other && FAIL(p, "%s: '%s' is repeated in [%s %s]", key->name, word,
			     entry_kind_name(other->kind), other->name);
}

static bool add_words(struct parser *p, const struct entry_key *key, const char *value)
{
	char words[LINE_LENGTH_MAX + 1], *save;

	snprintf(words, sizeof(words), "%s", value);
	for (char *w = strtok_r(words, BLANKS, &save); w; w = strtok_r(NULL, BLANKS, &save))
		if (!add_word(p, key, w))
			return false;
	return true;
}

/* ini_handler: 0 is an error. The section is what read_line() has begun: inih cuts its name. */
static int set_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	struct entry *e = p->entry;
	const struct entry_key *key;

	(void)section;
	if (p->lines.failed)
		return 0;
	if (!e)
		return FAIL(p, "key '%s' stands before the first section", name);
	key = entry_key_find(e->kind, name, strlen(name));
	if (!key)
		return FAIL(p, "unknown key '%s' in [%s%s%s]", name, entry_kind_name(e->kind),
			    *e->name ? " " : "", e->name);
	if (!p->is_more && e->keys & entry_key_bit(key))
		return FAIL(p, "key '%s' is repeated in [%s%s%s]", name, entry_kind_name(e->kind),
			    *e->name ? " " : "", e->name);
	e->keys |= entry_key_bit(key);
	return key->add ? add_words(p, key, value) : set_text(p, key, value);
}

int workloads_file_read(struct workloads_source *s, const char *path, bool required)
{
	struct parser p = {
		.source = s,
		.lines = { .collector = s->collector, .path = path },
	};

	if (settings_lines_open(&p.lines, required))
		return EXIT_USAGE;
	if (!p.lines.file)
		return -1;
	if (ini_parse_stream(read_line, &p, set_key, &p)) /* unless more was said already */
		settings_lines_fail(&p.lines, p.lines.number, "inih cannot read the file");
	settings_lines_close(&p.lines);
	return p.lines.failed ? EXIT_USAGE : -1;
}
