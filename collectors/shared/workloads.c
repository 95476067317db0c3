// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"
#include "settings_lines.h"
#include "workloads_check.h"
#include "workloads_drop_ins.h"
#include "workloads_endpoints.h"
#include "workloads_file.h"
#include "workloads_hosts.h"
#include "workloads_rules.h"

struct workloads {
	unsigned long long hash;
	struct text_list paths; /* of the files: the main one, then the drop-ins */
	struct entries entries;
	const struct entry *local; /* NULL: not given */
	struct endpoint_table endpoints;
	struct host_table hosts;
	struct rules rules;
};

static int fail(const char *collector, const char *path, int err)
{
	settings_cannot_read(collector, path, err);
	return err == -ENOMEM ? EXIT_RUNTIME : EXIT_USAGE;
}

static int list_files(struct workloads *w, const char *collector, const char *path)
{
	char dir[PATH_MAX];
	int err = text_list_add(&w->paths, path, strlen(path));

	if (err)
		return fail(collector, path, err);
	drop_ins_dir(dir, path);
	err = drop_ins_list(&w->paths, dir);
	return err ? fail(collector, dir, err) : -1;
}

static int read_files(struct workloads *w, const char *collector, bool required)
{
	struct workloads_source s = {
		.collector = collector,
		.entries = &w->entries,
		.hash = HASH_BEGIN,
	};
	int result = -1;

	for (size_t i = 0; i < w->paths.n && result < 0; i++) {
		const char *path = w->paths.items[i];

		if (i) /* the name of a drop-in and a NUL, which is in no file */
			s.hash = hash_bytes(s.hash, strrchr(path, '/'),
					    strlen(strrchr(path, '/')) + 1);
		result = workloads_file_read(&s, path, i || required);
	}
	number_map_free(&s.known);
	w->hash = s.hash;
	return result;
}

static int build(struct workloads *w, struct entries_error *error)
{
	struct entries *es = &w->entries;
	int err = check_entries(es, error);

	if (!err)
		err = endpoint_table_build(&w->endpoints, es, error);
	if (!err)
		err = rules_build(&w->rules, es, &w->endpoints, error);
	if (!err)
		err = entries_complete(es);
	if (!err)
		err = host_table_build(&w->hosts, es, error);
	for (size_t i = 0; i < es->n; i++)
		if (es->items[i].kind == ENTRY_LOCAL)
			w->local = &es->items[i];
	return err;
}

static int compile(struct workloads *w, const char *collector)
{
	struct entries_error error = { 0 };
	struct settings_lines lines = { .collector = collector };
	int err = build(w, &error);

	if (!err)
		return -1;
	if (!error.text)
		return fail(collector, w->paths.items[0], -ENOMEM);
	lines.path = error.at->path;
	settings_lines_fail(&lines, error.at->line, "%s", error.text);
	free(error.text);
	return EXIT_USAGE;
}

int workloads_read(struct workloads **ret, const char *collector, const char *path, bool required)
{
	struct workloads *w = calloc(1, sizeof(*w));
	int result;

	if (!w)
		return fail(collector, path, -ENOMEM);
	result = list_files(w, collector, path);
	if (result < 0)
		result = read_files(w, collector, required);
	if (result < 0)
		result = compile(w, collector);
	if (result < 0)
		*ret = w;
	else
		workloads_free(w);
	return result;
}

void workloads_free(struct workloads *w)
{
	if (!w)
		return;
	rules_free(&w->rules);
	host_table_free(&w->hosts);
	endpoint_table_free(&w->endpoints);
	entries_free(&w->entries);
	text_list_free(&w->paths);
	free(w);
}

unsigned long long workloads_hash(const struct workloads *w)
{
	return w->hash;
}

static void set_default(const char **ret, const char *text)
{
	if (!*ret)
		*ret = text;
}

void workloads_find(const struct workloads *w, const char *unit, struct endpoint at, bool is_local,
		    struct workload_names *ret)
{
	const struct rule *rule = rules_find(&w->rules, &w->endpoints, unit, at);

	*ret = rule ? w->entries.items[rule->entry].workload : (struct workload_names){ 0 };
	if (!is_local || !w->local)
		return;
	set_default(&ret->namespace, w->local->texts[TEXT_NAMESPACE]);
	set_default(&ret->cluster, w->local->texts[TEXT_CLUSTER]);
}

const struct service_names *workloads_service(const struct workloads *w, struct endpoint at)
{
	const struct rule *rule = rules_find_service(&w->rules, &w->endpoints, at);

	return rule ? &w->entries.items[rule->entry].services[rule->service] : NULL;
}

const struct service_names *workloads_host_service(const struct workloads *w, __u32 host,
						   const char **ret_text)
{
	const struct host_owner *owner = host_table_find(&w->hosts, host);

	*ret_text = owner ? owner->configured : NULL;
	return owner ? &owner->entry->services[owner->service] : NULL;
}

const struct workloads_prefix *workloads_prefixes(const struct workloads *w, size_t *ret_count)
{
	*ret_count = w->endpoints.n_prefixes;
	return w->endpoints.prefixes;
}

const __u16 *workloads_ports(const struct workloads *w, size_t *ret_count)
{
	*ret_count = w->endpoints.n_ports;
	return w->endpoints.ports;
}

const struct workloads_host *workloads_hosts(const struct workloads *w, size_t *ret_count)
{
	*ret_count = w->hosts.n;
	return w->hosts.hosts;
}
