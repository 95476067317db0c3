/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static const struct collector service = { "meshtap-access-log", "access_log", "Logs.", true, true };
static const struct collector oneshot = { "meshtap-tcp-bytes", "tcp_bytes", "Counts.", false,
					  false };

static char dir[] = "/tmp/test_settings.XXXXXX";
static char ini[64], workloads[64], output_path[64];
static char output[4096]; /* what the last call wrote to stdout and stderr */
static struct settings settings;

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	fputs(text, f);
	fclose(f);
}

static void read_output(void)
{
	int fd = open(output_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, output, sizeof(output) - 1);

	output[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* arguments: separated by spaces */
static int call(const struct collector *collector, const char *arguments)
{
	char words[1024], *argv[16] = { (char *)collector->name }, *save;
	int argc = 1, out = dup(1), err = dup(2), result;
	int fd = open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	snprintf(words, sizeof(words), "%s", arguments);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	fflush(stdout);
	dup2(fd, 1);
	dup2(fd, 2);
	result = settings_read(&settings, collector, argc, argv);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	close(fd);
	read_output();
	return result;
}

/* One line that contains `part`, and exit code 2. */
static void check_error(const struct collector *collector, const char *arguments, const char *part)
{
	const char *newline;

	CHECK(call(collector, arguments) == EXIT_USAGE);
	newline = strchr(output, '\n');
	CHECK(newline && !newline[1]);
	CHECK(!strncmp(output, collector->name, strlen(collector->name)));
	if (!strstr(output, part))
		CHECK_STRING(output, part);
}

static void check_bad_ini(const char *text, const char *part)
{
	char arguments[128];

	write_file(ini, text);
	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	check_error(&oneshot, arguments, part);
}

static void test_defaults(void)
{
	CHECK(call(&oneshot, "") == -1);
	CHECK_STRING(output, "");
	CHECK_STRING(settings.config, "/etc/meshtap/meshtap.ini");
	CHECK_STRING(settings.pin_dir, "/sys/fs/bpf/meshtap");
	CHECK(settings.interval == 15 && settings.reporters == 3 && settings.ring_bytes == 4194304);
	CHECK(settings.max_connections == 65536 && settings.max_series == 4096);
	CHECK(settings.buckets == 19 && settings.bucket_bounds[18] == 3600000);
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
			"[http_requests]\nbuckets = 0.5 2 30\n");
	snprintf(arguments, sizeof(arguments), "--pin-dir /q -c %s", ini);
	CHECK(call(&oneshot, arguments) == -1);
	CHECK_STRING(output, "");
	CHECK_STRING(settings.pin_dir, "/q"); /* though it stands before -c */
	CHECK_STRING(settings.textfile_dir, "/t");
	CHECK(settings.reporters == REPORT_SOURCE && settings.max_series == 9);
	CHECK(settings.interval == 15 && settings.buckets == 19); /* of other sections */
	CHECK(call(&service, arguments) == -1);
	CHECK(settings.reporters == REPORT_DESTINATION && settings.ring_bytes == 65536);
	CHECK(settings.interval == 3 && settings.max_series == 4096);
	snprintf(arguments, sizeof(arguments), "--check-config -c %s", ini);
	CHECK(call(&service, arguments) == EXIT_OK);
}

static void test_buckets(void)
{
	static const struct collector http = { "meshtap-http-requests", "http_requests", "", true,
					       false };
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	CHECK(call(&http, arguments) == -1);
	CHECK(settings.buckets == 3 && settings.bucket_bounds[0] == 0.5);
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
	check_bad_ini("[tcp_bytes]\nreporter ; = both\n", ":2: not 'key = value'");
	check_bad_ini("[tcp_bytes\n", ":1: '[tcp_bytes'");
	check_bad_ini("[tcp_bytes] x\n", ":1: '[tcp_bytes] x'");
	check_bad_ini("[meshtap]\npin_dir = p\n", ":2: pin_dir = 'p'");
	check_bad_ini("[access_log]\nring_bytes = 65537\n", ":2: ring_bytes");
	check_bad_ini("[access_log]\nring_bytes = 32K\n", ":2: ring_bytes");
	check_bad_ini("[access_log]\nring_bytes = 4MB\n", ":2: ring_bytes");
	snprintf(line, sizeof(line), "[meshtap]\n#%0198d\n#%0199d\n", 1, 1);
	check_bad_ini(line, ":3: the line is longer than 199");
	check_error(&service, "-c /proc", "/proc");
}

static void test_workloads(void)
{
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "--workloads %s", workloads);
	write_file(workloads, "# comment\n\n; comment\n");
	CHECK(call(&oneshot, arguments) == -1);
	write_file(workloads, "# comment\n[workload x]\nkey = 1\n");
	check_error(&oneshot, arguments, ":2: '[workload x]'");
	check_bad_ini("[meshtap]\nworkloads = /absent/w.ini\n", "/absent/w.ini");
}

int main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	snprintf(ini, sizeof(ini), "%s/meshtap.ini", dir);
	snprintf(workloads, sizeof(workloads), "%s/workloads.ini", dir);
	snprintf(output_path, sizeof(output_path), "%s/output", dir);
	if (access("/etc/meshtap", F_OK))
		test_defaults();
	else
		SKIP("/etc/meshtap exists: no built-in defaults");
	test_options();
	test_file();
	test_buckets();
	test_strictness();
	test_workloads();
	unlink(ini);
	unlink(workloads);
	unlink(output_path);
	CHECK(rmdir(dir) == 0);
	return check_end();
}
