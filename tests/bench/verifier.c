// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Loads every program of BPF object files and prints how many instructions the verifier walked, as
 * its own log says: OBJECT PROGRAM PROCESSED LIMIT. A refused program is named with the end of its
 * log, and the others are loaded without it. Nothing is attached or pinned.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAMS_MAX 32
#define TAIL_LINES   30

/* The kernel's BPF_LOG_*. A walk is logged of a refused program only: of a good one the log could
 * outgrow any buffer, and kernels before 6.4 then refuse it. */
#define LOG_STATS   4
#define LOG_WALK    (1 | LOG_STATS)
#define STATS_BYTES (64 * 1024)
#define WALK_BYTES  (16 * 1024 * 1024)

enum state { LOADS, REFUSED, SHOWN };

struct program {
	char name[64];
	char *log; /* owned */
	enum state state;
};

struct object {
	const char *path;
	struct program programs[PROGRAMS_MAX];
	unsigned int count;
};

static unsigned long max; /* 0: the kernel's own limit */
static unsigned int passed, failed;

/* What libbpf said during one load: it is asked for the refused program's name, and printed when
 * there is none. */
static char said[64 * 1024];

static int keep_message(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(said);

	return level == LIBBPF_WARN ? vsnprintf(said + used, sizeof(said) - used, format, args) : 0;
}

static struct program *refused_program(struct object *o)
{
	for (unsigned int i = 0; i < o->count; i++) {
		char message[128];

		snprintf(message, sizeof(message), "prog '%s': failed to load",
			 o->programs[i].name);
		if (strstr(said, message))
			return &o->programs[i];
	}
	return NULL;
}

static const char *last_lines(const char *text, int lines)
{
	const char *p = text + strlen(text);

	while (p > text && (p[-1] != '\n' || lines-- > 0))
		p--;
	return p;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void show_refused(const struct object *o, const struct program *p)
{
	printf("%s %s refused: the end of the verifier's log:\n%s", file_name(o->path), p->name,
	       last_lines(p->log, TAIL_LINES));
	failed++;
}

static void show_loaded(const struct object *o, const struct program *p)
{
	unsigned long processed, limit;
	const char *line = strstr(p->log, "processed ");

	if (!line || sscanf(line, "processed %lu insns (limit %lu)", &processed, &limit) != 2) {
		printf("%s %s: not loaded, or its log has no count: %s\n", file_name(o->path),
		       p->name, p->log);
		failed++;
		return;
	}
	limit = max ? max : limit;
	printf("%s %s %lu %lu%s\n", file_name(o->path), p->name, processed, limit,
	       processed > limit ? " exceeded" : "");
	if (processed > limit)
		failed++;
	else
		passed++;
}

/* Prepares the next load: shown programs are left out, a refused one is to say more. */
static int set_logs(struct object *o, struct bpf_object *obj)
{
	struct bpf_program *program;

	o->count = 0;
	bpf_object__for_each_program (program, obj) {
		struct program *p = &o->programs[o->count++];
		size_t size = p->state == REFUSED ? WALK_BYTES : STATS_BYTES;

		if (o->count == PROGRAMS_MAX)
			return -E2BIG;
		snprintf(p->name, sizeof(p->name), "%s", bpf_program__name(program));
		free(p->log);
		p->log = calloc(1, size);
		if (!p->log)
			return -ENOMEM;
		bpf_program__set_autoload(program, p->state != SHOWN);
		bpf_program__set_log_level(program, p->state == REFUSED ? LOG_WALK : LOG_STATS);
		bpf_program__set_log_buf(program, p->log, size);
	}
	return 0;
}

/* What a configuration switches on (bytes of .rodata, tells_X), for the most that is ever walked.
 */
static void switch_on(const struct bpf_object *obj)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, ".rodata");
	const struct btf *btf = bpf_object__btf(obj);
	int id = map && btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *section;
	unsigned char *data;
	size_t size;

	if (id < 0)
		return;
	data = (unsigned char *)bpf_map__initial_value(map, &size);
	section = btf__type_by_id(btf, id);
	for (unsigned int i = 0; i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(section)[i];
		const struct btf_type *type = btf__type_by_id(btf, var->type);
		const char *name = btf__name_by_offset(btf, type->name_off);

		if (!strncmp(name, "tells_", 6) && var->offset < size)
			data[var->offset] = 1;
	}
}

static int load_once(struct object *o)
{
	struct bpf_object *obj;
	int r;

	said[0] = '\0';
	obj = bpf_object__open_file(o->path, NULL);
	if (!obj)
		return -errno;
	switch_on(obj);
	r = set_logs(o, obj);
	if (!r)
		r = bpf_object__load(obj);
	bpf_object__close(obj);
	return r;
}

/* Each load ends at the first program that the kernel refuses. */
static void load_all(struct object *o)
{
	bool without_some = false;
	struct program *p;
	int r;

	while ((r = load_once(o)) && (p = refused_program(o))) {
		if (p->state == REFUSED) {
			show_refused(o, p);
			p->state = SHOWN;
			without_some = true;
		} else {
			p->state = REFUSED;
		}
	}
	/* Where a program is left out, a map that refers to it cannot be filled: no finding. */
	if (r && !without_some) {
		char why[128];

		libbpf_strerror(r, why, sizeof(why));
		printf("%s: %s\n%s", file_name(o->path), why, said);
		failed++;
		return;
	}
	for (unsigned int i = 0; i < o->count; i++)
		if (o->programs[i].state != SHOWN)
			show_loaded(o, &o->programs[i]);
}

static void object_free(struct object *o)
{
	for (unsigned int i = 0; i < PROGRAMS_MAX; i++)
		free(o->programs[i].log);
}

static int usage(void)
{
	fputs("usage: verifier [--max INSTRUCTIONS] OBJECT...\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "max", required_argument, NULL, 'm' }, {} };
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "m:", options, NULL)) != -1) {
		if (c != 'm')
			return usage();
		max = strtoul(optarg, &end, 10);
		if (!max || *end)
			return usage();
	}
	if (optind == argc)
		return usage();
	libbpf_set_print(keep_message);
	for (int i = optind; i < argc; i++) {
		struct object o = { .path = argv[i] };

		load_all(&o);
		object_free(&o);
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed ? 1 : 0;
}
