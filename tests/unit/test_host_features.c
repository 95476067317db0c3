// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is read in files of the kernel and in words of libbpf, and what is made of a refusal. What
 * a real host says is tested in tests/cli/test_check.sh. */
#include "check.h"
#include "host_features.h"
#include "host_look.h"
#include "host_refusal.h"
#include "libbpf_log.h"
#include "privileges.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void check_lockdown(const char *text, const char *should)
{
	char mode[32] = "untouched";
	int r = lockdown_parse(mode, sizeof(mode), text);

	CHECK(r == (should ? 0 : -EINVAL));
	CHECK_STRING(mode, should ? should : "untouched");
}

static void test_lockdown(void)
{
	char mode[9];

	check_lockdown("[none] integrity confidentiality\n", "none");
	check_lockdown("none [integrity] confidentiality\n", "integrity");
	check_lockdown("none integrity [confidentiality]", "confidentiality");
	check_lockdown("none integrity confidentiality\n", NULL);
	check_lockdown("none [integrity", NULL);
	check_lockdown("none ]integrity[", NULL);
	check_lockdown("[]", NULL);
	check_lockdown("", NULL);
	CHECK(lockdown_parse(mode, sizeof(mode), "[integrity]") == -EINVAL); /* no room for a NUL */
	CHECK(!lockdown_parse(mode, sizeof(mode), "[integrit]"));
}

static void test_seccomp(void)
{
	CHECK(seccomp_parse("Name:\tx\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n") == 2);
	CHECK(seccomp_parse("Name:\tx\nSeccomp:\t0\n") == 0);
	CHECK(seccomp_parse("Name:\tSeccomp:\t2\nNoNewPrivs:\t0\n") == -1);
	CHECK(seccomp_parse("Name:\tx\nSeccomp_filters:\t1\n") == -1);
	CHECK(seccomp_parse("Name:\tx\nSeccomp:\t") == -1);
	CHECK(seccomp_parse("") == -1);
}

/* Returns cgroup2_find_mount()'s result for a table of mounts. */
static int find_mount(char *ret, size_t size, const char *table)
{
	char path[] = "/tmp/meshtap-test-XXXXXX";
	int fd = mkstemp(path), r;

	CHECK(fd >= 0 && write(fd, table, strlen(table)) == (ssize_t)strlen(table));
	r = cgroup2_find_mount(ret, size, path);
	close(fd);
	unlink(path);
	return r;
}

static void test_mounts(void)
{
	char path[64] = "untouched";

	CHECK(find_mount(path, sizeof(path), "proc /proc proc rw 0 0\n") == -ENOENT);
	CHECK(find_mount(path, sizeof(path),
			 "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n"
			 "cgroup2 /elsewhere tmpfs rw 0 0\n") == -ENOENT);
	CHECK_STRING(path, "untouched");
	CHECK(!find_mount(path, sizeof(path),
			  "cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n"));
	CHECK_STRING(path, "/sys/fs/cgroup");
	CHECK(!find_mount(path, sizeof(path),
			  "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
			  "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
			  "none /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
			  "none /other cgroup2 rw 0 0\n"));
	CHECK_STRING(path, "/sys/fs/cgroup/unified");
	CHECK(!find_mount(path, sizeof(path), "none /a\\040blank cgroup2 rw 0 0\n"));
	CHECK_STRING(path, "/a blank");
	CHECK(find_mount(path, 5, "none /long cgroup2 rw 0 0\n") == -ENAMETOOLONG);
	CHECK(cgroup2_find_mount(path, sizeof(path), "/no/such/file") == -ENOENT);
}

static void check_culprit(const char *message, const char *should)
{
	char culprit[64] = "untouched";
	int r = libbpf_log_parse(culprit, sizeof(culprit), message);

	CHECK(r == (should ? 0 : -EINVAL));
	CHECK_STRING(culprit, should ? should : "untouched");
}

static void test_culprit(void)
{
	check_culprit("libbpf: prog 'http_egress': BPF program load failed: Permission denied\n",
		      "program http_egress");
	check_culprit("libbpf: map 'heads': failed to create: Cannot allocate memory(-12)\n",
		      "map heads");
	check_culprit("libbpf: failed to load object 'access_log'\n", NULL);
	check_culprit("libbpf: elf: 'x': nothing\n", NULL);
	check_culprit("libbpf: prog 'not ended\n", NULL);
	check_culprit("libbpf: prog '': empty\n", NULL);
	check_culprit("prog 'x': not of libbpf\n", NULL);
	check_culprit("", NULL);
}

static void check_cause(struct refusal r, int error, const char *should)
{
	struct refusal_cause cause = refusal_judge(&r, error);

	CHECK_STRING(cause.found, should);
	CHECK(*cause.remedy);
}

/* From what is nearest to the process to what is farthest. */
static void test_causes(void)
{
	static const char lsm[] = "lockdown,capability,selinux,bpf";
	struct refusal r = { .command_error = EINVAL, .has_capabilities = true };

	check_cause(r, EPERM, "bpf() is refused");
	memcpy(r.modules, lsm, sizeof(lsm));
	check_cause(r, EACCES, "a security module refuses bpf()");
	r.seccomp = 2; /* a filter that lets bpf() through */
	check_cause(r, EPERM, "a security module refuses bpf()");
	r.has_capabilities = false;
	check_cause(r, EPERM, "bpf() is refused for want of capabilities");
	r.in_user_namespace = true;
	check_cause(r, EPERM, "capabilities of a user namespace are not the host's");
	r.command_error = EPERM;
	check_cause(r, EPERM, "a seccomp filter refuses bpf()");
	r.command_error = ENOSYS;
	check_cause(r, ENOSYS, "a seccomp filter refuses bpf()");
	r.seccomp = 0;
	check_cause(r, ENOSYS, "this kernel has no bpf()");
	r.is_killed = true;
	check_cause(r, 256, "a seccomp filter kills who calls bpf()");
}

static void check_text(const struct host_features *f, const char *should)
{
	char text[2048] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	CHECK(out && !host_features_write(f, out));
	if (out)
		fclose(out);
	CHECK_STRING(text, should);
}

static void test_table(void)
{
	struct host_features f = { .count = 0 };

	check_text(&f, "");
	feature_add(&f, FEATURE_OK, "BTF", "", "there is %d", 1);
	feature_add(&f, FEATURE_LIMITED, "JIT", "turn it on", "off");
	feature_add(&f, FEATURE_UNKNOWN, "memlock", "", "?");
	CHECK(!host_features_missing(&f));
	host_features_add_programs(&f, -EACCES, "program http_egress");
	host_features_add_programs(&f, -ENOMEM, "map heads");
	host_features_add_programs(&f, -EINVAL, "");
	host_features_add_programs(&f, 0, "program ignored");
	CHECK(host_features_missing(&f) == &f.all[3]);
	check_text(&f,
		   "ok      BTF                 there is 1\n"
		   "limited JIT                 off: turn it on\n"
		   "unknown memlock             ?\n"
		   "missing programs            the kernel refuses program http_egress: Permission "
		   "denied: -v prints its verifier's reasons\n"
		   "missing programs            map heads: Cannot allocate memory: lower "
		   "max_connections, max_series, max_heads or ring_bytes\n"
		   "missing programs            Invalid argument: -v says more\n"
		   "ok      programs            the collector's own load\n");
	for (int i = 0; i < 2 * HOST_FEATURES_MAX; i++)
		feature_add(&f, FEATURE_OK, "x", "", "%s", "");
	CHECK(f.count == HOST_FEATURES_MAX);
}

int main(void)
{
	test_lockdown();
	test_seccomp();
	test_mounts();
	test_culprit();
	test_causes();
	test_table();
	return check_end();
}
