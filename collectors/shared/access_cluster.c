// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "access_cluster.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct head_text access_cluster(const struct service_names *service, const struct tuple *t,
				char buffer[ACCESS_CLUSTER_MAX])
{
	const char *text = buffer;

	if (!service)
		return (struct head_text){};
	if (service->upstream_cluster)
		text = service->upstream_cluster;
	else
		snprintf(buffer, ACCESS_CLUSTER_MAX, "outbound|%u||%s", ntohs(t->remote_port),
			 service->host);
	return (struct head_text){ text, strlen(text) };
}
