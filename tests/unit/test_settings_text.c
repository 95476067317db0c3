/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values that are long or have several lines: what inih, told by us, makes of them. */
#include "chance.h"
#include "settings_log_call.h"
#include "settings_text.h"

/* A long value without the blanks that inih would take away. */
static void random_value(struct chance *c, char *value, unsigned int length)
{
	static const char bytes[] = "  \t[]=:#\"'%ab\\\xc3\xa9\x01";

	for (unsigned int i = 0; i < length; i++) {
		value[i] = bytes[chance(c, sizeof(bytes) - 1)];
		if (chance(c, 4) && value[i] != ' ')
			value[i] = 'x';
	}
	value[0] = 'f';
	for (unsigned int i = 150; i + 2 < length; i += 151)
		memcpy(value + i - 1, "a b", 3); /* here it can always be parted */
	value[length - 1] = 'l';
	value[length] = '\0';
}

static void test_random_values(void)
{
	char value[LOG_FORMAT_MAX + 1];

	for (unsigned int seed = 1; seed <= 200; seed++) {
		struct chance c = chance_of_seed(seed);

		random_value(&c, value, 2 + chance(&c, seed % 10 ? 1000 : LOG_FORMAT_MAX - 1));
		check_text_format("text_format = ", value, "\n");
		check_text_format("text_format =\n\t", value, "\n");
	}
}

/* n bytes and a blank, then more */
static const char *stretch(unsigned int n)
{
	static char value[512];

	snprintf(value, sizeof(value), "%0*d %0100d", n, 1, 2);
	return value;
}

/* inih takes 199 bytes, here with the key or with a blank in front. */
static void test_parting(void)
{
	char text[1024], value[1024];

	check_text_format("text_format = ", stretch(185), "\n");
	check_text_format("text_format =\n  ", stretch(198), "\n");
	snprintf(value, sizeof(value), "a %s", stretch(198));
	check_text_format("text_format = ", value, "\n");
	snprintf(text, sizeof(text), LOG "text_format = %s\n", stretch(186));
	check_message(text, "2: column 15: no single blank in the next 185 bytes: a value must be "
			    "parted there");
	snprintf(text, sizeof(text), LOG "text_format = a %s\n", stretch(199));
	check_message(text, "2: column 17: no single blank in the next 198 bytes: a value must be "
			    "parted there");
}

static void check_unpartable(const char *separator)
{
	char text[1024];

	snprintf(text, sizeof(text), LOG "text_format = a\n \xc3\xa9 %0198d%s%0199d\n", 1,
		 separator, 2);
	check_message(text, "3: column 4: no single blank in the next 198 bytes: a value must be "
			    "parted there");
}

/* Where joining would not give the same text, or inih would see a comment. */
static void test_no_parting(void)
{
	char text[1024];

	check_unpartable("  ");
	check_unpartable("\t");
	check_unpartable(" #");
	check_unpartable(" \t");
	check_unpartable("");
	snprintf(text, sizeof(text), LOG "log_file = /%0200d\n", 1);
	check_message(text, "2: the line is longer than 199 characters");
	snprintf(text, sizeof(text), LOG "filter%300s a\n", "=");
	check_message(text, "2: the line is longer than 199 characters");
	snprintf(text, sizeof(text), LOG "filter = \n%300s b\n", "a");
	read_good(text);
	CHECK_STRING(settings.log.filter, "a b");
	snprintf(text, sizeof(text), "[tcp_bytes]\nfilter = %0100d %0100d\n", 1, 2);
	check_message(text, "2: unknown key 'filter' in [tcp_bytes]");
}

static void test_continuation(void)
{
	read_good(LOG "text_format = [a]   \n  [access_log]\n\t= b \t\r\n : c\n \"d\" # e\n\n"
		      "# comment\n  # comment\n ; comment\n \v\fkey = f\n   a;b\n"
		      "json_fields = json: a\n  mode: b\n  text_format = c\n\n  :d\n"
		      "filter =\n\n  a ||\n    b\nmode = client\n");
	CHECK_STRING(settings.log.text_format, "[a] [access_log] = b : c \"d\" # e key = f a;b");
	CHECK_STRING(settings.log.json_fields, "json: a\nmode: b\ntext_format = c\n:d");
	CHECK_STRING(settings.log.filter, "a ||\nb");
	CHECK(settings.reporters == REPORT_SOURCE);
	read_good(LOG "json_fields =\r\n  json: a\r\n  b: c\r\n");
	CHECK_STRING(settings.log.json_fields, "json: a\nb: c");
	read_good(LOG "filter = a\n[tcp_bytes]\n[access_log]\nmode = both\n");
	CHECK_STRING(settings.log.filter, "a");
}

/* An indented line continues a long value of its section only. */
static void test_no_continuation(void)
{
	check_message(LOG "mode = both\n  x\n",
		      "3: 'x' is indented: continuation lines are not supported");
	check_message(LOG "filter = a\nmode = both\n  b\n",
		      "4: 'b' is indented: continuation lines are not supported");
	check_message(LOG "filter = a\n[tcp_bytes]\n  b\n",
		      "4: 'b' is indented: continuation lines are not supported");
	check_message(LOG "\vmode = both\n",
		      "2: 'mode = both' is indented: continuation lines are not supported");
	check_message("  [access_log]\n",
		      "1: '[access_log]' is indented: continuation lines are not supported");
}

static void test_repeated(void)
{
	check_message(LOG "filter = a\nfilter = b\n",
		      "3: key 'filter' is repeated in [access_log]");
	check_message(LOG "filter = a\n  filter = b\n  c\nfilter = b\n",
		      "5: key 'filter' is repeated in [access_log]");
	check_message(LOG "text_format = a\nmode = both\n\ntext_format = a\n  b\n",
		      "5: key 'text_format' is repeated in [access_log]");
	check_message(LOG "json_fields =\njson_fields = json: a\n",
		      "3: key 'json_fields' is repeated in [access_log]");
	check_message(LOG "filter =\n[tcp_bytes]\n" LOG "filter =\n",
		      "5: key 'filter' is repeated in [access_log]");
}

#define COMMENT "a ';' behind a blank would begin a comment; comments are lines of their own"

static void test_inline_comments(void)
{
	check_message(LOG "mode = both ; x\n", "2: column 13: " COMMENT);
	check_message("[meshtap]\npin_dir = /p\t; x\n", "2: column 14: " COMMENT);
	check_message(LOG "text_format = ;a\n", "2: column 15: " COMMENT);
	check_message(LOG "text_format = \xc3\xa9\"a;b ; c\"\n", "2: column 21: " COMMENT);
	check_message(LOG "filter = a\n  b;c ;d\n", "3: column 7: " COMMENT);
	check_message(LOG "filter = a\n  b\v;d\n", "3: column 5: " COMMENT);
	check_message(LOG "mode ; = both\n", "2: column 6: " COMMENT);
	read_good(LOG "; x ; y\n" LOG "filter =;a;\n" LOG "text_format=;x\n  a; b\n");
	CHECK_STRING(settings.log.filter, ";a;");
	CHECK_STRING(settings.log.text_format, ";x a; b");
	read_good("[access_log] ; x\n");
}

static void check_size(const char *key, unsigned int max, const char *first)
{
	static char text[20000];
	char message[128];
	int n = snprintf(text, sizeof(text), LOG "%s =\n %s", key, first);
	unsigned int length = strlen(first), lines = 0;

	for (; length + 100 <= max; length += 100, lines++)
		n += snprintf(text + n, sizeof(text) - n, "\n %099d", 1);
	for (; length < max; length++)
		text[n++] = 'x';
	text[n] = '\0';
	read_good(text);
	CHECK(strlen(settings.log.text_format) == max || strlen(settings.log.json_fields) == max ||
	      strlen(settings.log.filter) == max);
	strcpy(text + n, "x");
	snprintf(message, sizeof(message), "%u: %s is longer than %u bytes", 3 + lines, key, max);
	check_message(text, message);
}

static void test_sizes(void)
{
	check_size("text_format", 8192, "a");
	check_size("json_fields", 8192, "json: a");
	check_size("filter", 4096, "a");
}

static void test_bytes(void)
{
	check_message(LOG "filter = a\rb\n", "2: the line contains a carriage return");
	check_message("\xef\xbb\xbf" LOG "filter = BAD\n", "2: filter: column 10: wrong");
}

/* The value "ab\n\xc3\xa9 c", of lines 3 and 7, without a file. */
static void test_find(void)
{
	static const struct text_place should[] = {
		{ 3, 9 }, { 3, 10 }, { 3, 11 }, { 7, 2 }, { 7, 3 },
		{ 7, 3 }, { 7, 4 },  { 7, 5 },	{ 7, 5 },
	};
	char value[8];
	struct settings_text t = { .value = value, .max = 7 };

	CHECK(!settings_text_add_line(&t, "", '\n', (struct text_place){ 2, 5 }));
	CHECK(settings_text_find(&t, 0).line == 2 && settings_text_find(&t, 9).column == 5);
	CHECK(!settings_text_add_line(&t, "ab", '\n', (struct text_place){ 3, 9 }));
	CHECK(!settings_text_add_line(&t, "\xc3\xa9", '\n', (struct text_place){ 7, 2 }));
	CHECK(!settings_text_add_more(&t, "c"));
	CHECK_STRING(value, "ab\n\xc3\xa9 c");
	CHECK(settings_text_add_more(&t, "") == -E2BIG);
	CHECK(settings_text_add_more(&t, "d") == -E2BIG);
	CHECK_STRING(value, "ab\n\xc3\xa9 c");
	for (unsigned int i = 0; i < sizeof(should) / sizeof(should[0]); i++) {
		struct text_place is = settings_text_find(&t, i);

		CHECK(is.line == should[i].line && is.column == should[i].column);
	}
	settings_text_free(&t);
}

int main(void)
{
	begin_calls();
	test_random_values();
	test_parting();
	test_no_parting();
	test_continuation();
	test_no_continuation();
	test_repeated();
	test_inline_comments();
	test_sizes();
	test_bytes();
	test_find();
	end_calls();
	return check_end();
}
