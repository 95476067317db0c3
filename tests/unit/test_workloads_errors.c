// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_call.h"

#define LABEL_IS   "expected 1 to 253 bytes of UTF-8 without control characters"
#define UNIT_IS	   "expected names of units, up to 255 bytes, in which * and ? are wildcards"
#define ADDRESS_IS "expected addresses, or networks without bits behind their length"
#define HOSTS_ARE  "expected values of the Host header, without wildcards"

static void test_lines(void)
{
	char line[512];

	check_refused("unit = x\n", "w.ini:1: key 'unit' stands before the first section");
	check_refused("[workload a]\nunit\n", "w.ini:2: 'unit' is not 'key = value'");
	check_refused("[workload a]\nport = 1 ;x\n",
		      "w.ini:2: column 10: a ';' behind a blank would begin a comment; comments "
		      "are lines of their own");
	check_refused("[workload a]\napp = x\n  y\n",
		      "w.ini:3: 'y' is indented: continuation lines are not supported");
	check_refused("[workload a]\nport = 1\n[workload b]\n  2\n",
		      "w.ini:4: '2' is indented: continuation lines are not supported");
	check_refused("  port = 1\n",
		      "w.ini:1: 'port = 1' is indented: continuation lines are not supported");
	check_refused("[workload a\n", "w.ini:1: '[workload a' is not a section: [name] is "
				       "expected");
	check_refused("[workload a] b\n", "w.ini:1: '[workload a] b' is not a section: [name] is "
					  "expected");
	snprintf(line, sizeof(line), "[workload a]\nport = %0193d\n", 1);
	check_refused(line, "w.ini:2: the line is longer than 199 characters");
	snprintf(line, sizeof(line), "[workload a]\nport =\n %0199d\n", 1);
	check_refused(line, "w.ini:3: the line is longer than 199 characters");
	check_refused("[workload a]\nport = 1\rx\n",
		      "w.ini:2: the line contains a carriage return");
}

static void test_sections(void)
{
	check_refused("[meshtap]\n", "w.ini:1: unknown section [meshtap]");
	check_refused("[local x]\n", "w.ini:1: unknown section [local x]");
	check_refused("[workloads a]\n", "w.ini:1: unknown section [workloads a]");
	check_refused("[]\n", "w.ini:1: unknown section []");
	check_refused("[workload]\n",
		      "w.ini:1: [workload ]: expected a name of 1 to 253 bytes of UTF-8");
	check_refused("[workload \xff]\n",
		      "w.ini:1: [workload \xff]: expected a name of 1 to 253 bytes of UTF-8");
	check_refused("[workload a ;b]\n",
		      "w.ini:1: column 13: a ';' behind a blank would begin a comment; comments "
		      "are lines of their own");
	check_refused("[service *.b]\n",
		      "w.ini:1: [service *.b]: expected a host without port or wildcard");
	check_refused("[service a:80]\n",
		      "w.ini:1: [service a:80]: expected a host without port or wildcard");
	check_refused("[service]\n",
		      "w.ini:1: [service ]: expected a host without port or wildcard");
	check_refused("[local]\n\n[local]\n",
		      "w.ini:3: [local] is repeated: it is at $/w.ini:1 too");
	check_refused("[workload a]\nport = 1\n[workload  a ]\n",
		      "w.ini:3: [workload a] is repeated: it is at $/w.ini:1 too");
	check_refused("[service a]\n[service A]\n",
		      "w.ini:2: [service a] is repeated: it is at $/w.ini:1 too");
	check_refused("#\n[workload a]\napp = b\n",
		      "w.ini:2: [workload a]: at least one of unit, address and port is expected");
	check_refused("[service a]\nport = 1\n",
		      "w.ini:1: [service a]: port is given without address");
	check_refused("[workload a]\nport = 1\naddress =\n",
		      "w.ini:1: [workload a]: address is empty: " ADDRESS_IS);
}

static void test_keys(void)
{
	check_refused("[local]\napp = x\n", "w.ini:2: unknown key 'app' in [local]");
	check_refused("[workload a]\nname = x\n", "w.ini:2: unknown key 'name' in [workload a]");
	check_refused("[service a]\nunit = x\n", "w.ini:2: unknown key 'unit' in [service a]");
	check_refused("[workload a]\nApp = x\n", "w.ini:2: unknown key 'App' in [workload a]");
	check_refused("[workload a]\napp = x\n\napp = x\n",
		      "w.ini:4: key 'app' is repeated in [workload a]");
	check_refused("[workload a]\nport = 1\nport = 2\n",
		      "w.ini:3: key 'port' is repeated in [workload a]");
	check_refused("[local]\ncluster = x\ncluster = x\n",
		      "w.ini:3: key 'cluster' is repeated in [local]");
}

static void test_texts(void)
{
	check_refused("[workload a]\napp =\n", "w.ini:2: app = '': " LABEL_IS);
	check_refused("[workload a]\nworkload = a\tb\n", "w.ini:2: workload = 'a\tb': " LABEL_IS);
	check_refused("[workload a]\nversion = \x7f\n", "w.ini:2: version = '\x7f': " LABEL_IS);
	check_refused("[workload a]\nprincipal = \xc0\x80\n",
		      "w.ini:2: principal = '\xc0\x80': " LABEL_IS);
	check_refused("[service a]\nname = \xed\xa0\x80\n",
		      "w.ini:2: name = '\xed\xa0\x80': " LABEL_IS);
}

static void test_list_values(void)
{
	static const char *const addresses[] = { "10.1.2.3/24", "10.1.2.0/33", "fd00::1/64",
						 "::/129",	"10.1.2/24",   "010.1.2.3",
						 "1.2.3.4/",	"fe80::1%lo",  "::ffff:0:0/90" };
	static const char *const hosts[] = { "*.a", "a:0", "a:",  "a:65536", "a/b",	"[::1",
					     ".a",  "a,b", ":80", "[]",	     "\xc3\xa9" };
	static const char *const units[] = { "[ab].service", "a\x7f" };
	char text[256], message[256];

	for (unsigned int i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(text, sizeof(text), "[workload a]\naddress = ::1 %s\n", addresses[i]);
		snprintf(message, sizeof(message), "w.ini:2: address: '%s': " ADDRESS_IS,
			 addresses[i]);
		check_refused(text, message);
	}
	for (unsigned int i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		snprintf(text, sizeof(text), "[service x]\nhosts =\n  ok\n  %s\n", hosts[i]);
		snprintf(message, sizeof(message), "w.ini:4: hosts: '%s': " HOSTS_ARE, hosts[i]);
		check_refused(text, message);
	}
	for (unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		snprintf(text, sizeof(text), "[workload a]\nunit = %s\n", units[i]);
		snprintf(message, sizeof(message), "w.ini:2: unit: '%s': " UNIT_IS, units[i]);
		check_refused(text, message);
	}
	check_refused("[workload a]\nport = 0\n", "w.ini:2: port: '0': expected ports, 1 to 65535");
	check_refused("[workload a]\nport = 80,81\n",
		      "w.ini:2: port: '80,81': expected ports, 1 to 65535");
	check_refused("[workload a]\nport = 65536\n",
		      "w.ini:2: port: '65536': expected ports, 1 to 65535");
}

static void test_repeated_values(void)
{
	check_refused("[workload a]\nport = 80 81\n  080\n",
		      "w.ini:3: port: '080' is repeated in [workload a]");
	check_refused("[workload a]\naddress = 10.0.0.1 ::ffff:10.0.0.1/128\n",
		      "w.ini:2: address: '::ffff:10.0.0.1/128' is repeated in [workload a]");
	check_refused("[workload a]\nunit = a* b a*\n",
		      "w.ini:2: unit: 'a*' is repeated in [workload a]");
	check_refused("[service a]\nhosts = b:80 B:80\n",
		      "w.ini:2: hosts: 'B:80' is repeated in [service a]");
	check_accepted("[workload a]\nport = 80\nunit = 80\n[workload b]\nport = 80\n");
}

#define CONTRADICTION(b, a, line)                                                                  \
	b " is as specific as " a " at $/w.ini:" line " and can match the same"

static void test_contradictions(void)
{
	check_refused("[workload a]\naddress = 10.0.0.0/8 fd00::/8\n"
		      "[workload b]\naddress = 11.0.0.0/8\n  ::ffff:10.0.0.0/104\n",
		      "w.ini:3: " CONTRADICTION("[workload b]", "[workload a]",
						"1") ", address = 10.0.0.0/8");
	check_refused("[workload a]\nport = 80 81\n[workload b]\nport = 81\n",
		      "w.ini:3: " CONTRADICTION("[workload b]", "[workload a]", "1") ", port = 81");
	check_refused("[workload a]\nunit = x\naddress = fd00::/8\nport = 80 81\n"
		      "[workload b]\nunit = y x\naddress = fd00::/8\nport = 81\n",
		      "w.ini:5: " CONTRADICTION("[workload b]", "[workload a]",
						"1") ", unit = x, address = fd00::/8, port = 81");
	check_refused("[workload a]\nunit = x-*.service\n[workload b]\nunit = *x-.service\n",
		      "w.ini:3: " CONTRADICTION("[workload b]", "[workload a]",
						"1") ", unit = *x-.service and x-*.service");
	check_refused("[workload a]\nunit = ?x\n[workload b]\nunit = x?\n",
		      "w.ini:3: " CONTRADICTION("[workload b]", "[workload a]",
						"1") ", unit = x? and ?x");
	check_refused("[service a]\naddress = 10.0.0.1\n[service b]\naddress = 10.0.0.1/32\n",
		      "w.ini:3: " CONTRADICTION("[service b]", "[service a]",
						"1") ", address = 10.0.0.1/32");
	check_refused("[service a]\nhosts = c\n[service b]\nhosts = d C\n",
		      "w.ini:3: [service b]: host 'c' is one of [service a] at $/w.ini:1 too");
	check_refused("[service a]\naddress = ::1\nport = 80\n[service b]\nhosts = a:80\n",
		      "w.ini:4: [service b]: host 'a:80' is one of [service a] at $/w.ini:1 too");
}

/* What differs in rank, or can not match the same, is no contradiction. */
static void test_no_contradictions(void)
{
	check_accepted("[workload a]\naddress = 10.0.0.0/8\n[workload b]\naddress = 10.0.0.0/9\n"
		       "[workload c]\naddress = 10.0.0.0/8\nport = 80\n"
		       "[workload d]\nunit = x\naddress = 10.0.0.0/8\n"
		       "[service a]\naddress = 10.0.0.0/8\n");
	check_accepted("[workload a]\nunit = x*\n[workload b]\nunit = y*\n"
		       "[workload c]\nunit = *x2\n[workload d]\nunit = *x3\n"
		       "[workload e]\nunit = ??x4\naddress = ::1\n"
		       "[workload f]\nunit = x4*\naddress = ::2\n"
		       "[workload g]\nunit = x4*\nport = 80\n"
		       "[workload h]\nunit = ??x4\nport = 81\n");
	check_accepted("[workload a]\nunit = x* *x\n");
}

static void test_combinations(void)
{
	char text[1 << 15], *at = text;

	at += sprintf(at, "[workload a]\naddress =");
	for (int i = 0; i < 257; i++)
		at += sprintf(at, "\n 10.0.%d.%d", i / 256, i % 256);
	at += sprintf(at, "\nport =");
	for (int i = 0; i < 255; i++)
		at += sprintf(at, "\n %d", i + 1);
	check_accepted(text);
	sprintf(at, " 256");
	check_refused(text, "w.ini:1: [workload a]: more than 65536 combinations of unit, address, "
			    "port or hosts");
}

static void test_many_patterns(void)
{
	char text[1 << 15], *at = text;

	at += sprintf(at, "[workload a]\nunit =");
	for (int i = 0; i < 1024; i++)
		at += sprintf(at, "\n *%d", i);
	check_accepted(text);
	sprintf(at, "\n ?x");
	check_refused(text, "w.ini:1: [workload a]: unit: more than 1024 patterns have the same "
			    "bytes before the wildcard as '?x'");
}

static void test_drop_ins(void)
{
	write_file("workloads.d/a.ini", "#\n[workload a]\nport = 80\n");
	check_refused("[workload b]\nport = 80\n",
		      "workloads.d/a.ini:2: [workload a] is as specific as [workload b] at "
		      "$/w.ini:1 and can match the same, port = 80");
	write_file("workloads.d/B.ini", "[workload a]\nport = 81\n");
	check_refused("", "workloads.d/a.ini:2: [workload a] is repeated: it is at "
			  "$/workloads.d/B.ini:1 too");
	write_file("workloads.d/B.ini", "[local]\n[local]\n");
	write_file("workloads.d/a.ini", "[local]\n[local]\n");
	check_refused("", "workloads.d/B.ini:2: [local] is repeated: it is at "
			  "$/workloads.d/B.ini:1 too");
	unlink(path_of("workloads.d/B.ini"));
	unlink(path_of("workloads.d/a.ini"));
}

static void test_files(void)
{
	char should[256];

	unlink(path_of("w.ini"));
	CHECK(call(false) == -1);
	CHECK_STRING(output, "");
	CHECK(call(true) == EXIT_USAGE);
	snprintf(should, sizeof(should),
		 "meshtap-x: cannot open %s/w.ini: No such file or directory\n", dir);
	CHECK_STRING(output, should);
	CHECK(symlink("nowhere", path_of("workloads.d/a.ini")) == 0);
	CHECK(call(false) == EXIT_USAGE);
	CHECK(strstr(output, "workloads.d/a.ini: No such file"));
	unlink(path_of("workloads.d/a.ini"));
	CHECK(rmdir(path_of("workloads.d")) == 0);
	CHECK(call(false) == -1);
	write_file("workloads.d", "");
	CHECK(call(false) == EXIT_USAGE);
	CHECK(strstr(output, "/workloads.d: Not a directory"));
	unlink(path_of("workloads.d"));
	CHECK(mkdir(path_of("workloads.d"), 0700) == 0);
}

int main(void)
{
	begin_calls();
	test_lines();
	test_sections();
	test_keys();
	test_texts();
	test_list_values();
	test_repeated_values();
	test_contradictions();
	test_no_contradictions();
	test_combinations();
	test_many_patterns();
	test_drop_ins();
	test_files();
	end_calls();
	return check_end();
}
