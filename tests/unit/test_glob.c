// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fnmatch.h>

#include "chance.h"
#include "check.h"
#include "glob_match.h"

#define LETTERS "ab"
#define NAMES	(1 + 2 + 4 + 8 + 16 + 32 + 64 + 128) /* of up to 7 letters */
#define ROUNDS	4000

static char names[NAMES][8];

static void make_names(void)
{
	unsigned int n = 0;

	for (unsigned int length = 0; length <= 7; length++)
		for (unsigned int bits = 0; bits < 1U << length; bits++, n++)
			for (unsigned int i = 0; i < length; i++)
				names[n][i] = LETTERS[bits >> i & 1];
	CHECK(n == NAMES);
}

static void random_pattern(char *ret, struct chance *c)
{
	unsigned int length = chance(c, 5);

	for (unsigned int i = 0; i < length; i++)
		ret[i] = "ab*?"[chance(c, 4)];
	ret[length] = '\0';
}

/* Patterns of up to 4 bytes that have a name in common have one of up to 7 letters. */
static bool have_common_name(const char *a, const char *b)
{
	for (unsigned int i = 0; i < NAMES; i++)
		if (!fnmatch(a, names[i], 0) && !fnmatch(b, names[i], 0))
			return true;
	return false;
}

static void test_random(void)
{
	struct chance c = chance_of_seed(5);
	unsigned int differ = 0, overlaps = 0;
	char a[8], b[8];

	for (unsigned int round = 0; round < ROUNDS; round++) {
		random_pattern(a, &c);
		random_pattern(b, &c);
		for (unsigned int i = 0; i < NAMES; i++)
			differ += glob_matches(a, names[i]) != !fnmatch(a, names[i], 0);
		differ += glob_overlaps(a, b) != have_common_name(a, b);
		overlaps += glob_overlaps(a, b);
	}
	CHECK(differ == 0);
	CHECK(overlaps > ROUNDS / 10 && overlaps < ROUNDS * 9 / 10);
}

static void test_literal(void)
{
	CHECK(glob_matches("reviews-*.service", "reviews-v1.service"));
	CHECK(glob_matches("reviews-*.service", "reviews-.service"));
	CHECK(!glob_matches("reviews-*.service", "reviews.service"));
	CHECK(glob_matches("*", "") && !glob_matches("?", "") && glob_matches("", ""));
	CHECK(glob_matches("a[b]\\x2d", "a[b]\\x2d") && !glob_matches("[a]", "a"));
	CHECK(glob_matches("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaab"));
	CHECK(glob_literals("a*b?c") == 3 && glob_literals("***") == 0);
	CHECK(glob_literal_prefix("ab*c") == 2 && glob_literal_prefix("abc") == 3);
	CHECK(glob_has_wildcards("a?") && glob_has_wildcards("*") && !glob_has_wildcards("a"));
	CHECK(glob_overlaps("a*c", "*bc") && !glob_overlaps("a*c", "*cb"));
	CHECK(glob_overlaps("a-*.service", "*-b.service"));
	CHECK(!glob_overlaps("a-*.service", "b-*.service"));
}

int main(void)
{
	make_names();
	test_literal();
	test_random();
	return check_end();
}
