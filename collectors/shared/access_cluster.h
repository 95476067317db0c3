/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* %UPSTREAM_CLUSTER_RAW% of a client whose server is a configured service. */
#ifndef MESHTAP_ACCESS_CLUSTER_H
#define MESHTAP_ACCESS_CLUSTER_H

#include "http_head.h"
#include "tuple.h"
#include "workloads.h"

/* outbound|PORT||HOST; hosts have 253 bytes at most. */
#define ACCESS_CLUSTER_MAX 288

/* What is configured, or made of port and host in the buffer; data NULL without a service. */
struct head_text access_cluster(const struct service_names *service, const struct tuple *t,
				char buffer[ACCESS_CLUSTER_MAX]);

#endif
