// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bpf_meter EMPTY_OBJECT CGROUP RESULT COMMAND...: what the collectors' programs cost while COMMAND
 * runs, by the kernel's own statistics, which are on for so long. The empty programs are attached
 * beside them: their time per run is to be deducted. RESULT gets a line for each program that ran:
 *
 *	NAME RUNS NANOSECONDS EMPTY_NANOSECONDS_PER_RUN
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS_MAX 64

enum kind { INGRESS, EGRESS, STATE, WALK, KINDS };

static const char *const empty_names[KINDS] = { "empty_ingress", "empty_egress", "empty_state",
						"empty_walk" };

static const struct {
	const char *name;
	enum kind kind;
} metered[] = {
	{ "http_ingress", INGRESS },	    { "http_egress", EGRESS },
	{ "http_socket_state", STATE },	    { "http_missed_state", STATE },
	{ "http_sockets", WALK },	    { "http_peers", WALK },
	{ "tcp_intervals", WALK },	    { "tcp_bytes_state", STATE },
	{ "tcp_bytes_missed", STATE },	    { "tcp_bytes_walk", WALK },
	{ "tcp_connections_state", STATE }, { "tcp_connections_missed", STATE },
	{ "tcp_connections_walk", WALK },   { "tcp_connections_decide", WALK },
	{ "empty_ingress", INGRESS },	    { "empty_egress", EGRESS },
	{ "empty_state", STATE },	    { "empty_walk", WALK },
};

struct program {
	__u32 id;
	char name[64];
	enum kind kind;
	__u64 runs, ns;
};

struct snapshot {
	struct program programs[PROGRAMS_MAX];
	unsigned int count;
};

/* The kernel keeps 15 characters of a name, BTF all of them. */
static int full_name(int fd, char *ret, size_t size)
{
	struct bpf_func_info first = {};
	struct bpf_prog_info info = { .func_info = (__u64)(unsigned long)&first,
				      .func_info_rec_size = sizeof(first),
				      .nr_func_info = 1 };
	__u32 info_size = sizeof(info);
	const struct btf_type *type;
	struct btf *btf;

	if (bpf_obj_get_info_by_fd(fd, &info, &info_size) || !info.btf_id)
		return -ENOENT;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	if (!btf)
		return -errno;
	type = btf__type_by_id(btf, first.type_id);
	snprintf(ret, size, "%s", type ? btf__name_by_offset(btf, type->name_off) : "");
	btf__free(btf);
	return 0;
}

static bool is_metered(const char *name, enum kind *ret)
{
	for (size_t i = 0; i < sizeof(metered) / sizeof(metered[0]); i++) {
		if (!strcmp(metered[i].name, name)) {
			*ret = metered[i].kind;
			return true;
		}
	}
	return false;
}

static void add_program(struct snapshot *s, __u32 id)
{
	struct program *p = &s->programs[s->count];
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return; /* gone in the meantime */
	if (!full_name(fd, p->name, sizeof(p->name)) && is_metered(p->name, &p->kind) &&
	    !bpf_obj_get_info_by_fd(fd, &info, &size)) {
		p->id = id;
		p->runs = info.run_cnt;
		p->ns = info.run_time_ns;
		s->count++;
	}
	close(fd);
}

static void take_snapshot(struct snapshot *ret)
{
	__u32 id = 0;

	ret->count = 0;
	while (ret->count < PROGRAMS_MAX && !bpf_prog_get_next_id(id, &id))
		add_program(ret, id);
}

/* What happened since before; a program that was not there then began at 0. */
static void deduct(struct snapshot *now, const struct snapshot *before)
{
	for (unsigned int i = 0; i < now->count; i++) {
		for (unsigned int j = 0; j < before->count; j++) {
			if (now->programs[i].id == before->programs[j].id) {
				now->programs[i].runs -= before->programs[j].runs;
				now->programs[i].ns -= before->programs[j].ns;
			}
		}
	}
}

static double empty_ns_per_run(const struct snapshot *s, enum kind kind)
{
	for (unsigned int i = 0; i < s->count; i++) {
		const struct program *p = &s->programs[i];

		if (!strcmp(p->name, empty_names[kind]) && p->runs)
			return (double)p->ns / (double)p->runs;
	}
	return 0;
}

static int write_result(const struct snapshot *s, const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -errno;
	for (unsigned int i = 0; i < s->count; i++) {
		const struct program *p = &s->programs[i];

		if (p->runs)
			fprintf(file, "%s %llu %llu %.1f\n", p->name, p->runs, p->ns,
				empty_ns_per_run(s, p->kind));
	}
	return fclose(file) ? -errno : 0;
}

/* The empty iterator has no traffic to run it. */
static int run_iterator(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	char output[256];

	if (fd < 0)
		return -errno;
	while (read(fd, output, sizeof(output)) > 0)
		;
	close(fd);
	return 0;
}

/* Links end with the process. */
static int attach_empty(struct bpf_object *object, int cgroup_fd)
{
	struct bpf_program *program;
	struct bpf_link *link;

	bpf_object__for_each_program (program, object) {
		link = bpf_program__type(program) == BPF_PROG_TYPE_CGROUP_SKB
			       ? bpf_program__attach_cgroup(program, cgroup_fd)
			       : bpf_program__attach(program);
		if (!link)
			return -errno;
		if (bpf_program__expected_attach_type(program) == BPF_TRACE_ITER &&
		    run_iterator(link))
			return -EIO;
	}
	return 0;
}

static int run_command(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "bpf_meter: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	static struct snapshot before, after;
	struct bpf_object *empty;
	int cgroup_fd, status;

	if (argc < 5) {
		fputs("usage: bpf_meter EMPTY_OBJECT CGROUP RESULT COMMAND...\n", stderr);
		return 2;
	}
	cgroup_fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (cgroup_fd < 0)
		return fail(argv[2]);
	empty = bpf_object__open_file(argv[1], NULL);
	if (!empty || bpf_object__load(empty))
		return fail(argv[1]);
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0) /* until this process ends */
		return fail("statistics of BPF");
	take_snapshot(&before);
	if (attach_empty(empty, cgroup_fd))
		return fail("attaching the empty programs");
	status = run_command(argv + 4);
	take_snapshot(&after);
	deduct(&after, &before);
	if (write_result(&after, argv[3]))
		return fail(argv[3]);
	return status;
}
