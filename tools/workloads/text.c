/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "text.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

static bool is_of(const char *text, const char *bytes)
{
	size_t length = strlen(text);

	return length && length <= TEXT_MAX && strspn(text, bytes) == length;
}

bool text_is_name(const char *text)
{
	return is_of(text, LETTERS DIGITS "-._:/@|");
}

bool text_is_host(const char *text)
{
	return is_of(text, LETTERS DIGITS "-._") && *text != '.' && *text != '-' &&
	       text[strlen(text) - 1] != '.' && !strstr(text, "..");
}

void text_print_safely(const char *text, FILE *out)
{
	for (size_t i = 0; i < 100 && text[i]; i++)
		fputc(text[i] > ' ' && text[i] <= '~' ? text[i] : '?', out);
}
