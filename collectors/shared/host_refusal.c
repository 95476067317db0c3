// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host_refusal.h"

#include "host_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECCOMP_FILTERS 2
#define NO_COMMAND	0x7fff /* of bpf(), in no kernel */

#define ALLOW_BPF                                                                                  \
	"allow it: systemd SystemCallFilter=bpf, docker and podman --security-opt seccomp=PROFILE"

struct refusal_cause refusal_judge(const struct refusal *r, int error)
{
	bool is_refused = r->command_error != EINVAL;

	if (r->is_killed)
		return (struct refusal_cause){ "a seccomp filter kills who calls bpf()",
					       ALLOW_BPF };
	if (is_refused && r->seccomp == SECCOMP_FILTERS)
		return (struct refusal_cause){ "a seccomp filter refuses bpf()", ALLOW_BPF };
	if (error == ENOSYS)
		return (struct refusal_cause){ "this kernel has no bpf()",
					       "a kernel with CONFIG_BPF_SYSCALL=y" };
	if (r->in_user_namespace)
		return (struct refusal_cause){
			"capabilities of a user namespace are not the host's",
			"run it in the host's user namespace: no rootless container, "
			"systemd PrivateUsers=no"
		};
	if (!r->has_capabilities)
		return (struct refusal_cause){ "bpf() is refused for want of capabilities",
					       "run as root, or with the capabilities above" };
	if (*r->modules)
		return (struct refusal_cause){
			"a security module refuses bpf()",
			"see the audit log; SELinux: allow class bpf { map_create map_read "
			"map_write prog_load prog_run }"
		};
	return (struct refusal_cause){ "bpf() is refused",
				       "see the kernel's log, and what security modules, seccomp "
				       "filters or lockdown say" };
}

static int call_nothing(const void *argument)
{
	union bpf_attr attr;

	(void)argument;
	memset(&attr, 0, sizeof(attr));
	return syscall(__NR_bpf, NO_COMMAND, &attr, sizeof(attr)) < 0 ? errno & 0xff : 0;
}

int host_read_file(char *ret, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	while (n > 0 && length < size) {
		n = read(fd, ret + length, size - length);
		if (n > 0)
			length += n;
	}
	if (n < 0 || length == size) {
		int r = n < 0 ? -errno : -EFBIG;

		close(fd);
		return r;
	}
	close(fd);
	if (length && ret[length - 1] == '\n')
		length--;
	ret[length] = '\0';
	return 0;
}

int seccomp_parse(const char *status)
{
	static const char field[] = "\nSeccomp:\t";
	const char *at = strstr(status, field);

	if (!at || at[sizeof(field) - 1] < '0' || at[sizeof(field) - 1] > '9')
		return -1;
	return at[sizeof(field) - 1] - '0';
}

int lockdown_parse(char *ret, size_t size, const char *text)
{
	const char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;
	size_t length = end ? (size_t)(end - begin) - 1 : 0;

	if (!length || length >= size)
		return -EINVAL;
	memcpy(ret, begin + 1, length);
	ret[length] = '\0';
	return 0;
}

bool refusal_in_namespace(const char *name, unsigned long first)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return !stat(path, &st) && st.st_ino != first;
}

void refusal_read(struct refusal *ret, bool has_capabilities)
{
	char status[8192];
	int error = host_child(call_nothing, NULL);

	*ret = (struct refusal){
		.command_error = error,
		.is_killed = error == HOST_CHILD_KILLED,
		.seccomp = host_read_file(status, sizeof(status), "/proc/self/status")
				   ? -1
				   : seccomp_parse(status),
		.has_capabilities = has_capabilities,
		.in_user_namespace = refusal_in_namespace("user", FIRST_USER_NAMESPACE),
	};
	if (host_read_file(ret->modules, sizeof(ret->modules), "/sys/kernel/security/lsm"))
		*ret->modules = '\0';
}
