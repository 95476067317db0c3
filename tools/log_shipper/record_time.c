/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_time.h"

#include <time.h>

#define SECOND 1000000000ull

/* Takes so many digits off t; -1: they are none. */
static int take_number(struct head_text *t, unsigned int digits)
{
	int n = 0;

	if (t->length < digits)
		return -1;
	for (unsigned int i = 0; i < digits; i++) {
		if (t->data[i] < '0' || t->data[i] > '9')
			return -1;
		n = n * 10 + t->data[i] - '0';
	}
	t->data += digits;
	t->length -= digits;
	return n;
}

static bool take_byte(struct head_text *t, char c)
{
	if (!t->length || *t->data != c)
		return false;
	t->data++;
	t->length--;
	return true;
}

/* "-11": a number behind a byte, within its range */
static bool take(struct head_text *t, char before, int least, int most, int *ret)
{
	if (!take_byte(t, before))
		return false;
	*ret = take_number(t, 2);
	return *ret >= least && *ret <= most;
}

/* -1: there are none, or too many */
static long long take_fraction(struct head_text *t)
{
	long long ns = 0, unit = SECOND;

	if (!take_byte(t, '.'))
		return 0;
	while (t->length && *t->data >= '0' && *t->data <= '9') {
		unit /= 10;
		ns += (*t->data - '0') * unit;
		if (!unit)
			return -1;
		t->data++;
		t->length--;
	}
	return unit == SECOND ? -1 : ns;
}

uint64_t record_time(struct head_text t)
{
	struct tm tm = { .tm_year = take_number(&t, 4) - 1900 };
	long long fraction;

	if (tm.tm_year < 70 || !take(&t, '-', 1, 12, &tm.tm_mon) ||
	    !take(&t, '-', 1, 31, &tm.tm_mday) || !take(&t, 'T', 0, 23, &tm.tm_hour) ||
	    !take(&t, ':', 0, 59, &tm.tm_min) || !take(&t, ':', 0, 60, &tm.tm_sec))
		return 0;
	fraction = take_fraction(&t);
	if (fraction < 0 || !take_byte(&t, 'Z') || t.length)
		return 0;
	tm.tm_mon--;
	if (tm.tm_year > 2500 - 1900) /* nanoseconds would not fit */
		return 0;
	return timegm(&tm) * SECOND + fraction;
}
