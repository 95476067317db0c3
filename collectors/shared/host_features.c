// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host_features.h"

#include "host_look.h"
#include "host_probe.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void feature_add(struct host_features *f, enum feature_state state, const char *name,
		 const char *remedy, const char *found, ...)
{
	struct host_feature *feature;
	va_list args;

	if (f->count == HOST_FEATURES_MAX)
		return;
	feature = &f->all[f->count++];
	feature->state = state;
	feature->name = name;
	snprintf(feature->remedy, sizeof(feature->remedy), "%s", remedy);
	va_start(args, found);
	vsnprintf(feature->found, sizeof(feature->found), found, args);
	va_end(args);
}

void host_features_find(struct host_features *ret, const struct host_needs *needs)
{
	ret->count = 0;
	look_at_capabilities(ret, needs);
	look_at_btf(ret);
	host_probe(ret, needs);
}

void host_features_add_places(struct host_features *f, const struct host_needs *needs)
{
	look_at_bpffs(f, needs->pin_dir);
	if (needs->cgroup)
		look_at_cgroup(f);
	look_at_processes(f);
	if (needs->textfile_dir)
		look_at_textfile_dir(f, needs);
	if (needs->log_file)
		look_at_log_file(f, needs);
}

static void describe_failure(char *ret, size_t size, int error, const char *culprit)
{
	bool is_map = !strncmp(culprit, "map ", 4);

	if (error == -ENOMEM || is_map)
		snprintf(ret, size,
			 "%s%s%s: lower max_connections, max_series, max_heads or ring_bytes",
			 culprit, *culprit ? ": " : "", strerror(-error));
	else if (*culprit)
		snprintf(ret, size, "the kernel refuses %s: %s: -v prints its verifier's reasons",
			 culprit, strerror(-error));
	else
		snprintf(ret, size, "%s: -v says more", strerror(-error));
}

void host_features_add_programs(struct host_features *f, int error, const char *culprit)
{
	char what[256];

	if (!error) {
		feature_add(f, FEATURE_OK, "programs", "", "the collector's own load");
		return;
	}
	describe_failure(what, sizeof(what), error, culprit);
	feature_add(f, FEATURE_MISSING, "programs", "", "%s", what);
}

const struct host_feature *host_features_missing(const struct host_features *f)
{
	for (unsigned int i = 0; i < f->count; i++)
		if (f->all[i].state == FEATURE_MISSING)
			return &f->all[i];
	return NULL;
}

int host_features_write(const struct host_features *f, FILE *out)
{
	static const char *const states[] = { "ok", "limited", "unknown", "missing" };

	for (unsigned int i = 0; i < f->count; i++) {
		const struct host_feature *feature = &f->all[i];

		fprintf(out, "%-8s%-20s%s%s%s\n", states[feature->state], feature->name,
			feature->found, *feature->remedy ? ": " : "", feature->remedy);
	}
	return fflush(out) ? -errno : 0;
}

/* Returns whether something is missing. */
static bool say_missing(const struct host_features *f, char *why, size_t size)
{
	const struct host_feature *missing = host_features_missing(f);

	if (missing)
		snprintf(why, size, "%s%s%s", missing->found, *missing->remedy ? ": " : "",
			 missing->remedy);
	return missing;
}

int host_lacks(const struct host_needs *needs, char *why, size_t size)
{
	struct host_features f = { .count = 0 };

	look_at_capabilities(&f, needs);
	look_at_btf(&f);
	look_at_bpffs(&f, needs->pin_dir);
	if (needs->cgroup)
		look_at_cgroup(&f);
	return say_missing(&f, why, size) ? -ENOENT : 0;
}

void host_explain(const struct host_needs *needs, int error, const char *culprit, char *why,
		  size_t size)
{
	struct host_features f;

	host_features_find(&f, needs);
	if (!say_missing(&f, why, size))
		describe_failure(why, size, error, culprit);
}
