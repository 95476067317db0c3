// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_regex.h"

#include <errno.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "filter_token.h"

#define STEPS_MAX   (1u << 18) /* of one search: some milliseconds */
#define HEAP_KIB    1024
#define NESTING_MAX 64

struct filter_regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	bool has_one_start; /* so PCRE2 tries one position only, or each after a newline */
};

/*
 * NO_AUTO_POSSESS: PCRE2 counts a step when it goes back, and possessive repeats never do. Newlines
 * are LF whatever the library's default is, and $ is the end, as in RE2.
 */
static int compile(struct filter_regex *r, struct head_text pattern, int *code, PCRE2_SIZE *offset)
{
	const uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
				 PCRE2_NO_AUTO_POSSESS | PCRE2_DOLLAR_ENDONLY;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);

	if (!context)
		return -ENOMEM;
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, NESTING_MAX);
	r->code = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.length, options, code, offset,
				context);
	pcre2_compile_context_free(context);
	return r->code ? 0 : -EINVAL;
}

static int prepare(struct filter_regex *r)
{
	uint32_t first, options;

	r->data = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->data || !r->limits)
		return -ENOMEM;
	pcre2_set_depth_limit(r->limits, STEPS_MAX);
	pcre2_set_heap_limit(r->limits, HEAP_KIB);
	pcre2_pattern_info(r->code, PCRE2_INFO_FIRSTCODETYPE, &first);
	pcre2_pattern_info(r->code, PCRE2_INFO_ALLOPTIONS, &options);
	r->has_one_start = first == 2 || (options & PCRE2_ANCHORED);
	return 0;
}

int filter_regex_compile(struct filter_regex **ret, struct head_text pattern, unsigned int column,
			 struct source_error *error)
{
	struct filter_regex *r = calloc(1, sizeof(*r));
	PCRE2_SIZE offset = 0;
	char why[120] = "";
	int code = 0, err;

	if (!r)
		return -ENOMEM;
	err = compile(r, pattern, &code, &offset);
	if (!err)
		err = prepare(r);
	if (!err) {
		*ret = r;
		return 0;
	}
	filter_regex_free(&r);
	if (err == -ENOMEM)
		return err;
	pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
	return filter_refuse(error, column, "regular expression, at its byte %zu: %s", offset + 1,
			     why);
}

void filter_regex_free(struct filter_regex **r)
{
	if (!*r)
		return;
	pcre2_code_free((*r)->code);
	pcre2_match_data_free((*r)->data);
	pcre2_match_context_free((*r)->limits);
	free(*r);
	*r = NULL;
}

/* PCRE2's limit counts anew from each position that it tries as the start, so they share ours. */
struct filter_value filter_regex_search(struct filter_regex *r, struct head_text subject)
{
	uint32_t starts = r->has_one_start ? 1 : subject.length + 1;
	int found;

	pcre2_set_match_limit(r->limits, STEPS_MAX / starts);
	found = pcre2_match(r->code, (PCRE2_SPTR)subject.data, subject.length, 0, 0, r->data,
			    r->limits);
	if (found < 0 && found != PCRE2_ERROR_NOMATCH)
		return filter_error();
	return filter_bool(found >= 0);
}
