/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names for the ids in the kernel's maps, and Istio's labels made of them (telemetry specification:
 * labels in emission order, with their defaults).
 */
#ifndef MESHTAP_IDENTITY_H
#define MESHTAP_IDENTITY_H

#include "prom_file.h"
#include "series.h"
#include "settings.h"

#define LABELS_MAX 8192

struct label_parties {
	enum reporter reporter;
	const char *local; /* workload name; "" when the socket belongs to no unit */
	const char *peer;  /* workload name, or NULL: unknown */
};

/* Writes the 20 base labels of Istio's metrics, escaped, without braces. Returns 0 or -errno. */
int labels_base(struct prom_text *ret, const struct label_parties *parties);

/*
 * The label tails after the base labels: request_protocol, [response_code, grpc_response_status,]
 * response_flags, connection_security_policy. flags: "-" or short flags joined by ','.
 */
int labels_tcp(struct prom_text *ret, const struct label_parties *parties, const char *flags);
int labels_http(struct prom_text *ret, const struct label_parties *parties,
		unsigned int response_code, const char *flags);

/*
 * The name of a workload id, from a collector's `workloads` map; cached for the process's life. ""
 * for WORKLOAD_NONE, "unknown" for WORKLOAD_OVERFLOW. The string is owned by the cache. NULL: out
 * of memory.
 */
const char *workload_name(int workloads_fd, unsigned long long id);
void workload_names_free(void);

#endif
