/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a line is one JSON object of strings, numbers and nulls (RFC 8259) in UTF-8 (RFC 3629).
 */
#ifndef MESHTAP_LOG_FORMAT_JSON_H
#define MESHTAP_LOG_FORMAT_JSON_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* By its code point: decoded, then judged. */
static inline const char *skip_utf8(const char *p, const char *end)
{
	unsigned char first = *p++;
	unsigned int tails = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	static const unsigned int least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned int code = tails ? first & (0x3f >> tails) : first;

	if (first >= 0xf8 || (first >= 0x80 && !tails) || (size_t)(end - p) < tails)
		return NULL;
	for (unsigned int i = 0; i < tails; i++, p++) {
		if (((unsigned char)*p & 0xc0) != 0x80)
			return NULL;
		code = code << 6 | (*p & 0x3f);
	}
	if (code < least[tails] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return NULL;
	return code < 0x20 || code == 0x7f ? NULL : p;
}

static inline const char *skip_escape(const char *p, const char *end)
{
	if (p == end)
		return NULL;
	if (*p != 'u')
		return strchr("\"\\/bfnrt", *p) ? p + 1 : NULL;
	for (int i = 1; i <= 4; i++)
		if (end - p <= i || !isxdigit((unsigned char)p[i]))
			return NULL;
	return p + 5;
}

static inline const char *skip_string(const char *p, const char *end)
{
	if (p == end || *p++ != '"')
		return NULL;
	while (p && p < end && *p != '"')
		p = *p == '\\' ? skip_escape(p + 1, end) : skip_utf8(p, end);
	return p && p < end ? p + 1 : NULL;
}

static inline const char *skip_value(const char *p, const char *end)
{
	const char *begin;

	if (end - p >= 4 && !memcmp(p, "null", 4))
		return p + 4;
	if (p < end && *p == '"')
		return skip_string(p, end);
	if (p < end && *p == '-')
		p++;
	begin = p;
	while (p < end && isdigit((unsigned char)*p))
		p++;
	return p > begin && (*begin != '0' || p == begin + 1) ? p : NULL;
}

static inline bool is_json_line(const char *p, size_t n)
{
	const char *end = p + n;

	if (p == end || *p++ != '{')
		return false;
	for (;;) {
		p = skip_string(p, end);
		if (!p || p == end || *p++ != ':')
			return false;
		p = skip_value(p, end);
		if (!p || p == end)
			return false;
		if (*p == '}')
			return p + 1 == end;
		if (*p++ != ',')
			return false;
	}
}

#endif
