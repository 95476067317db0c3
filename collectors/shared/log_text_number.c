// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_text_number.h"

#include <string.h>

static unsigned int decimal_length(__u64 n)
{
	unsigned int length = 1;

	for (; n >= 10000; n /= 10000)
		length += 4;
	return length + (n >= 10) + (n >= 100) + (n >= 1000);
}

char *put_decimal(char *to, __u64 n)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char *end = to + decimal_length(n), *p = end;

	for (; n >= 10; n /= 100) {
		p -= 2;
		memcpy(p, pairs + n % 100 * 2, 2);
	}
	if (p > to)
		*to = '0' + n;
	return end;
}

char *put_hex(char *to, __u64 n)
{
	unsigned int length = 1;

	while (length < 16 && n >> 4 * length)
		length++;
	for (char *p = to + length; p > to; n >>= 4)
		*--p = "0123456789abcdef"[n & 15];
	return to + length;
}
