/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a ServiceEntry and a Service of Kubernetes have in common. */
#include <ctype.h>
#include <string.h>

#include "tree.h"

void service_add(struct converter *c, struct service *s, const struct node *ports)
{
	if (ports && ports->count && !s->service_ports_count) {
		warn(c, s->object.node, "no port of TCP: skipped");
		return;
	}
	s->next = c->first_service;
	c->first_service = s;
	c->services_count++;
}

void service_add_host(struct converter *c, struct service *s, const char *host)
{
	char *lower = converter_copy(c, host, strlen(host) + 1);

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	s->hosts[s->hosts_count++] = lower;
}

void service_add_address(struct converter *c, struct service *s, const struct node *n)
{
	const char *text = node_name(c, n);
	struct prefix prefix;
	int status;

	if (c->failed)
		return;
	status = text ? prefix_parse(&prefix, text) : -1;
	if (status < 0) {
		fail(c, n, "must be an IP address or a CIDR");
		return;
	}
	if (status > 0) /* Envoy masks them too */
		warn(c, n, "%s has host bits, which are ignored", text);
	prefixes_add(c, &s->addresses, &prefix);
	for (size_t i = 0; i < s->service_ports_count; i++)
		ports_add(c, &s->ports, s->service_ports[i].number, n);
}

/*
 * Istio's order (convertEndpoint in pilot/pkg/serviceregistry/serviceentry): the endpoint's own
 * port of that name, targetPort, the service's port. A name as targetPort is the endpoint's or
 * nobody's (serviceInstanceFromWorkloadInstance in serviceregistry/kube/controller): 0 then.
 */
static unsigned int endpoint_port(struct converter *c, const struct service_port *port,
				  const struct node *port_map)
{
	unsigned int number;

	if (port->target_name)
		return field_port(c, port_map, port->target_name);
	number = *port->name ? field_port(c, port_map, port->name) : 0;
	if (number)
		return number;
	return port->target ? port->target : port->number;
}

void service_add_endpoint(struct converter *c, struct service *s, const struct prefix *address,
			  const struct node *port_map)
{
	bool has_port = !s->service_ports_count;

	for (size_t i = 0; i < s->service_ports_count; i++) {
		unsigned int number = endpoint_port(c, &s->service_ports[i], port_map);

		if (!number)
			continue;
		ports_add(c, &s->ports, number, s->object.node);
		has_port = true;
	}
	if (has_port)
		prefixes_add(c, &s->addresses, address);
}

const char *port_name(struct converter *c, const struct node *port)
{
	const char *name = field_name(c, port, "name");

	return name ? name : "";
}
