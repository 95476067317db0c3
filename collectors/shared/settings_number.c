// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "settings_number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int settings_number(unsigned int *ret, const char *text, unsigned int min, unsigned int max)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long value;

	if (!digits || digits > 10 || text[digits])
		return -EINVAL;
	value = strtoull(text, NULL, 10);
	if (value < min || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}
