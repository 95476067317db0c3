/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_HOST_CHILD_H
#define MESHTAP_HOST_CHILD_H

/* What host_child() returns when a signal ended the child; seccomp's is SIGSYS. */
#define HOST_CHILD_KILLED 256

/*
 * Has a child try something that changes or may end the process. try() returns 0 or an errno below
 * 256. Returns that, HOST_CHILD_KILLED, or the errno of having no child.
 */
int host_child(int (*try)(const void *), const void *argument);

#endif
