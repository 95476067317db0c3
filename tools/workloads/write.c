/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections of workloads.ini, see meshtap-workloads.ini(5); whole or nothing. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "tree.h"

#define LINE_MAX_BYTES 199 /* what the collectors read */

struct writer {
	struct converter *c;
	FILE *out;
	const struct object *object; /* whose section it is */
	size_t column;		     /* of a list's line */
};

/* The last gate: whatever was missed before, it cannot become a line of its own. */
static bool is_writable(struct writer *w, const char *value, size_t others)
{
	if (text_is_name(value) && strlen(value) + others <= LINE_MAX_BYTES)
		return true;
	fail(w->c, w->object->node,
	     "%s %s/%s: a value of " TEXT_NAME_RULE " in a line of at most %d is expected",
	     w->object->kind, w->object->namespace, w->object->name, LINE_MAX_BYTES);
	return false;
}

static void put_section(struct writer *w, const char *kind, const char *name)
{
	if (is_writable(w, name, strlen(kind) + 3))
		fprintf(w->out, "[%s %s]\n", kind, name);
}

static void put(struct writer *w, const char *key, const char *value)
{
	if (value && is_writable(w, value, strlen(key) + 3))
		fprintf(w->out, "%s = %s\n", key, value);
}

static void begin_list(struct writer *w, const char *key)
{
	w->column = (size_t)fprintf(w->out, "%s =", key);
}

static void put_item(struct writer *w, const char *value)
{
	if (!is_writable(w, value, 1))
		return;
	if (w->column + 1 + strlen(value) > LINE_MAX_BYTES) {
		fputs("\n\t", w->out);
		w->column = 1 + (size_t)fprintf(w->out, "%s", value);
	} else {
		w->column += (size_t)fprintf(w->out, " %s", value);
	}
}

static void end_list(struct writer *w)
{
	fputc('\n', w->out);
}

static void put_ports(struct writer *w, const struct ports *p)
{
	char number[8];

	if (!p->count)
		return;
	begin_list(w, "port");
	for (size_t i = 0; i < p->count; i++) {
		snprintf(number, sizeof(number), "%u", p->numbers[i]);
		put_item(w, number);
	}
	end_list(w);
}

static void begin_object(struct writer *w, const struct object *o, const char *about)
{
	w->object = o;
	if (is_writable(w, o->namespace, 0) && is_writable(w, o->name, 0))
		fprintf(w->out, "\n# %s %s/%s%s%s\n", o->kind, o->namespace, o->name,
			*about ? ": " : "", about);
}

static const char *first_label(struct writer *w, const struct workload *from, const char *first,
			       const char *second)
{
	const char *value = workload_label(w->c, from, first);

	return value ? value : workload_label(w->c, from, second);
}

/*
 * Labels as Istio's proxies have them: app and version by the recommended key before the plain one
 * (istio/proxy, extensions/common/metadata_object), canonical ones by their own label before those
 * (CanonicalService in istio/pkg/kube/labels).
 */
static void put_labels(struct writer *w, const struct workload *from)
{
	const char *workload = workload_name(w->c, from);
	const char *app = first_label(w, from, "app.kubernetes.io/name", "app");
	const char *version = first_label(w, from, "app.kubernetes.io/version", "version");
	const char *service = workload_label(w->c, from, "service.istio.io/canonical-name");
	const char *revision = workload_label(w->c, from, "service.istio.io/canonical-revision");
	const char *cluster = workload_label(w->c, from, "topology.istio.io/cluster");

	put(w, "workload", workload);
	put(w, "namespace", from->object.namespace);
	put(w, "app", app);
	put(w, "version", version);
	put(w, "cluster", cluster ? cluster : w->c->options->cluster);
	put(w, "canonical_service", service ? service : app ? app : workload);
	put(w, "canonical_revision", revision ? revision : version ? version : "latest");
}

static void put_workload(struct writer *w, const struct workload *from)
{
	const struct object *o = &from->object;
	char address[PREFIX_TEXT_MAX];

	begin_object(w, o, from->network ? converter_print(w->c, "network %s", from->network) : "");
	put_section(w, "workload", converter_print(w->c, "%s/%s", o->namespace, o->name));
	prefix_print(address, &from->address);
	put(w, "address", address);
	put_ports(w, &from->ports);
	put_labels(w, from);
	if (from->account)
		put(w, "principal",
		    converter_print(w->c, "spiffe://%s/ns/%s/sa/%s", w->c->options->trust_domain,
				    o->namespace, from->account));
}

static void put_hosts(struct writer *w, const struct service *s)
{
	bool is_first = true;

	for (size_t i = 1; i < s->hosts_count + SHORT_HOSTS; i++) {
		const char *host =
			i < s->hosts_count ? s->hosts[i] : s->short_hosts[i - s->hosts_count];

		if (!host)
			continue;
		if (is_first)
			begin_list(w, "hosts");
		is_first = false;
		put_item(w, host);
	}
	if (!is_first)
		end_list(w);
}

static void put_addresses(struct writer *w, const struct service *s)
{
	char address[PREFIX_TEXT_MAX];

	if (!s->addresses.count)
		return;
	begin_list(w, "address");
	for (size_t i = 0; i < s->addresses.count; i++) {
		prefix_print(address, &s->addresses.items[i]);
		put_item(w, address);
	}
	end_list(w);
	put_ports(w, &s->ports);
}

/* Istio's clusters have the service's port. The default has the connection's, which may be
 * another. */
static void put_upstream_cluster(struct writer *w, const struct service *s)
{
	unsigned int port;

	if (s->service_ports_count != 1)
		return;
	port = s->service_ports[0].number;
	if (s->ports.count != 1 || s->ports.numbers[0] != port)
		put(w, "upstream_cluster",
		    converter_print(w->c, "outbound|%u||%s", port, s->hosts[0]));
}

static void put_service(struct writer *w, const struct service *s)
{
	begin_object(w, &s->object, s->about);
	put_section(w, "service", s->hosts[0]);
	put(w, "name", s->name);
	put(w, "namespace", s->object.namespace);
	put_hosts(w, s);
	put_addresses(w, s);
	put_upstream_cluster(w, s);
}

static int compare_hosts(const void *a, const void *b)
{
	const struct service *x = *(struct service *const *)a, *y = *(struct service *const *)b;

	return strcmp(x->hosts[0], y->hosts[0]);
}

static void put_all(struct writer *w)
{
	struct converter *c = w->c;

	fputs("# Made by " PROGRAM " " MESHTAP_VERSION ": make it anew rather than change it.\n",
	      w->out);
	for (size_t i = 0; i < c->workloads_count && !c->failed; i++) {
		if (!c->workloads[i]->is_dropped)
			put_workload(w, c->workloads[i]);
	}
	qsort(c->services, c->services_count, sizeof(*c->services), compare_hosts);
	for (size_t i = 0; i < c->services_count && !c->failed; i++) {
		if (!c->services[i]->is_dropped)
			put_service(w, c->services[i]);
	}
}

static void write_out(struct converter *c, FILE *out, const char *text, size_t size)
{
	if (fwrite(text, 1, size, out) == size && !fflush(out))
		return;
	fprintf(c->errors, PROGRAM ": cannot write: %m\n");
	c->failed = EXIT_RUNTIME;
}

void convert_write(struct converter *c, FILE *out)
{
	struct writer w = { .c = c };
	char *text = NULL;
	size_t size = 0;

	if (c->failed)
		return;
	w.out = open_memstream(&text, &size);
	if (w.out)
		put_all(&w);
	if (!w.out || fclose(w.out)) {
		fprintf(c->errors, PROGRAM ": no memory\n");
		c->failed = EXIT_RUNTIME;
	}
	if (!c->failed)
		write_out(c, out, text, size);
	free(text);
}
