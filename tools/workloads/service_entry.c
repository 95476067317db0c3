/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Source: istio.io/latest/docs/reference/config/networking/service-entry */
#include <string.h>

#include "text.h"
#include "tree.h"

static void read_hosts(struct converter *c, struct service *s, const struct node *spec)
{
	const struct node *hosts = field_list(c, spec, "hosts"), *n;

	if (!hosts || !hosts->count) {
		fail(c, spec ? spec : s->object.node, "a ServiceEntry without hosts");
		return;
	}
	s->hosts = converter_take(c, hosts->count, sizeof(*s->hosts));
	node_for_each(n, hosts)
	{
		const char *text = n->kind == NODE_TEXT ? n->text : "";

		if (strchr(text, '*'))
			warn(c, n, "a wildcard is no name that a label could have: skipped");
		else if (!text_is_host(text))
			fail(c, n, "must be a DNS name of at most %d bytes", TEXT_MAX);
		else
			service_add_host(c, s, text);
	}
}

static void read_ports(struct converter *c, struct service *s, const struct node *ports)
{
	const struct node *n;

	s->service_ports = converter_take(c, ports ? ports->count : 0, sizeof(*s->service_ports));
	node_for_each(n, ports)
	{
		struct service_port *port = &s->service_ports[s->service_ports_count];
		const char *protocol = field_name(c, n, "protocol");

		if (protocol && !strcmp(protocol, "UDP"))
			continue;
		port->name = port_name(c, n);
		port->number = field_port(c, n, "number");
		port->target = field_port(c, n, "targetPort");
		if (!port->number)
			fail(c, n, "a port without a number");
		s->service_ports_count++;
	}
}

static void read_endpoint(struct converter *c, struct service *s, const struct node *n)
{
	const struct node *node = field(c, n, "address"), *port_map = field_map(c, n, "ports");
	struct prefix address;

	/* Also the path of a Unix socket, or only a network, whose gateway it is. */
	if (!node || node->kind != NODE_TEXT || strchr(node->text, '/') ||
	    prefix_parse(&address, node->text))
		warn(c, node ? node : n, "no IP address: this endpoint is skipped");
	else
		service_add_endpoint(c, s, &address, port_map);
}

void service_entry_read(struct converter *c, const struct object *object)
{
	const struct node *spec = field_map(c, object->node, "spec"), *selector, *n;
	const struct node *ports = field_list(c, spec, "ports");
	const char *location = field_name(c, spec, "location");
	const char *resolution = field_name(c, spec, "resolution");
	struct service *s = converter_take(c, 1, sizeof(*s));

	s->object = *object;
	s->about = converter_print(c, "%s, resolution %s", location ? location : "MESH_EXTERNAL",
				   resolution ? resolution : "NONE");
	read_hosts(c, s, spec);
	read_ports(c, s, ports);
	node_for_each(n, field_list(c, spec, "addresses")) service_add_address(c, s, n);
	node_for_each(n, field_list(c, spec, "endpoints")) read_endpoint(c, s, n);
	selector = field_map(c, spec, "workloadSelector");
	s->selector = field_map(c, selector, "labels");
	if (selector && !s->selector)
		s->selector = selector->count ? NULL : selector;
	if (c->failed)
		return;
	if (!s->hosts_count) {
		warn(c, object->node, "a ServiceEntry of wildcards only: skipped");
		return;
	}
	/* Istio's destination_service_name is the whole host (convertServices). */
	s->name = s->hosts[0];
	service_add(c, s, ports);
}
