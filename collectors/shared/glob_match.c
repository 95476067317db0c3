// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "glob_match.h"

#include <string.h>

/* Only the last star can have to take more: what stood before it has matched the shortest way. */
bool glob_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *taken = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			taken = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++taken;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

static bool is_wildcard(char c)
{
	return c == '*' || c == '?';
}

/* a and b end in the same bytes as far as no wildcard is met: most pairs differ there. */
static bool ends_may_agree(const char *a, size_t a_length, const char *b, size_t b_length)
{
	while (a_length && b_length) {
		char x = a[--a_length], y = b[--b_length];

		if (is_wildcard(x) || is_wildcard(y))
			return true;
		if (x != y)
			return false;
	}
	return true;
}

static bool agree(char x, char y)
{
	return x && y && (x == y || x == '?' || y == '?');
}

/*
 * One row of a table: at j, whether a name exists that matches what is left of a and b from b[j]
 * on. next: the same for a without its first byte.
 */
static void overlap_row(bool *row, const bool *next, const char *a, const char *b, size_t b_length)
{
	for (size_t j = b_length + 1; j-- > 0;) {
		if (*a == '*' && b[j] == '*')
			row[j] = next[j] || row[j + 1];
		else if (*a == '*')
			row[j] = next[j] || (b[j] && row[j + 1]);
		else if (b[j] == '*')
			row[j] = row[j + 1] || (*a && next[j]);
		else
			row[j] = *a || b[j] ? agree(*a, b[j]) && next[j + 1] : true;
	}
}

bool glob_overlaps(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);
	bool rows[2][GLOB_MAX + 2] = { 0 };
	unsigned int now = 0;

	if (a_length > GLOB_MAX || b_length > GLOB_MAX || !ends_may_agree(a, a_length, b, b_length))
		return false;
	for (size_t i = a_length + 1; i-- > 0; now ^= 1)
		overlap_row(rows[now], rows[now ^ 1], a + i, b, b_length);
	return rows[now ^ 1][0];
}

size_t glob_literals(const char *pattern)
{
	size_t n = 0;

	for (; *pattern; pattern++)
		n += !is_wildcard(*pattern);
	return n;
}

size_t glob_literal_prefix(const char *pattern)
{
	return strcspn(pattern, "*?");
}

bool glob_has_wildcards(const char *pattern)
{
	return pattern[glob_literal_prefix(pattern)];
}
