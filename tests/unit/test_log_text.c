/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What lines are made of: numbers as printf(3) writes them, and words of plain bytes. */
#include "log_text_number.h"
#include "log_text_plain.h"

#include "chance.h"
#include "check.h"

static void check_number(__u64 n)
{
	char is[DECIMAL_MAX + 2], should[DECIMAL_MAX + 2];

	memset(is, '#', sizeof(is));
	*put_decimal(is, n) = '\0';
	snprintf(should, sizeof(should), "%llu", (unsigned long long)n);
	CHECK_STRING(is, should);
	CHECK(is[strlen(is) + 1] == '#' || strlen(is) == DECIMAL_MAX);
	*put_hex(is, n) = '\0';
	snprintf(should, sizeof(should), "%llx", (unsigned long long)n);
	CHECK_STRING(is, should);
}

static void test_numbers(void)
{
	struct chance c = chance_of_seed(1);

	for (__u64 power = 1, i = 0; i < DECIMAL_MAX; i++, power *= 10) {
		check_number(power - 1);
		check_number(power);
		check_number(power + 1);
	}
	for (int shift = 0; shift < 64; shift++) {
		check_number(1ull << shift);
		check_number(~0ull >> shift);
		for (int i = 0; i < 100; i++)
			check_number(((__u64)chance_next(&c) << 35 ^ chance_next(&c)) >> shift);
	}
}

static bool is_plain(unsigned char c, unsigned char first)
{
	return c >= first && c < 0x7f && c != '"' && c != '\\';
}

/* Every byte at every place of the second of three words, among bytes that are nearly not plain. */
static void test_words(unsigned char first)
{
	static const char near[] = "!#[]~ !a";

	for (unsigned int at = 0; at < 8; at++)
		for (unsigned int byte = 0; byte < 256; byte++)
			for (unsigned int i = 0; i < sizeof(near) - 1; i++) {
				char text[23];
				bool all = is_plain(near[i], first), one = is_plain(byte, first);

				memset(text, near[i], sizeof(text));
				text[8 + at] = byte;
				CHECK(plain_words(text, text + 23, first) == (!all  ? 0u
									      : one ? 16u
										    : 8u));
			}
}

static void test_any_words(void)
{
	static const unsigned char bytes[] = { 0,   1,	 0x1f, ' ',  '!',  '"',	 '#',  '[',  '\\',
					       ']', '~', 0x7f, 0x80, 0x81, 0xa2, 0xdc, 0xff, 'a' };
	struct chance c = chance_of_seed(2);

	for (int run = 0; run < 200000; run++) {
		bool is = true;
		char text[8];

		for (int i = 0; i < 8; i++) {
			text[i] = one_in(&c, 6) ? bytes[chance(&c, 18)] : 'a';
			is = is && is_plain(text[i], ' ');
		}
		CHECK(plain_words(text, text + 8, ' ') == (is ? 8u : 0u));
	}
}

int main(void)
{
	test_numbers();
	test_words(' ');
	test_words(' ' + 1);
	test_any_words();
	return check_end();
}
