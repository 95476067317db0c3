/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a collector was told: built-in defaults, overridden by meshtap.ini, overridden by the
 * command line. Sources: README "Configuration", meshtap.ini(5).
 */
#ifndef MESHTAP_SETTINGS_H
#define MESHTAP_SETTINGS_H

#include <limits.h>
#include <stdbool.h>

#include "settings_log.h"
#include "settings_selection.h"
#include "settings_series.h"
#include "settings_shipper.h"

#define HISTOGRAM_BUCKETS_MAX 19 /* without +Inf */

/* Exit codes of every meshtap binary. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 2,
	EXIT_BPF = 3, /* cannot load or attach */
};

/* Bits of settings.reporters. */
enum {
	REPORT_SOURCE = 1,
	REPORT_DESTINATION = 2,
};

/*
 * All of which the TCP collectors make their BPF objects, who are told nothing else: so
 * pins_known() is asked about all that matters. As bytes they are the same for the same file and
 * options, and never for settings that differ.
 */
struct programs_settings {
	unsigned int max_connections;
	unsigned int max_series;
	struct selection_settings selection;
};

struct settings {
	char config[PATH_MAX];	     /* -c */
	char workloads[PATH_MAX];    /* --workloads */
	bool needs_workloads;	     /* they were named, so the file must be there */
	char textfile_dir[PATH_MAX]; /* --textfile-dir */
	char pin_dir[PATH_MAX];	     /* --pin-dir */
	char log_file[PATH_MAX];     /* --log-file, access_log and log_shipper */
	bool to_stdout;		     /* --stdout */
	bool unload;		     /* --unload */
	bool check;		     /* --check */
	bool check_config;	     /* --check-config */
	bool verbose;		     /* -v */
	unsigned int interval;	     /* seconds between .prom files; services only */
	unsigned int reporters;
	unsigned int ring_bytes; /* services only: a power of two, >= 64 KiB */
	unsigned int buckets;	 /* http_requests only: number of entries in bucket_bounds */
	double bucket_bounds[HISTOGRAM_BUCKETS_MAX];
	struct programs_settings programs;
	struct log_settings log;	 /* access_log and log_shipper */
	struct series_settings series;	 /* not access_log */
	struct shipper_settings shipper; /* log_shipper only */
};

struct collector {
	const char *name;    /* binary name: "meshtap-tcp-bytes" */
	const char *section; /* in meshtap.ini: "tcp_bytes" */
	const char *summary; /* one line for --help */
	bool is_service;     /* has --interval */
	bool has_log_file;   /* has --log-file */
	bool is_shipper; /* reads the log: no BPF, no names; [access_log] says what the log is */
};

/*
 * Fills *ret, which is all zero before, from defaults, configuration file and command line. Prints
 * --help and --version to stdout, errors to stderr, one line each ("NAME: FILE:LINE: …" for
 * configuration). --check-config is handled here too: validates meshtap.ini (all sections) and
 * workloads.ini. Returns -1 to go on, else the exit code.
 */
int settings_read(struct settings *ret, const struct collector *collector, int argc, char **argv);

#endif
