/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which objects there are, in lists as kubectl prints them. */
#include <string.h>

#include "text.h"
#include "tree.h"

static const struct {
	const char *kind;
	const char *api; /* or the beginning of it, up to a '/' */
	void (*read)(struct converter *c, const struct object *object);
} readers[] = {
	{ "WorkloadEntry", "networking.istio.io/", workload_entry_read },
	{ "ServiceEntry", "networking.istio.io/", service_entry_read },
	{ "Service", "v1", service_read },
};

static bool is_api(const char *api, const char *wanted)
{
	size_t length = strlen(wanted);

	return wanted[length - 1] == '/' ? !strncmp(api, wanted, length) : !strcmp(api, wanted);
}

static void read_head(struct converter *c, struct object *o)
{
	const struct node *metadata = field_map(c, o->node, "metadata");

	o->name = field_name(c, metadata, "name");
	o->namespace = field_name(c, metadata, "namespace");
	o->created = field_name(c, metadata, "creationTimestamp");
	if (!o->name)
		fail(c, metadata ? metadata : o->node, "an object without metadata.name");
	if (!o->namespace)
		o->namespace = c->options->namespace;
	if (!o->created)
		o->created = "";
}

static void read_object(struct converter *c, const struct node *node, const char *kind,
			const char *api)
{
	struct object object = { .node = node };

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(kind, readers[i].kind) || !is_api(api, readers[i].api))
			continue;
		object.kind = readers[i].kind;
		read_head(c, &object);
		if (!c->failed)
			readers[i].read(c, &object);
		return;
	}
	/* Its entries say themselves what a group's template says. */
	warn(c, node, "%s of %s: not converted", kind, api);
}

/* ServiceList's items do not say what they are when they come from the API itself. */
static void read_any(struct converter *c, const struct node *node, const char *kind,
		     const char *api)
{
	const struct node *items, *item;
	const char *own_kind, *own_api;
	size_t length;

	if (node->kind != NODE_MAP) {
		fail(c, node, "must be an object");
		return;
	}
	own_kind = field_name(c, node, "kind");
	own_api = field_name(c, node, "apiVersion");
	kind = own_kind ? own_kind : kind;
	api = own_api ? own_api : api;
	if (!c->failed && (!kind || !api))
		fail(c, node, "an object without kind and apiVersion");
	if (c->failed)
		return;
	length = strlen(kind);
	if (length < 4 || strcmp(kind + length - 4, "List")) {
		read_object(c, node, kind, api);
		return;
	}
	kind = length > 4 ? converter_print(c, "%.*s", (int)length - 4, kind) : NULL;
	items = field_list(c, node, "items");
	node_for_each(item, items)
	{
		if (!c->failed)
			read_any(c, item, kind, kind ? api : NULL);
	}
}

void objects_read(struct converter *c, const struct node *root)
{
	if (!root || root->kind == NODE_NULL)
		return;
	c->documents++;
	read_any(c, root, NULL, NULL);
}
