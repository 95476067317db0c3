// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_call.h"

struct lookup {
	const char *unit, *address; /* "": not known */
	unsigned int port;
	const char *workload; /* NULL: none */
};

static const char *found(const char *unit, const char *address, unsigned int port)
{
	struct endpoint at = { .port = port };
	struct workload_names names;

	if (*address)
		at = endpoint(address, port);
	workloads_find(workloads, *unit ? unit : NULL, at, false, &names);
	return names.workload;
}

static void check_lookups(const struct lookup *lookups, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lookup *l = &lookups[i];
		const char *is = found(l->unit, l->address, l->port);

		if (is ? !l->workload || strcmp(is, l->workload) : l->workload != NULL)
			printf("'%s' %s %u:\n", l->unit, l->address, l->port);
		CHECK_STRING(is ? is : "none", l->workload ? l->workload : "none");
	}
}

#define CHECK_LOOKUPS(lookups) check_lookups(lookups, sizeof(lookups) / sizeof(lookups[0]))

/* Every step of the order, in files that name the less specific first and last. */
static void test_specificity(void)
{
	static const struct lookup lookups[] = {
		{ "", "10.1.2.3", 80, "port80" },
		{ "", "9.9.9.9", 81, NULL },
		{ "", "10.1.2.3", 90, "ten" },
		{ "", "10.2.2.2", 80, "ten2-80" },
		{ "", "10.2.2.2", 90, "ten2" },
		{ "", "10.2.3.4", 80, "ten23" },
		{ "", "fd00::1", 80, "port80" },
		{ "x.service", "", 80, "any-x" },
		{ "x.service", "10.2.3.4", 80, "any-x" },
		{ "xy.service", "", 90, "any-xy" },
		{ "xyz.service", "10.2.3.4", 80, "xyz-10" },
		{ "xyz.service", "10.2.3.4", 90, "xyz-10" },
		{ "xyz.service", "9.9.9.9", 80, "xyz-80" },
		{ "xyz.service", "9.9.9.9", 90, "xyz" },
		{ "Xyz.service", "9.9.9.9", 90, "service" },
		{ "z.scope", "9.9.9.9", 80, "port80" },
		{ "z.scope", "10.2.2.2", 0, "ten2" },
	};

	check_accepted("[workload port80]\nport = 80\n"
		       "[workload ten23]\naddress = 10.2.3.0/24\n"
		       "[workload ten2-80]\naddress = 10.2.0.0/16\nport = 80\n"
		       "[workload ten2]\naddress = 10.2.0.0/16\n"
		       "[workload ten]\naddress = 10.0.0.0/8\nport = 90\n"
		       "[workload any-x]\nunit = x*.service\n"
		       "[workload any-xy]\nunit = xy*.service\n"
		       "[workload xyz-80]\nunit = xyz.service\nport = 80\n"
		       "[workload xyz]\nunit = xyz.service\n"
		       "[workload xyz-10]\nunit = xyz.service\naddress = 10.0.0.0/8\n"
		       "[workload service]\nunit = *.service\n");
	CHECK_LOOKUPS(lookups);
}

/* A better pattern whose address or port does not match gives way to the next. */
static void test_conditions_hold_together(void)
{
	static const struct lookup lookups[] = {
		{ "abc", "10.0.0.1", 80, "exact" },
		{ "abc", "10.0.0.1", 81, "ab" },
		{ "abc", "10.0.0.2", 80, "ab" },
		{ "abc", "10.0.0.2", 82, "a" },
		{ "abc", "", 82, "a" },
		{ "bcd", "10.0.0.1", 80, NULL },
		{ "", "10.0.0.1", 80, NULL },
		{ "", "10.0.0.1", 82, NULL },
		{ "abc", "", 0, "a" },
		{ "ab", "10.0.0.2", 81, "ab" },
	};

	check_accepted("[workload exact]\nunit = abc\naddress = 10.0.0.1\nport = 80\n"
		       "[workload ab]\nunit = ab*\naddress = 10.0.0.0/8\nport = 80 81\n"
		       "[workload a]\nunit = a*\n[workload other]\nport = 82\naddress = ::1\n");
	CHECK_LOOKUPS(lookups);
}

/* Of patterns that say as much, the longer prefix wins, then the port. */
static void test_patterns_of_equal_rank(void)
{
	static const struct lookup lookups[] = {
		{ "a-b", "10.1.0.1", 80, "right" }, { "a-b", "10.1.0.1", 90, "right" },
		{ "a-b", "10.2.0.1", 80, "left" },  { "a-b", "fd00::1", 80, "right80" },
		{ "a-b", "fd00::1", 90, "left6" },  { "a-b", "10.1.1.1", 80, "left24" },
		{ "a-b", "fd01::1", 80, "left80" }, { "a-b", "fd01::1", 90, "right6" },
	};

	check_accepted("[workload left]\nunit = a-*\naddress = 10.0.0.0/8\n"
		       "[workload left24]\nunit = a-*\naddress = 10.1.1.0/24\n"
		       "[workload left6]\nunit = a-*\naddress = fd00::/16\n"
		       "[workload left80]\nunit = a-*\naddress = fd01::/16\nport = 80\n"
		       "[workload right]\nunit = *-b\naddress = 10.1.0.0/16\n"
		       "[workload right80]\nunit = *-b\naddress = fd00::/16\nport = 80\n"
		       "[workload right6]\nunit = *-b\naddress = fd01::/16\n");
	CHECK_LOOKUPS(lookups);
}

/* One trie has the prefixes of all entries: what another configured must not hide a shorter one. */
static void test_prefixes_of_others(void)
{
	static const struct lookup lookups[] = {
		{ "", "10.1.2.3", 0, "ten" },	     { "", "10.1.2.4", 0, "ten" },
		{ "", "10.200.0.1", 0, "ten" },	     { "u", "10.1.2.3", 0, "u" },
		{ "", "::ffff:10.1.2.3", 0, "ten" }, { "", "11.1.2.3", 0, NULL },
		{ "", "fd00:1::1", 0, "six" },	     { "", "fe00::", 0, NULL },
	};

	check_accepted("[workload ten]\naddress = 10.0.0.0/8\n"
		       "[workload six]\naddress = fd00::/8\n"
		       "[workload u]\nunit = u\naddress = 10.1.0.0/16 fd00:1::/32\n"
		       "[service a]\naddress = 10.1.2.3 10.1.2.0/24\n");
	CHECK_LOOKUPS(lookups);
	CHECK_STRING(workloads_service(workloads, endpoint("10.1.2.9", 5))->host, "a");
	CHECK(!workloads_service(workloads, endpoint("10.1.3.9", 5)));
}

static void test_everything(void)
{
	static const struct lookup both[] = {
		{ "", "1.2.3.4", 0, "four" },
		{ "", "::ffff:1.2.3.4", 0, "four" },
		{ "", "::1", 0, "six" },
		{ "", "::fffe:1.2.3.4", 0, "six" },
	};
	static const struct lookup six[] = {
		{ "", "1.2.3.4", 0, NULL },
		{ "", "::1", 0, "six" },
		{ "", "fd00::1", 0, "six" },
	};

	check_accepted("[workload four]\naddress = 0.0.0.0/0\n[workload six]\naddress = ::/0\n");
	CHECK_LOOKUPS(both);
	check_accepted("[workload six]\naddress = ::/0\n");
	CHECK_LOOKUPS(six);
	check_accepted("[workload four]\naddress = ::ffff:0:0/96\n");
	CHECK_STRING(found("", "1.2.3.4", 0), "four");
	CHECK(!found("", "::1", 0));
}

static void test_unknown_ids(void)
{
	struct endpoint at = { .prefix = 12345, .port = 80 };
	struct workload_names names;
	const char *text;

	check_accepted("[workload a]\nport = 80\n[service b]\naddress = ::1\n");
	workloads_find(workloads, "", at, false, &names);
	CHECK_STRING(names.workload, "a");
	CHECK(!workloads_service(workloads, at));
	CHECK(!workloads_host_service(workloads, 12345, &text) && !text);
}

static void test_names(void)
{
	struct workload_names n;

	check_accepted("[local]\nnamespace = vms\ncluster = fleet\n"
		       "[workload a]\nunit = a\napp = app a\nversion = v1\nnamespace = \xc3\xa9\n"
		       "[workload b]\nunit = b\n"
		       "[workload c]\nunit = c\nworkload = w\ncluster = k\nversion = v2\n"
		       "canonical_service = s\ncanonical_revision = r\nprincipal = spiffe://x/y\n");
	workloads_find(workloads, "a", (struct endpoint){ 0 }, false, &n);
	CHECK_STRING(n.workload, "a");
	CHECK_STRING(n.canonical_service, "app a");
	CHECK_STRING(n.canonical_revision, "v1");
	CHECK_STRING(n.namespace, "\xc3\xa9");
	CHECK(!n.cluster && !n.principal);
	workloads_find(workloads, "a", (struct endpoint){ 0 }, true, &n);
	CHECK_STRING(n.namespace, "\xc3\xa9");
	CHECK_STRING(n.cluster, "fleet");
	workloads_find(workloads, "b", (struct endpoint){ 0 }, false, &n);
	CHECK_STRING(n.canonical_service, "b");
	CHECK(!n.app && !n.version && !n.canonical_revision && !n.namespace);
	workloads_find(workloads, "c", (struct endpoint){ 0 }, true, &n);
	CHECK_STRING(n.workload, "w");
	CHECK_STRING(n.canonical_service, "s");
	CHECK_STRING(n.canonical_revision, "r");
	CHECK_STRING(n.principal, "spiffe://x/y");
	CHECK_STRING(n.cluster, "k");
	workloads_find(workloads, "none", (struct endpoint){ 0 }, true, &n);
	CHECK_STRING(n.namespace, "vms");
	CHECK(!n.workload && !n.canonical_service);
	workloads_find(workloads, "none", (struct endpoint){ 0 }, false, &n);
	CHECK(!n.namespace && !n.cluster);
}

static void check_service(const struct service_names *s, const char *host, const char *name,
			  const char *cluster)
{
	CHECK(s != NULL);
	if (!s)
		return;
	CHECK_STRING(s->host, host);
	CHECK_STRING(s->name, name);
	CHECK_STRING(s->upstream_cluster ? s->upstream_cluster : "none", cluster);
}

static void test_services(void)
{
	check_accepted("[service Reviews.Bookinfo]\naddress = 10.96.0.5 10.1.0.0/16\nport = 9080\n"
		       "[service two]\naddress = 10.2.0.0/16\nport = 80 81\nname = second\n"
		       "[service any]\naddress = 10.0.0.0/8\nnamespace = n\n"
		       "[service said]\naddress = fd00::1\nport = 1\nupstream_cluster = c|1\n"
		       "[workload w]\nport = 82\n");
	check_service(workloads_service(workloads, endpoint("10.96.0.5", 9080)), "reviews.bookinfo",
		      "reviews", "outbound|9080||reviews.bookinfo");
	check_service(workloads_service(workloads, endpoint("10.1.2.3", 9080)), "reviews.bookinfo",
		      "reviews", "outbound|9080||reviews.bookinfo");
	check_service(workloads_service(workloads, endpoint("10.1.2.3", 82)), "any", "any", "none");
	check_service(workloads_service(workloads, endpoint("10.2.2.3", 81)), "two", "second",
		      "outbound|81||two");
	check_service(workloads_service(workloads, endpoint("10.2.2.3", 7)), "any", "any", "none");
	check_service(workloads_service(workloads, endpoint("fd00::1", 1)), "said", "said", "c|1");
	CHECK(!workloads_service(workloads, endpoint("fd00::1", 9080)));
	CHECK(!workloads_service(workloads, endpoint("11.0.0.1", 9080)));
	CHECK_STRING(workloads_service(workloads, endpoint("10.9.9.9", 0))->namespace, "n");
}

static const struct service_names *service_of_host(const char *text, const char **ret_configured)
{
	size_t n;
	const struct workloads_host *hosts = workloads_hosts(workloads, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(hosts[i].text, text))
			return workloads_host_service(workloads, hosts[i].id, ret_configured);
	return NULL;
}

static void test_hosts(void)
{
	const char *configured;
	size_t n;

	check_accepted("[service a.b]\naddress = ::1\nport = 80 81\nhosts = A [::1]:80 a:81 x:7\n"
		       "[service c.d]\n");
	workloads_hosts(workloads, &n);
	CHECK(n == 9); /* a.b, a, each with :80 and :81; [::1]:80, x:7; c.d */
	check_service(service_of_host("a.b", &configured), "a.b", "a", "none");
	CHECK_STRING(configured, "a.b");
	check_service(service_of_host("a.b:81", &configured), "a.b", "a", "outbound|81||a.b");
	CHECK_STRING(configured, "a.b");
	check_service(service_of_host("a:80", &configured), "a.b", "a", "outbound|80||a.b");
	CHECK_STRING(configured, "a");
	check_service(service_of_host("[::1]:80", &configured), "a.b", "a", "outbound|80||a.b");
	CHECK_STRING(configured, "[::1]:80");
	check_service(service_of_host("x:7", &configured), "a.b", "a", "none");
	check_service(service_of_host("c.d", &configured), "c.d", "c", "none");
	CHECK(!service_of_host("c.d:80", &configured) && !service_of_host("A", &configured));
}

static void test_tables(void)
{
	size_t n;
	const __u16 *ports;
	const struct workloads_prefix *p;

	check_accepted("[workload a]\nport = 81 80\naddress = 10.0.0.0/8\n"
		       "[service b]\nport = 65535 80\naddress = 10.0.0.0/8 ::1 10.0.0.0/9\n");
	ports = workloads_ports(workloads, &n);
	CHECK(n == 3 && ports[0] == 80 && ports[1] == 81 && ports[2] == 65535);
	p = workloads_prefixes(workloads, &n);
	CHECK(n == 3);
	for (size_t i = 0; i < n; i++)
		CHECK(p[i].id && p[i].id != p[(i + 1) % n].id);
	CHECK(p[0].length == 128 && p[1].length == 104 && p[2].length == 105);
}

static void test_empty(void)
{
	struct workload_names n = { .app = "x" };
	size_t count;

	check_accepted("# nothing\n");
	workloads_find(workloads, "a", (struct endpoint){ 1, 80, 0 }, true, &n);
	CHECK(!n.workload && !n.app && !n.namespace);
	CHECK(!workloads_service(workloads, (struct endpoint){ 0 }));
	workloads_prefixes(workloads, &count);
	CHECK(count == 0);
	workloads_ports(workloads, &count);
	CHECK(count == 0);
	workloads_hosts(workloads, &count);
	CHECK(count == 0);
}

/* A byte order mark, CRLF, a name beyond inih's 50 bytes, a long list in lines and words. */
static void test_reading(void)
{
	static char text[1 << 16];
	char *at = text;

	at += sprintf(at, "\xef\xbb\xbf[service %0180d]\r\naddress : 10.0.0.1\r\n", 1);
	for (int i = 0; i < 250; i++)
		at += sprintf(at, "\t10.1.%d.1 10.2.%d.2/32\r\n", i, i);
	sprintf(at, "# comment\r\n\r\n  # indented\r\n  fd00::/64\r\n[ workload a]\r\n");
	write_file("w.ini", text);
	CHECK(call(true) == EXIT_USAGE); /* a blank before the word is no section of ours */
	CHECK(strstr(output, ":257: unknown section [ workload a]"));
	sprintf(strstr(text, "[ workload"), "[workload \xc3\xa9 b  ]\r\nport=1\r\n");
	check_accepted(text);
	CHECK(workloads_service(workloads, endpoint("10.2.249.2", 0)) != NULL);
	CHECK(workloads_service(workloads, endpoint("fd00::2", 0)) != NULL);
	CHECK(strlen(workloads_service(workloads, endpoint("10.0.0.1", 0))->host) == 180);
	CHECK_STRING(found("", "", 1), "\xc3\xa9 b");
}

/* Drop-ins are read with or without a main file; others in the directory are not. */
static void test_drop_ins(void)
{
	unsigned long long hash;

	unlink(path_of("w.ini"));
	write_file("workloads.d/1.ini", "[workload one]\nport = 1\n");
	write_file("workloads.d/.2.ini", "nonsense");
	write_file("workloads.d/2.ini~", "nonsense");
	write_file("workloads.d/.ini", "nonsense");
	CHECK(call(false) == -1);
	CHECK_STRING(found("", "", 1), "one");
	hash = workloads_hash(workloads);
	CHECK(call(false) == -1 && workloads_hash(workloads) == hash);
	unlink(path_of("workloads.d/1.ini"));
	write_file("workloads.d/3.ini", "[workload one]\nport = 1\n");
	CHECK(call(false) == -1 && workloads_hash(workloads) != hash);
	hash = workloads_hash(workloads);
	check_accepted("# comment\n");
	CHECK(workloads_hash(workloads) != hash);
	unlink(path_of("workloads.d/3.ini"));
	unlink(path_of("workloads.d/.2.ini"));
	unlink(path_of("workloads.d/2.ini~"));
	unlink(path_of("workloads.d/.ini"));
}

/* The delivered example, when un-commented, and as it is. */
static void test_delivered(void)
{
	FILE *in = fopen("conf/workloads.ini", "re"); /* tests run in the top directory */
	static char text[16384];
	FILE *out = fmemopen(text, sizeof(text), "w");
	char line[512];

	CHECK(call_path("conf/workloads.ini", true) == -1);
	CHECK(in && out);
	while (in && fgets(line, sizeof(line), in))
		fputs(line + (*line == '#' && line[1] != ' ' && line[1] != '\n'), out);
	if (in)
		fclose(in);
	fclose(out);
	check_accepted(text);
	CHECK_STRING(found("reviews-v1.service", "", 0), "reviews");
}

int main(void)
{
	begin_calls();
	test_specificity();
	test_conditions_hold_together();
	test_patterns_of_equal_rank();
	test_prefixes_of_others();
	test_everything();
	test_unknown_ids();
	test_names();
	test_services();
	test_hosts();
	test_tables();
	test_empty();
	test_reading();
	test_drop_ins();
	test_delivered();
	end_calls();
	return check_end();
}
