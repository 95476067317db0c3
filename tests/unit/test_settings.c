/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_call.h"
#include "settings_file.h"

static void test_defaults(void)
{
	CHECK(call(&oneshot, "") == -1);
	CHECK_STRING(output, "");
	CHECK_STRING(settings.config, "/etc/meshtap/meshtap.ini");
	CHECK_STRING(settings.pin_dir, "/sys/fs/bpf/meshtap");
	CHECK(settings.interval == 15 && settings.reporters == 3 && settings.ring_bytes == 4194304);
	CHECK(settings.programs.max_connections == 65536 && settings.programs.max_series == 4096);
	CHECK(settings.buckets == 19 && settings.bucket_bounds[18] == 3600000);
	CHECK(settings.log.format == LOG_FORMAT_TEXT && settings.log.sampling == 1000000);
	CHECK(settings.log.tcp_interval == 0 && settings.log.max_field_bytes == 8192);
	CHECK(settings.log.max_heads == 16384);
	CHECK_STRING(settings.log.filter, "");
	CHECK(!settings.to_stdout && !settings.unload && !settings.verbose);
}

static void test_options(void)
{
	CHECK(call(&service, "--stdout -v --unload --interval 86400 --log-file=l --pin-dir p") ==
	      -1);
	CHECK(settings.to_stdout && settings.verbose && settings.unload);
	CHECK(settings.interval == 86400);
	CHECK_STRING(settings.log_file, "l");
	CHECK(call(&oneshot, "--version") == EXIT_OK);
	CHECK_STRING(output, "meshtap-tcp-bytes " MESHTAP_VERSION "\n");
	CHECK(call(&oneshot, "-h") == EXIT_OK);
	CHECK(strstr(output, "--unload") && !strstr(output, "--interval"));
	check_error(&oneshot, "--interval 5", "'--interval' is unknown");
	check_error(&service, "--interval 0", "--interval: '0'");
	check_error(&service, "--interval 86401", "86401");
	check_error(&service, "--interval 5s", "'5s'");
	check_error(&service, "--interval", "'--interval' needs an argument");
	check_error(&service, "--stdout=x", "'--stdout=x' takes no argument");
	check_error(&service, "-vx", "'-x' is unknown");
	check_error(&service, "-v -c", "'-c' needs an argument");
	check_error(&service, "--pin-dir=", "empty");
	check_error(&service, "-v junk --stdout", "unexpected argument 'junk'");
	check_error(&service, "-c /absent.ini", "/absent.ini");
	check_error(&service, "--workloads /absent.ini", "/absent.ini");
}

static void test_file(void)
{
	char arguments[128];

	write_file(ini, "; comment\n  # indented comment\n[meshtap]\npin_dir = /p\r\n"
			"textfile_dir=/t\n[tcp_bytes]\nreporter = source\nmax_series = 9\n"
			"[access_log]\nring_bytes = 64K\ninterval = 3\nreporter = destination\n"
			"[http_requests]\nbuckets = 0.5 2 30\nring_bytes = 1M\n");
	snprintf(arguments, sizeof(arguments), "--pin-dir /q -c %s", ini);
	CHECK(call(&oneshot, arguments) == -1);
	CHECK_STRING(output, "");
	CHECK_STRING(settings.pin_dir, "/q"); /* though it stands before -c */
	CHECK_STRING(settings.textfile_dir, "/t");
	CHECK(settings.reporters == REPORT_SOURCE && settings.programs.max_series == 9);
	CHECK(settings.interval == 15 && settings.buckets == 19); /* of other sections */
	CHECK(call(&service, arguments) == -1);
	CHECK(settings.reporters == REPORT_DESTINATION && settings.ring_bytes == 65536);
	CHECK(settings.interval == 3 && settings.programs.max_series == 4096);
	snprintf(arguments, sizeof(arguments), "--check-config -c %s", ini);
	CHECK(call(&service, arguments) == EXIT_OK);
}

static void test_buckets(void)
{
	static const struct collector http = {
		"meshtap-http-requests", "http_requests", "", true, false, false
	};
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	CHECK(call(&http, arguments) == -1);
	CHECK(settings.buckets == 3 && settings.bucket_bounds[0] == 0.5);
	CHECK(settings.ring_bytes == 1048576);
	CHECK(settings.bucket_bounds[2] == 30);
	check_bad_ini("[http_requests]\nbuckets = 2 1\n", ":2: buckets");
	check_bad_ini("[http_requests]\nbuckets = 0 1\n", ":2: buckets");
	check_bad_ini("[http_requests]\nbuckets = 1 inf\n", ":2: buckets");
	check_bad_ini("[http_requests]\nbuckets = 1 2x\n", ":2: buckets");
	check_bad_ini("[http_requests]\nbuckets = 1e3\n", ":2: buckets");
	check_bad_ini("[http_requests]\nbuckets =\n", ":2: buckets");
	check_bad_ini(
		"[http_requests]\nbuckets = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n",
		":2: buckets");
}

static void test_strictness(void)
{
	char line[512];

	check_bad_ini("pin_dir = /p\n", ":1: key 'pin_dir'");
	check_bad_ini("[meshtap]\n[nonsense]\n", ":2: unknown section [nonsense]");
	check_bad_ini("[meshtap]\npin = /p\n", ":2: unknown key 'pin'");
	check_bad_ini("[access_log]\nbuckets = 1\n", ":2: unknown key 'buckets'");
	check_bad_ini("[tcp_bytes]\nmax_series = 1\n\nmax_series = 1\n", ":4: key 'max_series'");
	check_bad_ini("[tcp_bytes]\nmax_series = 0\nmax_series = 0\n", ":2: max_series = '0'");
	check_bad_ini("[tcp_bytes]\nmax_series = -1\n", ":2: max_series");
	check_bad_ini("[tcp_bytes]\nmax_series = 4294967297\n", ":2: max_series");
	check_bad_ini("[tcp_bytes]\nmax_series = 1 # x\n", ":2: max_series");
	check_bad_ini("[tcp_bytes]\nreporter = none\n", ":2: reporter");
	check_bad_ini("[tcp_bytes]\nreporter = both\n  source\n", ":3: 'source' is indented");
	check_bad_ini("[tcp_bytes]\nreporter\n[x]\n", ":2: 'reporter' is not");
	check_bad_ini("[tcp_bytes]\nreporter ; = both\n", ":2: column 10: a ';' behind a blank");
	check_bad_ini("[tcp_bytes\n", ":1: '[tcp_bytes'");
	check_bad_ini("[tcp_bytes] x\n", ":1: '[tcp_bytes] x'");
	check_bad_ini("[meshtap]\npin_dir = p\n", ":2: pin_dir = 'p'");
	check_bad_ini("[access_log]\nring_bytes = 65537\n", ":2: ring_bytes");
	check_bad_ini("[http_requests]\nring_bytes = 65537\n", ":2: ring_bytes");
	check_bad_ini("[tcp_bytes]\nring_bytes = 64K\n", ":2: unknown key 'ring_bytes'");
	check_bad_ini("[access_log]\nring_bytes = 32K\n", ":2: ring_bytes");
	check_bad_ini("[access_log]\nring_bytes = 4MB\n", ":2: ring_bytes");
	snprintf(line, sizeof(line), "[meshtap]\n#%0198d\n#%0199d\n", 1, 1);
	check_bad_ini(line, ":3: the line is longer than 199");
	check_error(&service, "-c /proc", "/proc");
}

/* Un-comments what can be: "#key = …" and, behind a tab, the lines of its value. */
static void uncomment(char *ret, size_t size, const char *path)
{
	FILE *in = fopen(path, "re"), *out = fmemopen(ret, size, "w");
	char line[512];

	CHECK(in && out);
	while (in && fgets(line, sizeof(line), in))
		fputs(line + (*line == '#' && line[1] != ' ' && line[1] != '\n'), out);
	if (in)
		fclose(in);
	fclose(out);
}

static bool shows(const char *text, const char *section, const char *name)
{
	char header[64], line[64];
	const char *begin, *end, *at;

	snprintf(header, sizeof(header), "\n[%s]\n", section);
	snprintf(line, sizeof(line), "\n%s =", name);
	begin = strstr(text, header);
	if (!begin)
		return false;
	end = strstr(begin + 1, "\n[");
	at = strstr(begin, line);
	return at && (!end || at < end);
}

/* The delivered file shows every key, and what it shows are the defaults. */
static void test_delivered(void)
{
	static const char *const sections[] = { "tcp_connections", "tcp_bytes", "http_requests",
						"access_log", "log_shipper" };
	static char text[16384];
	static struct settings defaults;
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	uncomment(text, sizeof(text), "conf/meshtap.ini"); /* tests run in the top directory */
	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (strcmp(settings_keys[i].section, "access_log") ||
		    strcmp(settings_keys[i].name, "reporter")) /* says the same as mode */
			CHECK(shows(text, settings_keys[i].section, settings_keys[i].name));
	for (unsigned int i = 0; i < 5; i++) {
		struct collector c = { "meshtap-x", sections[i], "", true, true, i == 4 };

		write_file(ini, "");
		CHECK(call(&c, arguments) == -1);
		defaults = settings;
		write_file(ini, text);
		CHECK(call(&c, arguments) == -1);
		CHECK_STRING(output, "");
		CHECK_STRING(settings.log.text_format, defaults.log.text_format);
		CHECK_STRING(settings.log.json_fields, defaults.log.json_fields);
		CHECK(!memcmp(&settings, &defaults, sizeof(settings)));
	}
}

static void test_workloads(void)
{
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "--workloads %s", workloads);
	write_file(workloads, "# comment\n\n; comment\n");
	CHECK(call(&oneshot, arguments) == -1);
	write_file(workloads, "# comment\n[workload x]\nkey = 1\n");
	check_error(&oneshot, arguments, ":3: unknown key 'key' in [workload x]");
	write_file(workloads, "[workload x]\nport = 1\n");
	CHECK(call(&oneshot, arguments) == -1);
	CHECK_STRING(output, "");
	check_bad_ini("[meshtap]\nworkloads = /absent/w.ini\n", "/absent/w.ini");
}

int main(void)
{
	begin_calls();
	if (access("/etc/meshtap", F_OK))
		test_defaults();
	else
		SKIP("/etc/meshtap exists: no built-in defaults");
	test_options();
	test_file();
	test_buckets();
	test_strictness();
	test_delivered();
	test_workloads();
	end_calls();
	return check_end();
}
