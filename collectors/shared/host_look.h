/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Features that are found without bpf(). Each call appends one; used by host_features.c only. */
#ifndef MESHTAP_HOST_LOOK_H
#define MESHTAP_HOST_LOOK_H

#include "host_features.h"

/* remedy: "" or how to get it. More than HOST_FEATURES_MAX are left out. */
__attribute__((format(printf, 5, 6))) void feature_add(struct host_features *f,
						       enum feature_state state, const char *name,
						       const char *remedy, const char *found, ...);

void look_at_capabilities(struct host_features *f, const struct host_needs *needs);
void look_at_btf(struct host_features *f);
void look_at_bpffs(struct host_features *f, const char *pin_dir);
void look_at_cgroup(struct host_features *f);

/* Whether /proc shows the host's processes, by which other network namespaces are found. */
void look_at_processes(struct host_features *f);

/* Can a file be made there? A service is asked as what it is later: without capabilities. */
void look_at_textfile_dir(struct host_features *f, const struct host_needs *needs);
void look_at_log_file(struct host_features *f, const struct host_needs *needs);

#endif
