// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs of two instructions and maps of one entry, closed at once. Attaching is not tried: that
 * would change the host for a moment.
 */
#include "host_probe.h"

#include "host_child.h"
#include "host_look.h"
#include "host_refusal.h"
#include "privileges.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Before Linux 5.11 maps are charged to RLIMIT_MEMLOCK. Of more than this it is hardly the cause.
 */
#define MEMLOCK_ENOUGH (256ul << 20)

#define CALL(helper)                                                                               \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = (helper)                                        \
	}
#define MOVE(register, value)                                                                      \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (register), .imm = (value)         \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

struct probe {
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	const char *target; /* in the kernel's BTF; NULL: none */
	const struct bpf_insn *code;
	size_t length;
};

static const struct bpf_insn return_0[] = { MOVE(BPF_REG_0, 0), EXIT };
static const struct bpf_insn return_1[] = { MOVE(BPF_REG_0, 1), EXIT };
static const struct bpf_insn coarse_time[] = { CALL(BPF_FUNC_ktime_get_coarse_ns),
					       MOVE(BPF_REG_0, 0), EXIT };
static const struct bpf_insn read_kernel[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10 },
	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8 },
	MOVE(BPF_REG_2, 8),
	MOVE(BPF_REG_3, 0),
	CALL(BPF_FUNC_probe_read_kernel),
	MOVE(BPF_REG_0, 0),
	EXIT,
};

#define CODE(instructions)                                                                         \
	.code = (instructions), .length = sizeof(instructions) / sizeof((instructions)[0])

static const struct probe plain = { BPF_PROG_TYPE_SOCKET_FILTER, 0, NULL, CODE(return_0) };
static const struct probe charged = { BPF_PROG_TYPE_SOCKET_FILTER, 0, NULL, CODE(coarse_time) };
static const struct probe tracepoint = { BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP,
					 "inet_sock_set_state", CODE(return_0) };
static const struct probe reader = { BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "inet_sock_set_state",
				     CODE(read_kernel) };
static const struct probe sockets = { BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "tcp",
				      CODE(return_0) };
static const struct probe elements = { BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_map_elem",
				       CODE(return_0) };
static const struct probe packets = { BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, NULL,
				      CODE(return_1) };

/* Returns the program's descriptor or -errno. */
static int load(const struct probe *p)
{
	struct bpf_prog_load_opts options;
	int fd;

	memset(&options, 0, sizeof(options)); /* libbpf looks at the padding, too */
	options.sz = sizeof(options);
	options.expected_attach_type = p->attach;
	if (p->target) {
		int id = libbpf_find_vmlinux_btf_id(p->target, p->attach);

		if (id < 0)
			return id;
		options.attach_btf_id = id;
	}
	fd = bpf_prog_load(p->type, NULL, "GPL", p->code, p->length, &options);
	return fd < 0 ? -errno : fd;
}

static int try_load(const struct probe *p)
{
	int fd = load(p);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int try_map(enum bpf_map_type type, unsigned int key, unsigned int value,
		   unsigned int entries)
{
	struct bpf_map_create_opts options;
	int fd;

	memset(&options, 0, sizeof(options));
	options.sz = sizeof(options);
	options.map_flags = type == BPF_MAP_TYPE_LPM_TRIE ? BPF_F_NO_PREALLOC : 0;
	fd = bpf_map_create(type, NULL, key, value, entries, &options);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static bool is_refusal(int error)
{
	return error == -EPERM || error == -EACCES || error == -ENOSYS;
}

static void add(struct host_features *f, const struct refusal *refusal, int error, const char *name,
		const char *what, const char *option)
{
	struct refusal_cause cause;

	if (!error) {
		feature_add(f, FEATURE_OK, name, "", "%s", what);
	} else if (is_refusal(error)) {
		cause = refusal_judge(refusal, -error);
		feature_add(f, FEATURE_MISSING, name, cause.remedy, "%s: %s", what, cause.found);
	} else {
		feature_add(f, FEATURE_MISSING, name, option, "%s: %s", what, strerror(-error));
	}
}

/* A trie wants CAP_BPF, whatever kernel.unprivileged_bpf_disabled is. */
static int create_trie(const void *argument)
{
	(void)argument;
	return -try_map(BPF_MAP_TYPE_LPM_TRIE, 8, 4, 1);
}

static int probe_call(struct host_features *f, const struct refusal *refusal)
{
	int error = host_child(create_trie, NULL);
	struct refusal_cause cause;

	if (!error) {
		feature_add(f, FEATURE_OK, "bpf()", "", "maps can be created");
		return 0;
	}
	cause = refusal_judge(refusal, error);
	if (error == HOST_CHILD_KILLED || is_refusal(-error))
		feature_add(f, FEATURE_MISSING, "bpf()", cause.remedy, "%s", cause.found);
	else
		feature_add(f, FEATURE_MISSING, "bpf()", "", "no map can be created: %s",
			    strerror(error));
	return error;
}

/* The helper came with the kernel that charges maps to the cgroup instead: libbpf asks alike. */
static void probe_memlock(struct host_features *f)
{
	struct rlimit limit;
	int error = try_load(&charged);

	privileges_raise_memlock();
	if (!error)
		feature_add(f, FEATURE_OK, "memlock", "", "maps are not charged to RLIMIT_MEMLOCK");
	else if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur >= MEMLOCK_ENOUGH)
		feature_add(f, FEATURE_OK, "memlock", "", "RLIMIT_MEMLOCK is high enough");
	else if (error != -EINVAL)
		feature_add(f, FEATURE_UNKNOWN, "memlock", "", "no program can be loaded: %s",
			    strerror(-error));
	else
		feature_add(
			f, FEATURE_MISSING, "memlock",
			"ulimit -l unlimited, systemd LimitMEMLOCK=infinity, or CAP_SYS_RESOURCE",
			"maps are charged to RLIMIT_MEMLOCK, which is %lu KiB",
			(unsigned long)limit.rlim_cur >> 10);
}

/* The helper is what lockdown takes away; a program without it may load all the same. */
static void probe_reading(struct host_features *f, const struct refusal *refusal)
{
	char text[128], mode[32] = "";
	int error = try_load(&reader);

	if (!host_read_file(text, sizeof(text), "/sys/kernel/security/lockdown") &&
	    lockdown_parse(mode, sizeof(mode), text))
		*mode = '\0';
	if (error && !try_load(&tracepoint))
		feature_add(f, FEATURE_MISSING, "kernel memory",
			    "boot with lockdown=integrity or without lockdown= "
			    "(/sys/kernel/security/lockdown)",
			    "programs may not read the kernel's memory: lockdown is %s",
			    *mode ? mode : "not known");
	else
		add(f, refusal, error, "kernel memory",
		    *mode ? "programs may read it, whatever lockdown is" : "programs may read it",
		    "");
}

static bool is_compiled(void)
{
	struct bpf_prog_info info;
	__u32 size = sizeof(info);
	int fd = load(&plain), r;

	if (fd < 0)
		return false;
	memset(&info, 0, sizeof(info));
	r = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !r && info.jited_prog_len;
}

static void probe_jit(struct host_features *f)
{
	if (is_compiled())
		feature_add(f, FEATURE_OK, "JIT", "", "programs are compiled");
	else
		feature_add(f, FEATURE_LIMITED, "JIT",
			    "sysctl net.core.bpf_jit_enable=1, with CONFIG_BPF_JIT=y",
			    "programs are interpreted, which costs more");
}

/* Who attaches to a cgroup without BPF_F_ALLOW_MULTI keeps all others out of it. */
static int ask_cgroup(void)
{
	__u32 flags = 0, count = 0;
	char path[PATH_MAX];
	int fd, r = cgroup2_mount_point(path, sizeof(path));

	if (r)
		return 0; /* said elsewhere */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (int i = BPF_CGROUP_INET_INGRESS; !r && i <= BPF_CGROUP_INET_EGRESS; i++) {
		r = bpf_prog_query(fd, i, 0, &flags, NULL, &count) ? -errno : 0;
		if (!r && count && !(flags & BPF_F_ALLOW_MULTI))
			r = -EBUSY;
	}
	close(fd);
	return r;
}

static void probe_cgroup(struct host_features *f, const struct refusal *refusal)
{
	int error = try_load(&packets);

	if (!error)
		error = ask_cgroup();
	if (error == -EBUSY)
		feature_add(f, FEATURE_MISSING, "cgroup programs",
			    "bpftool cgroup tree shows which one",
			    "a program on the root of cgroup v2 allows no other beside it");
	else
		add(f, refusal, error, "cgroup programs", "cgroup_skb, ingress and egress",
		    "a kernel with CONFIG_CGROUP_BPF=y");
}

static void probe_programs(struct host_features *f, const struct host_needs *needs,
			   const struct refusal *refusal)
{
	add(f, refusal, try_load(&tracepoint), "tracepoint", "tp_btf/inet_sock_set_state",
	    "a kernel with CONFIG_DEBUG_INFO_BTF=y, CONFIG_BPF_EVENTS=y and CONFIG_INET=y");
	probe_reading(f, refusal);
	add(f, refusal, try_load(&sockets), "socket iterator", "iter/tcp",
	    "Linux 5.9 or later with CONFIG_BPF_SYSCALL=y and CONFIG_PROC_FS=y");
	if (needs->map_iterator)
		add(f, refusal, try_load(&elements), "map iterator", "iter/bpf_map_elem",
		    "Linux 5.9 or later with CONFIG_BPF_SYSCALL=y");
	if (needs->cgroup)
		probe_cgroup(f, refusal);
	if (needs->is_service)
		add(f, refusal, try_map(BPF_MAP_TYPE_RINGBUF, 0, 0, getpagesize()), "ring buffer",
		    "BPF_MAP_TYPE_RINGBUF", "Linux 5.8 or later");
}

static bool has_all_capabilities(const struct host_features *f)
{
	return f->count && f->all[0].state < FEATURE_UNKNOWN;
}

void host_probe(struct host_features *f, const struct host_needs *needs)
{
	struct refusal refusal;

	refusal_read(&refusal, has_all_capabilities(f));
	if (probe_call(f, &refusal)) {
		feature_add(f, FEATURE_UNKNOWN, "programs", "", "not tried, as bpf() fails");
		return;
	}
	probe_memlock(f);
	probe_programs(f, needs, &refusal);
	probe_jit(f);
}
