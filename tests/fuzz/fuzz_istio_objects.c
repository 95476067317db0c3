/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: objects of Istio are refused in one line, or what is written for them has the lines of
 * workloads.ini only, each section and each host once. The Makefile links tools/workloads/.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "converter.h"

#define NAMES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			      "-._:/@|";

static const char *names[NAMES_MAX];
static size_t names_count;

static void check_once(const char *name)
{
	for (size_t i = 0; i < names_count; i++) {
		if (!strcmp(names[i], name))
			abort();
	}
	if (names_count < NAMES_MAX)
		names[names_count++] = name;
}

/* Values with a blank between them; hosts are unique over all services. */
static void check_values(char *values, bool are_hosts)
{
	char *save, *value = strtok_r(values, " ", &save);

	if (!value)
		abort();
	for (; value; value = strtok_r(NULL, " ", &save)) {
		if (value[strspn(value, allowed)])
			abort();
		if (are_hosts)
			check_once(value);
	}
}

static void check_section(char *line)
{
	char *end = line + strlen(line) - 1;

	if (*end != ']')
		abort();
	*end = '\0';
	if (!strncmp(line, "[service ", 9)) {
		line += 9;
		check_once(line);
	} else if (!strncmp(line, "[workload ", 10)) {
		check_once(line); /* with its kind: not a host */
		line += 10;
	} else {
		abort();
	}
	if (line[strspn(line, allowed)])
		abort();
}

static void check_key(char *line)
{
	static const char keys[] = " address port workload namespace app version cluster "
				   "canonical_service canonical_revision principal name hosts "
				   "upstream_cluster ";
	char *equals = strstr(line, " = ");
	char key[32];

	if (!equals || equals - line > 20)
		abort();
	*equals = '\0';
	snprintf(key, sizeof(key), " %s ", line);
	if (!strstr(keys, key))
		abort();
	check_values(equals + 3, !strcmp(line, "hosts"));
}

static void check_output(char *text)
{
	char *save, *line = strtok_r(text, "\n", &save);

	names_count = 0;
	for (; line; line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#')
			continue;
		if (strlen(line) > 199)
			abort();
		if (*line == '[')
			check_section(line);
		else if (*line == '\t')
			check_values(line + 1, false);
		else
			check_key(line);
	}
}

static void convert(struct converter *c, const uint8_t *data, size_t size, FILE *out)
{
	FILE *in = fmemopen((void *)data, size, "r");

	convert_read(c, "input", in);
	convert_select(c);
	convert_resolve(c);
	convert_write(c, out);
	fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct convert_options options = { .domain = "cluster.local",
							.trust_domain = "cluster.local",
							.namespace = "default" };
	char *text = NULL, *errors = NULL;
	size_t text_size, errors_size;
	struct converter c;
	FILE *out, *err;

	if (!size)
		return 0;
	out = open_memstream(&text, &text_size);
	err = open_memstream(&errors, &errors_size);
	converter_init(&c, &options, err);
	convert(&c, data, size, out);
	fclose(out);
	fclose(err);
	if (c.failed ? text_size || !errors_size : !text_size)
		abort();
	for (size_t i = 0; i < errors_size; i++) {
		if ((unsigned char)errors[i] < ' ' && errors[i] != '\n')
			abort();
	}
	check_output(text);
	converter_free(&c);
	free(text);
	free(errors);
	return 0;
}
