/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * workloads.ini and its drop-ins (workloads.d/NAME.ini beside it), compiled: names of workloads and
 * services, and the tables by which the kernel tells addresses, ports and hosts apart. Source of
 * truth: meshtap-workloads.ini(5).
 */
#ifndef MESHTAP_WORKLOADS_H
#define MESHTAP_WORKLOADS_H

#include <stdbool.h>
#include <stddef.h>

#include "endpoint.h"

/* What is said of a workload; NULL: nothing. */
struct workload_names {
	const char *workload;
	const char *namespace;
	const char *app;
	const char *version;
	const char *cluster;
	const char *canonical_service;
	const char *canonical_revision;
	const char *principal;
};

struct service_names {
	const char *host;      /* never NULL */
	const char *name;      /* never NULL */
	const char *namespace; /* NULL: not said */
	/* Text for %UPSTREAM_CLUSTER_RAW%. NULL: it is outbound|PORT||host, and which of the
	 * service's ports is called is not known here, or it names none. */
	const char *upstream_cluster;
};

struct workloads_prefix {
	__be32 address[4];   /* IPv4 as ::ffff:a.b.c.d */
	unsigned int length; /* 0 to 128; of IPv4 96 to 128 */
	__u32 id;	     /* struct endpoint's prefix */
};

/* A value of the Host header: a configured host, or HOST:PORT with a port of its service. */
struct workloads_host {
	const char *text; /* lower case */
	__u32 id;	  /* never 0 */
};

struct workloads;

/*
 * Reads the file and its drop-ins. Errors are printed as settings_read() does, one line each with
 * file, line and key. An absent file is an error only when it is required; without any file *ret is
 * an empty configuration. Returns -1 to go on, else the exit code; *ret is owned by the caller.
 */
int workloads_read(struct workloads **ret, const char *collector, const char *path, bool required);
void workloads_free(struct workloads *w);

/* Equal for equal texts of all files and names of drop-ins; changes when any of them changes, but
 * for blanks at the ends of lines. */
unsigned long long workloads_hash(const struct workloads *w);

/*
 * Names of the workload whose unit ("" or NULL: not known) and endpoint these are, by the most
 * specific entry; all NULL when there is none. is_local: [local]'s defaults are filled in, without
 * an entry too. Strings are owned by w.
 */
void workloads_find(const struct workloads *w, const char *unit, struct endpoint at, bool is_local,
		    struct workload_names *ret);

/* The service at an address and port, or NULL. */
const struct service_names *workloads_service(const struct workloads *w, struct endpoint at);

/* The service of a workloads_host, or NULL; *ret_text: the host as configured, in lower case,
 * without a port that was not. */
const struct service_names *workloads_host_service(const struct workloads *w, __u32 host,
						   const char **ret_text);

/* Tables for the kernel, owned by w. Ports are in host byte order, ascending. */
const struct workloads_prefix *workloads_prefixes(const struct workloads *w, size_t *ret_count);
const __u16 *workloads_ports(const struct workloads *w, size_t *ret_count);
const struct workloads_host *workloads_hosts(const struct workloads *w, size_t *ret_count);

#endif
