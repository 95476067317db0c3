// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_format.h"

#include "log_format_defaults.h"
#include "log_json.h"
#include "log_text.h"
#include "log_text_utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct log_format {
	enum log_format_kind kind;
	size_t max_field;
	size_t line_max;
	struct log_template line;
};

static const char *const defaults[] = {
	[LOG_FORMAT_TEXT] = LOG_FORMAT_TEXT_DEFAULT,
	[LOG_FORMAT_JSON] = LOG_FORMAT_JSON_DEFAULT,
};

/* What is written as it is must not end a line or spoil it. */
static int check_source(const struct log_source *s, enum log_format_kind kind)
{
	size_t length = strlen(s->whole);

	if (length > LOG_FORMAT_MAX)
		return log_source_refuse(s, s->whole + LOG_FORMAT_MAX, "longer than %d bytes",
					 LOG_FORMAT_MAX);
	for (size_t i = 0, n; i < length; i += n) {
		unsigned char c = s->whole[i];

		n = utf8_length(s->whole + i, length - i);
		if (!n)
			return log_source_refuse(s, s->whole + i, "no UTF-8");
		if (kind == LOG_FORMAT_TEXT && (c < ' ' || c == 0x7f) && c != '\t')
			return log_source_refuse(s, s->whole + i, "a control byte in the format");
	}
	return 0;
}

static int compile(struct log_format *f, const struct log_source *s)
{
	const struct head_text whole = { s->whole, strlen(s->whole) };
	int err = check_source(s, f->kind);

	if (!err && f->kind == LOG_FORMAT_TEXT)
		err = log_template_compile(&f->line, s, whole);
	else if (!err)
		err = log_json_compile(&f->line, s);
	if (err)
		return err;
	f->line_max = 1 + (f->kind == LOG_FORMAT_TEXT ? log_text_max(&f->line, f->max_field)
						      : log_json_max(&f->line, f->max_field));
	return 0;
}

int log_format_compile(struct log_format **ret, enum log_format_kind kind, const char *source,
		       unsigned int max_field, struct log_needs *needs, struct source_error *error)
{
	struct log_source s = { source && *source ? source : defaults[kind], needs, error };
	struct log_format *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->kind = kind;
	f->max_field = max_field < HEAD_TEXT_MAX ? max_field : HEAD_TEXT_MAX;
	err = compile(f, &s);
	if (err) {
		log_format_free(&f);
		return err;
	}
	*ret = f;
	return 0;
}

void log_format_free(struct log_format **f)
{
	if (*f)
		log_template_free(&(*f)->line);
	free(*f);
	*f = NULL;
}

size_t log_format_line_max(const struct log_format *f)
{
	return f->line_max;
}

size_t log_format_write(const struct log_format *f, char *ret, const struct access_record *r,
			unsigned long long *cut)
{
	char *end = f->kind == LOG_FORMAT_TEXT
			    ? log_text_write(&f->line, ret, r, f->max_field, cut)
			    : log_json_write(&f->line, ret, r, f->max_field, cut);

	*end++ = '\n';
	return end - ret;
}
