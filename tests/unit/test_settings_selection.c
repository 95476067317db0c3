// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which connections are followed: include_ports, exclude_ports, include_units, exclude_units. */
#include "settings_call.h"

#include <string.h>

#include "selection.h"

static struct selection made;

static void read_good(const char *lines)
{
	char arguments[128], text[4096];

	snprintf(text, sizeof(text), "[tcp_bytes]\n%s", lines);
	write_file(ini, text);
	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	CHECK(call(&oneshot, arguments) == -1);
	CHECK_STRING(output, "");
	memset(&made, 0x55, sizeof(made));
	settings_selection_make(&settings.programs.selection, &made);
}

static int has_port(unsigned int port)
{
	return made.ports[port / 64] >> (port & 63) & 1;
}

static unsigned int count_ports(void)
{
	unsigned int count = 0;

	for (unsigned int port = 0; port < 65536; port++)
		count += has_port(port);
	return count;
}

static int is_unit(const struct selection_unit *unit, const char *name)
{
	char padded[WORKLOAD_NAME_MAX] = "";
	const unsigned char *mask = (const unsigned char *)unit->mask;

	memcpy(padded, name, strlen(name));
	for (unsigned int i = 0; i < sizeof(padded); i++)
		if ((padded[i] ^ ((const char *)unit->name)[i]) & mask[i])
			return 0;
	return 1;
}

static void test_defaults(void)
{
	read_good("");
	CHECK(!made.by_port && !made.included_units && !made.excluded_units);
	CHECK(count_ports() == 65535 && !has_port(0));
}

static void test_ports(void)
{
	read_good("include_ports = 80 8000-8999\n  65535\n");
	CHECK(made.by_port && count_ports() == 1002);
	CHECK(has_port(80) && has_port(8000) && has_port(8999) && has_port(65535));
	CHECK(!has_port(79) && !has_port(81) && !has_port(7999) && !has_port(9000));
	read_good("include_ports = 1-100\nexclude_ports = 22 90-65535\n");
	CHECK(made.by_port && count_ports() == 88 && !has_port(22) && has_port(89));
	read_good("exclude_ports = 22\n");
	CHECK(made.by_port && count_ports() == 65534 && !has_port(22));
}

static void test_units(void)
{
	read_good("include_units = nginx.service app@*\nexclude_units = app@2.service\n");
	CHECK(!made.by_port && made.included_units == 2 && made.excluded_units == 1);
	CHECK(is_unit(&made.units[0][0], "nginx.service"));
	CHECK(!is_unit(&made.units[0][0], "nginx.service2"));
	CHECK(!is_unit(&made.units[0][0], "nginx.servic"));
	CHECK(is_unit(&made.units[0][1], "app@1.service") && is_unit(&made.units[0][1], "app@"));
	CHECK(!is_unit(&made.units[0][1], "app.service"));
	CHECK(is_unit(&made.units[1][0], "app@2.service"));
	read_good("exclude_units = *\n");
	CHECK(made.excluded_units == 1 && is_unit(&made.units[1][0], "anything.scope"));
}

static void check_bad(const char *lines, const char *error)
{
	char text[4096];

	snprintf(text, sizeof(text), "[tcp_bytes]\n%s", lines);
	check_bad_ini(text, error);
}

static void test_errors(void)
{
	static const char *const ports[] = { "0",     "65536", "80-",	"-80",	 "90-80",
					     "80,90", "http",  "1-2-3", "000080" };
	char line[256];

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		snprintf(line, sizeof(line), "include_ports = 1 %s\n", ports[i]);
		check_bad(line, ":2: include_ports: column 19: '");
	}
	check_bad("exclude_ports =\n  443\n  x\n", ":4: exclude_ports: column 3: 'x' is no port");
	check_bad("include_units = nginx\n", ":2: include_units: column 17: 'nginx' is no unit");
	check_bad("include_units = a*b.service\n", "is no unit");
	check_bad("exclude_units = system.slice/x.service\n", "is no unit");
	check_bad("exclude_units = .service\n", "is no unit");
	check_bad("include_units = 1* 2* 3* 4* 5* 6* 7* 8* 9* 10* 11* 12* 13* 14* 15* 16* 17*\n",
		  "column 72: more than 16 units");
}

int main(void)
{
	begin_calls();
	test_defaults();
	test_ports();
	test_units();
	test_errors();
	end_calls();
	return check_end();
}
