/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a collector needs of its host, found by looking and by trying, never by the kernel's
 * version. Nothing stays: no file, mount, pin or program.
 */
#ifndef MESHTAP_HOST_FEATURES_H
#define MESHTAP_HOST_FEATURES_H

#include <stdbool.h>
#include <stdio.h>

enum feature_state {
	FEATURE_OK,
	FEATURE_LIMITED, /* the collector runs, but sees less or costs more */
	FEATURE_UNKNOWN, /* cannot be tried, because of what is missing */
	FEATURE_MISSING, /* the collector cannot run */
};

struct host_feature {
	enum feature_state state;
	const char *name; /* a constant */
	char found[256];  /* what there is, or what is wrong */
	char remedy[256]; /* how to get it; "": none is needed or known */
};

#define HOST_FEATURES_MAX 20

struct host_features {
	struct host_feature all[HOST_FEATURES_MAX];
	unsigned int count;
};

/* What a collector uses beyond what all of them do. Strings are borrowed. */
struct host_needs {
	const char *pin_dir;
	const char *textfile_dir; /* NULL: no .prom file */
	const char *log_file;	  /* NULL: no log file */
	bool cgroup;		  /* programs on the root of cgroup v2 */
	bool map_iterator;
	bool is_service; /* has a ring, and writes without capabilities */
};

/* Finds what loading programs wants, in the order in which one repairs it. */
void host_features_find(struct host_features *ret, const struct host_needs *needs);

/* Appends whether the collector's own programs load. error: 0 or the -errno of loading them;
 * culprit: libbpf_log_culprit(). */
void host_features_add_programs(struct host_features *f, int error, const char *culprit);

/* Appends the places that a collector works on: bpffs, cgroups, processes, the files it writes. */
void host_features_add_places(struct host_features *f, const struct host_needs *needs);

/* The first that is missing, or NULL. */
const struct host_feature *host_features_missing(const struct host_features *f);

/* Writes a line for each: state, name, what was found and how to get it. Returns 0 or -errno. */
int host_features_write(const struct host_features *f, FILE *out);

/*
 * For a start, which should be cheap: looks only at capabilities, BTF, bpffs and cgroup v2. Writes
 * into why, one line, what is missing first and how to get it. Returns 0 when nothing is, else
 * -ENOENT.
 */
int host_lacks(const struct host_needs *needs, char *why, size_t size);

/* After loading or attaching has failed with error: looks for the cause in all features, and writes
 * it into why. */
void host_explain(const struct host_needs *needs, int error, const char *culprit, char *why,
		  size_t size);

#endif
