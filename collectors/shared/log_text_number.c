// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_text_number.h"

#include <string.h>

static char *put_digits(char *to, __u64 n, unsigned int base)
{
	char digits[DECIMAL_MAX], *p = digits + sizeof(digits);
	size_t length;

	do
		*--p = "0123456789abcdef"[n % base];
	while (n /= base);
	length = digits + sizeof(digits) - p;
	memcpy(to, p, length);
	return to + length;
}

char *put_decimal(char *to, __u64 n)
{
	return put_digits(to, n, 10);
}

char *put_hex(char *to, __u64 n)
{
	return put_digits(to, n, 16);
}
