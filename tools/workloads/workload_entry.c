/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Source: istio.io/latest/docs/reference/config/networking/workload-entry */
#include <string.h>

#include "tree.h"

const char *workload_label(struct converter *c, const struct workload *w, const char *key)
{
	for (size_t i = 0; i < 2; i++) {
		const struct node *n = field(c, w->labels[i], key);

		if (n) {
			const char *text = node_name(c, n);

			return text && *text ? text : NULL;
		}
	}
	return NULL;
}

/*
 * The workload of Istio's metrics (WorkloadNameFromWorkloadEntry in istio/pkg/kube/labels): the
 * WorkloadGroup whose VM registered itself, else a label, else the entry's own name.
 */
const char *workload_name(struct converter *c, const struct workload *w)
{
	const char *name = field_name(c, w->annotations, "istio.io/autoRegistrationGroup");

	if (!name)
		name = workload_label(c, w, "service.istio.io/workload-name");
	return name ? name : w->object.name;
}

static void read_ports(struct converter *c, struct workload *w)
{
	const struct node *port;

	node_for_each(port, w->port_map)
	{
		unsigned int number = node_port(c, port);

		if (c->failed)
			return;
		ports_add(c, &w->ports, number, port);
	}
}

/* Returns whether it is one. */
static bool read_address(struct converter *c, struct workload *w, const struct node *spec)
{
	const struct node *n = field(c, spec, "address");
	const char *text = node_name(c, n);

	if (c->failed)
		return false;
	if (!text || !*text) {
		warn(c, n ? n : w->object.node, "a WorkloadEntry without an address: skipped");
		return false;
	}
	if (strchr(text, '/') || prefix_parse(&w->address, text)) {
		warn(c, n, "%s is no IP address: skipped", text);
		return false;
	}
	return true;
}

void workload_entry_read(struct converter *c, const struct object *object)
{
	const struct node *metadata = field_map(c, object->node, "metadata");
	const struct node *spec = field_map(c, object->node, "spec");
	struct workload *w = converter_take(c, 1, sizeof(*w));

	w->object = *object;
	/* Istio merges both, and metadata wins (ConvertWorkloadEntry). */
	w->labels[0] = field_map(c, metadata, "labels");
	w->labels[1] = field_map(c, spec, "labels");
	w->annotations = field_map(c, metadata, "annotations");
	w->port_map = field_map(c, spec, "ports");
	w->network = field_name(c, spec, "network");
	w->account = field_name(c, spec, "serviceAccount");
	read_ports(c, w);
	if (!read_address(c, w, spec))
		return;
	w->next = c->first_workload;
	c->first_workload = w;
	c->workloads_count++;
}
