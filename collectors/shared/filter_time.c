// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_time.h"

#include <errno.h>
#include <string.h>

#define SECOND 1000000000ll

static bool is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

/* Its length in ns, or 0 when it is none. */
static __s64 take_unit(const char **at, const char *end)
{
	static const struct {
		char name[3];
		__s64 ns;
	} units[] = {
		{ "ns", 1 },	      { "us", 1000 },  { "ms", 1000000 }, { "h", 3600 * SECOND },
		{ "m", 60 * SECOND }, { "s", SECOND },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t length = strlen(units[i].name);

		if ((size_t)(end - *at) < length || memcmp(*at, units[i].name, length))
			continue;
		*at += length;
		return units[i].ns;
	}
	return 0;
}

/* Adds number and unit to *sum. */
static int take_part(__s64 *sum, const char **at, const char *end)
{
	const char *p = *at, *fraction = p, *fraction_end;
	__s64 whole = 0, unit;

	for (; is_digit(p, end); p++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *p - '0', &whole))
			return -EINVAL;
	if (p == *at)
		return -EINVAL;
	fraction = fraction_end = p;
	if (p < end && *p == '.') {
		for (fraction = ++p; is_digit(p, end); p++)
			;
		fraction_end = p;
		if (fraction == fraction_end)
			return -EINVAL;
	}
	unit = take_unit(&p, end);
	if (!unit || __builtin_mul_overflow(whole, unit, &whole))
		return -EINVAL;
	for (; fraction < fraction_end; fraction++) {
		unit /= 10;
		if (__builtin_add_overflow(whole, (*fraction - '0') * unit, &whole))
			return -EINVAL;
	}
	*at = p;
	return __builtin_add_overflow(*sum, whole, sum) ? -EINVAL : 0;
}

int filter_duration(__s64 *ret, struct head_text text)
{
	const char *p = text.data, *end = p + text.length;
	bool is_negative = p < end && *p == '-';
	__s64 sum = 0;

	p += is_negative;
	if (end - p == 1 && *p == '0') {
		*ret = 0;
		return 0;
	}
	do
		if (take_part(&sum, &p, end))
			return -EINVAL;
	while (p < end);
	*ret = is_negative ? -sum : sum;
	return 0;
}

/* So many digits, then the character, when it is one. -1: it is something else. */
static int take_digits(const char **at, const char *end, int count, char then)
{
	int ret = 0;

	for (; count; count--, (*at)++) {
		if (!is_digit(*at, end))
			return -1;
		ret = ret * 10 + **at - '0';
	}
	if (!then)
		return ret;
	if (*at == end || **at != then)
		return -1;
	(*at)++;
	return ret;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days since 1970 of a date of the Gregorian calendar, or -EINVAL. */
static int take_date(__s64 *days, const char **at, const char *end)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
	int year = take_digits(at, end, 4, '-');
	int month = year < 1 ? -1 : take_digits(at, end, 2, '-');
	int day = month < 1 || month > 12 ? -1 : take_digits(at, end, 2, 'T');
	int past = year - 1;

	if (day < 1 || day > before[month] - before[month - 1] + (month == 2 && is_leap(year)))
		return -EINVAL;
	*days = 365ll * past + past / 4 - past / 100 + past / 400 - 719162 + before[month - 1] +
		(month > 2 && is_leap(year)) + day - 1;
	return 0;
}

static int take_fraction(const char **at, const char *end)
{
	int ret = 0, unit = SECOND;

	if (*at == end || **at != '.')
		return 0;
	if (!is_digit(++*at, end))
		return -1;
	for (; is_digit(*at, end); (*at)++)
		ret += (**at - '0') * (unit /= 10);
	return ret;
}

/* Seconds east of UTC. */
static int take_zone(int *ret, const char **at, const char *end)
{
	int hours, minutes, sign;

	*ret = 0;
	if (*at == end)
		return -EINVAL;
	sign = *(*at)++;
	if (sign == 'Z')
		return 0;
	hours = take_digits(at, end, 2, ':');
	minutes = hours < 0 ? -1 : take_digits(at, end, 2, 0);
	if ((sign != '+' && sign != '-') || hours > 23 || minutes < 0 || minutes > 59)
		return -EINVAL;
	*ret = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
	return 0;
}

int filter_timestamp(__s64 *ret, struct head_text text)
{
	const char *p = text.data, *end = p + text.length;
	int hour, minute, second, fraction, zone;
	__s64 days, ns;

	if (take_date(&days, &p, end))
		return -EINVAL;
	hour = take_digits(&p, end, 2, ':');
	minute = hour < 0 ? -1 : take_digits(&p, end, 2, ':');
	second = minute < 0 ? -1 : take_digits(&p, end, 2, 0);
	fraction = second < 0 ? -1 : take_fraction(&p, end);
	if (hour > 23 || minute > 59 || second > 59 || fraction < 0)
		return -EINVAL;
	if (take_zone(&zone, &p, end) || p != end)
		return -EINVAL;
	ns = days * 86400 + hour * 3600 + minute * 60 + second - zone;
	if (__builtin_mul_overflow(ns, SECOND, &ns) || __builtin_add_overflow(ns, fraction, &ns))
		return -EINVAL;
	*ret = ns;
	return 0;
}
