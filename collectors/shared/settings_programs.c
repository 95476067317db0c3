// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "settings_programs.h"

#include <string.h>

void settings_programs(const struct settings *s, struct programs_settings *ret)
{
	memset(ret, 0, sizeof(*ret)); /* what lies between fields, too */
	ret->max_connections = s->max_connections;
	ret->max_series = s->max_series;
	ret->selection = s->selection;
}
