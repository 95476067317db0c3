/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration of test_labels.c. */
#ifndef MESHTAP_LABELS_WORKLOADS_H
#define MESHTAP_LABELS_WORKLOADS_H

#include <string.h>

#include "labels.h"

/* Stands for workloads.c: prefix 1 is a workload of which all is said, 2 one of which little is. */
struct workloads {
	const char *expected_unit; /* "none": NULL */
	bool expected_local;
};

static unsigned int surprises;

void workloads_find(const struct workloads *w, const char *unit, struct endpoint at, bool is_local,
		    struct workload_names *ret)
{
	*ret = (struct workload_names){};
	if (at.prefix == 1)
		*ret = (struct workload_names){
			"reviews-v1", "bookinfo", "reviews",  "v1",
			"c1",	      "rev-cs",	  "rev-rev2", "spiffe://r"
		};
	if (at.prefix == 2)
		*ret = (struct workload_names){ .workload = "only-workload" };
	if (at.prefix == 3)
		*ret = (struct workload_names){ .app = "app", .version = "v3" };
	if (at.prefix == 9 &&
	    (is_local != w->expected_local || strcmp(unit ? unit : "none", w->expected_unit)))
		surprises++;
}

const struct service_names *workloads_service(const struct workloads *w, struct endpoint at)
{
	static const struct service_names service = { "reviews.bookinfo.svc", "reviews", "bookinfo",
						      NULL };
	static const struct service_names bare = { "bare.example", "bare", NULL, NULL };

	(void)w;
	return at.port == 9080 ? &service : at.port == 81 ? &bare : NULL;
}

const struct service_names *workloads_host_service(const struct workloads *w, __u32 host,
						   const char **ret_text)
{
	static const struct service_names service = { "shop.example", "shop", "ns-shop", NULL };

	(void)w;
	*ret_text = host == 7 ? "shop.example:8080" : NULL;
	return host == 7 ? &service : NULL;
}

static struct workloads configured;

#endif
