/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "log_format_defaults.h"
#include "settings_file.h"
#include "workloads.h"

#define DEFAULT_CONFIG	     "/etc/meshtap/meshtap.ini"
#define DEFAULT_WORKLOADS    "/etc/meshtap/workloads.ini"
#define DEFAULT_TEXTFILE_DIR "/var/lib/prometheus/node-exporter"
#define DEFAULT_PIN_DIR	     "/sys/fs/bpf/meshtap"
#define DEFAULT_LOG_FILE     "/var/log/meshtap/access.log"
#define DEFAULT_INTERVAL     15

enum {
	OPTION_WORKLOADS = 256, /* beyond the short options */
	OPTION_TEXTFILE_DIR,
	OPTION_PIN_DIR,
	OPTION_STDOUT,
	OPTION_UNLOAD,
	OPTION_CHECK,
	OPTION_CHECK_CONFIG,
	OPTION_INTERVAL,
	OPTION_LOG_FILE,
};

static const struct option all_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "workloads", required_argument, NULL, OPTION_WORKLOADS },
	{ "textfile-dir", required_argument, NULL, OPTION_TEXTFILE_DIR },
	{ "pin-dir", required_argument, NULL, OPTION_PIN_DIR },
	{ "stdout", no_argument, NULL, OPTION_STDOUT },
	{ "unload", no_argument, NULL, OPTION_UNLOAD },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "check-config", no_argument, NULL, OPTION_CHECK_CONFIG },
	{ "interval", required_argument, NULL, OPTION_INTERVAL },
	{ "log-file", required_argument, NULL, OPTION_LOG_FILE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
};

#define N_OPTIONS (sizeof(all_options) / sizeof(all_options[0]))

static void set_log_defaults(struct log_settings *ret)
{
	ret->format = LOG_FORMAT_TEXT;
	ret->sampling = SAMPLING_ALL;
	ret->max_field_bytes = 8192;
	ret->max_heads = 16384;
	strcpy(ret->text_format, LOG_FORMAT_TEXT_DEFAULT);
	strcpy(ret->json_fields, LOG_FORMAT_JSON_DEFAULT);
}

static void set_shipper_defaults(struct shipper_settings *ret)
{
	ret->protocol = SHIPPER_HTTP_PROTOBUF;
	ret->gzip = true;
	strcpy(ret->state_dir, "/var/lib/meshtap-log-shipper");
	strcpy(ret->service_name, "meshtap");
	ret->batch_records = 1000;
	ret->batch_bytes = 1U << 20;
	ret->batch_age = 1000;
	ret->timeout = 10;
	ret->retry_min = 1000;
	ret->retry_max = 30000;
}

/* All else is zero, and takes no memory as long as nobody writes there. */
static void set_defaults(struct settings *ret)
{
	static const double bucket_bounds[HISTOGRAM_BUCKETS_MAX] = {
		0.5,  1,    5,	   10,	  25,	 50,	 100,	 250,	  500,	   1000,
		2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000,
	};

	strcpy(ret->config, DEFAULT_CONFIG);
	strcpy(ret->workloads, DEFAULT_WORKLOADS);
	strcpy(ret->textfile_dir, DEFAULT_TEXTFILE_DIR);
	strcpy(ret->pin_dir, DEFAULT_PIN_DIR);
	strcpy(ret->log_file, DEFAULT_LOG_FILE);
	ret->interval = DEFAULT_INTERVAL;
	ret->reporters = REPORT_SOURCE | REPORT_DESTINATION;
	ret->programs.max_connections = 65536;
	ret->programs.max_series = 4096;
	ret->ring_bytes = 4U << 20;
	ret->buckets = HISTOGRAM_BUCKETS_MAX;
	memcpy(ret->bucket_bounds, bucket_bounds, sizeof(bucket_bounds));
	ret->series.expiry = 86400;
	set_log_defaults(&ret->log);
	set_shipper_defaults(&ret->shipper);
}

struct command_line {
	const struct collector *collector;
	bool has_config; /* -c was given */
	bool has_workloads;
};

static int print_help(const struct collector *collector)
{
	printf("Usage: %s [OPTION]...\n%s\n\n", collector->name, collector->summary);
	printf("  -c, --config FILE       configuration (default %s)\n"
	       "      --textfile-dir DIR  where the .prom file goes (default %s)\n",
	       DEFAULT_CONFIG, DEFAULT_TEXTFILE_DIR);
	if (!collector->is_shipper)
		printf("      --workloads FILE    names of peers and services (default %s)\n"
		       "      --pin-dir DIR       where BPF maps are pinned (default %s)\n"
		       "      --stdout            write to standard output instead of a file\n",
		       DEFAULT_WORKLOADS, DEFAULT_PIN_DIR);
	if (collector->has_log_file)
		printf("      --log-file FILE     the log (default %s)\n", DEFAULT_LOG_FILE);
	if (collector->is_service)
		printf("      --interval SECONDS  between .prom files, 1 to %d (default %d)\n",
		       INTERVAL_MAX, DEFAULT_INTERVAL);
	if (!collector->is_shipper)
		printf("      --unload            detach and unpin the BPF programs, and exit\n"
		       "      --check             say what this host has and lacks, change nothing, and "
		       "exit\n");
	printf("      --check-config      validate the configuration, and exit\n"
	       "  -v                      say more on standard error\n"
	       "  -h, --help              print this help, and exit\n"
	       "  -V, --version           print the version, and exit\n");
	return fflush(stdout) ? EXIT_RUNTIME : EXIT_OK;
}

static int print_version(const struct collector *collector)
{
	printf("%s %s\n", collector->name, MESHTAP_VERSION);
	return fflush(stdout) ? EXIT_RUNTIME : EXIT_OK;
}

static int set_path(char ret[PATH_MAX], const struct collector *collector, const char *option)
{
	size_t length = strlen(optarg);

	if (length && length < PATH_MAX) {
		memcpy(ret, optarg, length + 1);
		return -1;
	}
	fprintf(stderr, "%s: option %s: the path is %s\n", collector->name, option,
		length ? "too long" : "empty");
	return EXIT_USAGE;
}

static int set_interval(struct settings *ret, const struct collector *collector)
{
	if (!settings_number(&ret->interval, optarg, 1, INTERVAL_MAX))
		return -1;
	fprintf(stderr, "%s: option --interval: '%s' is not a number of seconds, 1 to %d\n",
		collector->name, optarg, INTERVAL_MAX);
	return EXIT_USAGE;
}

/* '?' or ':' from getopt_long(); before: optind when it was called. */
static int bad_option(const struct collector *collector, int c, char **argv, int before)
{
	/* a long option is always an argument of its own; a short one may stand inside of one */
	const char *argument = argv[before];

	if (!strncmp(argument, "--", 2)) {
		const char *problem = c == ':' ? "needs an argument"
				      : optopt ? "takes no argument"
					       : "is unknown or ambiguous";

		fprintf(stderr, "%s: option '%s' %s\n", collector->name, argument, problem);
	} else {
		fprintf(stderr, "%s: option '-%c' %s\n", collector->name, optopt,
			c == ':' ? "needs an argument" : "is unknown");
	}
	return EXIT_USAGE;
}

static int set_option(struct settings *ret, struct command_line *line, int c)
{
	switch (c) {
	case 'c':
		line->has_config = true;
		return set_path(ret->config, line->collector, "--config");
	case OPTION_WORKLOADS:
		line->has_workloads = true;
		return set_path(ret->workloads, line->collector, "--workloads");
	case OPTION_TEXTFILE_DIR:
		return set_path(ret->textfile_dir, line->collector, "--textfile-dir");
	case OPTION_PIN_DIR:
		return set_path(ret->pin_dir, line->collector, "--pin-dir");
	case OPTION_LOG_FILE:
		return set_path(ret->log_file, line->collector, "--log-file");
	case OPTION_INTERVAL:
		return set_interval(ret, line->collector);
	case OPTION_STDOUT:
		ret->to_stdout = true;
		return -1;
	case OPTION_UNLOAD:
		ret->unload = true;
		return -1;
	case OPTION_CHECK:
		ret->check = true;
		return -1;
	case OPTION_CHECK_CONFIG:
		ret->check_config = true;
		return -1;
	case 'v':
		ret->verbose = true;
		return -1;
	case 'V':
		return print_version(line->collector);
	}
	return print_help(line->collector);
}

static bool has_option(const struct collector *collector, int option)
{
	switch (option) {
	case OPTION_INTERVAL:
		return collector->is_service;
	case OPTION_LOG_FILE:
		return collector->has_log_file;
	case OPTION_WORKLOADS:
	case OPTION_PIN_DIR:
	case OPTION_STDOUT:
	case OPTION_UNLOAD:
	case OPTION_CHECK:
		return !collector->is_shipper;
	default:
		return true;
	}
}

static void select_options(struct option ret[N_OPTIONS + 1], const struct collector *collector)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < N_OPTIONS; i++)
		if (has_option(collector, all_options[i].val))
			ret[n++] = all_options[i];
	ret[n] = (struct option){ 0 };
}

static int read_options(struct settings *ret, struct command_line *line, int argc, char **argv)
{
	struct option options[N_OPTIONS + 1];
	int c, before, result;

	select_options(options, line->collector);
	optind = 0; /* glibc: start anew */
	for (;;) {
		before = optind ? optind : 1;
		/* '+': arguments are not moved, so argv[before] is what getopt looks at */
		c = getopt_long(argc, argv, "+:c:vhV", options, NULL);
		if (c == -1)
			break;
		if (c == '?' || c == ':')
			return bad_option(line->collector, c, argv, before);
		result = set_option(ret, line, c);
		if (result >= 0)
			return result;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "%s: unexpected argument '%s'\n", line->collector->name, argv[optind]);
	return EXIT_USAGE;
}

/* Only whether they can be read; the collector reads them again for itself. */
static int check_workloads(struct settings *s, const struct command_line *line)
{
	struct workloads *w;
	int result;

	s->needs_workloads = line->has_workloads || strcmp(s->workloads, DEFAULT_WORKLOADS);
	result = workloads_read(&w, line->collector->name, s->workloads, s->needs_workloads);
	if (result >= 0)
		return result;
	workloads_free(w);
	return -1;
}

int settings_read(struct settings *ret, const struct collector *collector, int argc, char **argv)
{
	struct command_line line = { .collector = collector };
	int result;

	set_defaults(ret);
	result = read_options(ret, &line, argc, argv);
	if (result >= 0)
		return result;
	result = settings_file_read(ret, collector, ret->config, line.has_config);
	if (result >= 0)
		return result;
	/* again, over what the file says */
	result = read_options(ret, &line, argc, argv);
	if (result >= 0 || (ret->unload && !ret->check && !ret->check_config))
		return result;
	result = collector->is_shipper ? -1 : check_workloads(ret, &line);
	if (result >= 0)
		return result;
	return ret->check_config ? EXIT_OK : -1;
}
