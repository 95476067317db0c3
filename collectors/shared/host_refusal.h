/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why bpf() is refused: its error says only that it is. */
#ifndef MESHTAP_HOST_REFUSAL_H
#define MESHTAP_HOST_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

/* linux/proc_ns.h of the kernel: the numbers of the first namespaces, the same since Linux 3.8. */
#define FIRST_USER_NAMESPACE 0xEFFFFFFDu
#define FIRST_PID_NAMESPACE  0xEFFFFFFCu

/* What is known of a process to which bpf() said no. */
struct refusal {
	int command_error; /* errno of a command that does not exist: EINVAL from the kernel itself
			    */
	bool is_killed;	   /* by that: SIGSYS */
	int seccomp;	   /* "Seccomp:" of /proc/self/status; 2: filters; -1: not known */
	bool has_capabilities;
	bool in_user_namespace; /* not the first one */
	char modules[128];	/* /sys/kernel/security/lsm; "": not known */
};

/* Both point to constants, or into r. */
struct refusal_cause {
	const char *found;
	const char *remedy;
};

/* Of a refusal's error: EPERM, EACCES, ENOSYS. */
struct refusal_cause refusal_judge(const struct refusal *r, int error);

/* Asks the process and the host. has_capabilities is the caller's to know. */
void refusal_read(struct refusal *ret, bool has_capabilities);

/* Whether the process's namespace (/proc/self/ns/NAME) is another than the first. False where that
 * cannot be seen. */
bool refusal_in_namespace(const char *name, unsigned long first);

/* The word in brackets of "none [integrity] confidentiality\n". Returns 0, or -EINVAL: there is
 * none, or it does not fit. */
int lockdown_parse(char *ret, size_t size, const char *text);

/* The number behind "Seccomp:" in the text of /proc/self/status; -1: none. */
int seccomp_parse(const char *status);

/* Reads a small file of the kernel whole, without its last newline. Returns 0 or -errno, -EFBIG. */
int host_read_file(char *ret, size_t size, const char *path);

#endif
