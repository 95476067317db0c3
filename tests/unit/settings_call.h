/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* settings_read() called with options and files, and what it printed. */
#ifndef MESHTAP_SETTINGS_CALL_H
#define MESHTAP_SETTINGS_CALL_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "settings.h"

static const struct collector service = {
	"meshtap-access-log", "access_log", "Logs.", true, true, false
};
static const struct collector oneshot = {
	"meshtap-tcp-bytes", "tcp_bytes", "Counts.", false, false, false
};

static char dir[] = "/tmp/test_settings.XXXXXX";
static char ini[64], workloads[64], output_path[64];
static char output[16384]; /* what the last call wrote to stdout and stderr */
static struct settings settings;

static inline void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	fputs(text, f);
	fclose(f);
}

static inline void read_output(void)
{
	int fd = open(output_path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, output, sizeof(output) - 1);

	output[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* arguments: separated by spaces */
static inline int call(const struct collector *collector, const char *arguments)
{
	char words[1024], *argv[16] = { (char *)collector->name }, *save;
	int argc = 1, out = dup(1), err = dup(2), result;
	int fd = open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	snprintf(words, sizeof(words), "%s", arguments);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	settings = (struct settings){};
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
static inline void check_error(const struct collector *collector, const char *arguments,
			       const char *part)
{
	const char *newline;

	CHECK(call(collector, arguments) == EXIT_USAGE);
	newline = strchr(output, '\n');
	CHECK(newline && !newline[1]);
	CHECK(!strncmp(output, collector->name, strlen(collector->name)));
	if (!strstr(output, part))
		CHECK_STRING(output, part);
}

static inline void check_bad_ini(const char *text, const char *part)
{
	char arguments[128];

	write_file(ini, text);
	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	check_error(&oneshot, arguments, part);
}

static inline void begin_calls(void)
{
	CHECK(mkdtemp(dir) != NULL);
	snprintf(ini, sizeof(ini), "%s/meshtap.ini", dir);
	snprintf(workloads, sizeof(workloads), "%s/workloads.ini", dir);
	snprintf(output_path, sizeof(output_path), "%s/output", dir);
}

static inline void end_calls(void)
{
	unlink(ini);
	unlink(workloads);
	unlink(output_path);
	CHECK(rmdir(dir) == 0);
}

#endif
