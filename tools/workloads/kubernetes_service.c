/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Source: kubernetes.io/docs/concepts/services-networking/service */
#include <ctype.h>
#include <string.h>

#include "text.h"
#include "tree.h"

static void read_ports(struct converter *c, struct service *s, const struct node *ports)
{
	const struct node *n;

	s->service_ports = converter_take(c, ports ? ports->count : 0, sizeof(*s->service_ports));
	node_for_each(n, ports)
	{
		struct service_port *port = &s->service_ports[s->service_ports_count];
		const char *protocol = field_name(c, n, "protocol");
		const struct node *target = field(c, n, "targetPort");
		const char *text = node_name(c, target);

		if (protocol && strcmp(protocol, "TCP"))
			continue;
		port->name = port_name(c, n);
		port->number = field_port(c, n, "port");
		if (text && !isdigit((unsigned char)*text))
			port->target_name = text;
		else
			port->target = node_port(c, target);
		if (!port->number)
			fail(c, n, "a port without a number");
		s->service_ports_count++;
	}
}

static void read_cluster_ips(struct converter *c, struct service *s, const struct node *spec)
{
	const struct node *list = field_list(c, spec, "clusterIPs"), *n;
	const struct node *one = field(c, spec, "clusterIP");

	if (!list && one) {
		const char *text = node_name(c, one);

		if (text && *text && strcmp(text, "None"))
			service_add_address(c, s, one);
		return;
	}
	node_for_each(n, list)
	{
		const char *text = node_name(c, n);

		if (text && strcmp(text, "None"))
			service_add_address(c, s, n);
	}
}

void service_read(struct converter *c, const struct object *object)
{
	const struct node *spec = field_map(c, object->node, "spec");
	const struct node *ports = field_list(c, spec, "ports");
	const char *type = field_name(c, spec, "type");
	struct service *s = converter_take(c, 1, sizeof(*s));

	if (type && !strcmp(type, "ExternalName")) {
		warn(c, object->node, "an ExternalName is another service's name: skipped");
		return;
	}
	s->object = *object;
	s->about = type ? type : "ClusterIP";
	s->name = object->name;
	s->hosts = converter_take(c, 1, sizeof(*s->hosts));
	service_add_host(c, s,
			 converter_print(c, "%s.%s.svc.%s", object->name, object->namespace,
					 c->options->domain));
	read_ports(c, s, ports);
	read_cluster_ips(c, s, spec);
	s->selector = field_map(c, spec, "selector");
	if (s->selector && !s->selector->count)
		s->selector = NULL; /* selects nothing, unlike a ServiceEntry's */
	if (!text_is_host(s->hosts[0]))
		fail(c, object->node, "%s is no host", s->hosts[0]);
	service_add(c, s, ports);
}
