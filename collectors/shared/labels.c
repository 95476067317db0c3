// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "labels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workload.h"

#define UNKNOWN "unknown"

static const char *const names[LABELS] = {
	[LABEL_REPORTER] = "reporter",
	[LABEL_SOURCE_WORKLOAD] = "source_workload",
	[LABEL_SOURCE_CANONICAL_SERVICE] = "source_canonical_service",
	[LABEL_SOURCE_CANONICAL_REVISION] = "source_canonical_revision",
	[LABEL_SOURCE_WORKLOAD_NAMESPACE] = "source_workload_namespace",
	[LABEL_SOURCE_PRINCIPAL] = "source_principal",
	[LABEL_SOURCE_APP] = "source_app",
	[LABEL_SOURCE_VERSION] = "source_version",
	[LABEL_SOURCE_CLUSTER] = "source_cluster",
	[LABEL_DESTINATION_WORKLOAD] = "destination_workload",
	[LABEL_DESTINATION_WORKLOAD_NAMESPACE] = "destination_workload_namespace",
	[LABEL_DESTINATION_PRINCIPAL] = "destination_principal",
	[LABEL_DESTINATION_APP] = "destination_app",
	[LABEL_DESTINATION_VERSION] = "destination_version",
	[LABEL_DESTINATION_SERVICE] = "destination_service",
	[LABEL_DESTINATION_CANONICAL_SERVICE] = "destination_canonical_service",
	[LABEL_DESTINATION_CANONICAL_REVISION] = "destination_canonical_revision",
	[LABEL_DESTINATION_SERVICE_NAME] = "destination_service_name",
	[LABEL_DESTINATION_SERVICE_NAMESPACE] = "destination_service_namespace",
	[LABEL_DESTINATION_CLUSTER] = "destination_cluster",
	[LABEL_REQUEST_PROTOCOL] = "request_protocol",
	[LABEL_RESPONSE_CODE] = "response_code",
	[LABEL_GRPC_RESPONSE_STATUS] = "grpc_response_status",
	[LABEL_RESPONSE_FLAGS] = "response_flags",
	[LABEL_CONNECTION_SECURITY_POLICY] = "connection_security_policy",
	[LABEL_REQUEST_METHOD] = "request_method",
	[LABEL_REQUEST_HOST] = "request_host",
	[LABEL_UNIT] = "unit",
};

/* What Istio says of one end. */
struct end {
	struct workload_names names; /* none of them NULL */
	char canonical[WORKLOAD_NAME_MAX];
};

/* What Istio says of the destination's service; it depends on both ends. */
struct service {
	const char *host, *name, *namespace;
};

/* NULL: the label is absent. */
struct values {
	const char *of[LABELS];
	char code[16], grpc_status[16];
};

const char *label_name(enum label label)
{
	return names[label];
}

enum label label_find(const char *name, size_t length)
{
	for (int i = 0; i < LABELS; i++)
		if (strlen(names[i]) == length && !memcmp(names[i], name, length))
			return i;
	return LABELS;
}

static const char *first(const char *a, const char *b)
{
	return a ? a : b;
}

static const char *not_empty(const char *s)
{
	return s && *s ? s : NULL;
}

/* The name of a unit, or NULL. */
static const char *unit_of(const struct label_party *party)
{
	const char *unit = not_empty(party->unit);

	return unit && strcmp(unit, UNKNOWN) ? unit : NULL;
}

/* All instances of a template are one service: NAME@INSTANCE.service is of NAME@.service. */
static const char *derive_canonical(char ret[WORKLOAD_NAME_MAX], const char *unit)
{
	const char *at = strchr(unit, '@'), *suffix = strrchr(unit, '.');
	int n;

	if (!at || at == unit || !suffix || suffix < at || strcmp(suffix, ".service"))
		return unit;
	n = snprintf(ret, WORKLOAD_NAME_MAX, "%.*s%s", (int)(at + 1 - unit), unit, suffix);
	return n < WORKLOAD_NAME_MAX ? ret : unit;
}

/* local: whether this is the end that reports. */
static void describe_end(struct end *ret, const struct label_party *party,
			 const struct workloads *w, bool local)
{
	const char *unit = first(party->unit, ""), *none = local ? "" : UNKNOWN;
	struct workload_names *n = &ret->names;

	*n = (struct workload_names){};
	if (w)
		workloads_find(w, unit_of(party), party->at, local || *unit, n);
	if (!n->canonical_service)
		n->canonical_service = first(n->app, n->workload);
	if (!n->canonical_service)
		n->canonical_service = derive_canonical(ret->canonical, *unit ? unit : none);
	n->workload = first(n->workload, *unit ? unit : none);
	n->canonical_revision =
		first(n->canonical_revision, first(n->version, local ? "" : "latest"));
	n->namespace = first(n->namespace, none);
	n->app = first(n->app, none);
	n->version = first(n->version, none);
	n->cluster = first(n->cluster, none);
	n->principal = first(n->principal, UNKNOWN);
}

static struct service outbound_service(const struct label_source *s, const struct workloads *w,
				       const struct workload_names *peer)
{
	const struct service_names *found = w ? workloads_service(w, s->peer.at) : NULL;
	const char *host = found ? found->host : NULL;

	if (w && !found && s->host)
		found = workloads_host_service(w, s->host, &host);
	return (struct service){
		.host = first(host, UNKNOWN),
		.name = found ? found->name : "PassthroughCluster",
		.namespace = first(found ? found->namespace : NULL, peer->namespace),
	};
}

static struct service inbound_service(const struct label_source *s, const struct workloads *w,
				      const struct workload_names *local)
{
	const struct service_names *found = w ? workloads_service(w, s->local.at) : NULL;
	const char *own = first(not_empty(local->canonical_service), UNKNOWN);

	return (struct service){
		.host = found ? found->host : own,
		.name = found ? found->name : own,
		.namespace = local->namespace,
	};
}

static void set_source(struct values *v, const struct workload_names *n)
{
	v->of[LABEL_SOURCE_WORKLOAD] = n->workload;
	v->of[LABEL_SOURCE_CANONICAL_SERVICE] = n->canonical_service;
	v->of[LABEL_SOURCE_CANONICAL_REVISION] = n->canonical_revision;
	v->of[LABEL_SOURCE_WORKLOAD_NAMESPACE] = n->namespace;
	v->of[LABEL_SOURCE_PRINCIPAL] = n->principal;
	v->of[LABEL_SOURCE_APP] = n->app;
	v->of[LABEL_SOURCE_VERSION] = n->version;
	v->of[LABEL_SOURCE_CLUSTER] = n->cluster;
}

static void set_destination(struct values *v, const struct workload_names *n)
{
	v->of[LABEL_DESTINATION_WORKLOAD] = n->workload;
	v->of[LABEL_DESTINATION_WORKLOAD_NAMESPACE] = n->namespace;
	v->of[LABEL_DESTINATION_PRINCIPAL] = n->principal;
	v->of[LABEL_DESTINATION_APP] = n->app;
	v->of[LABEL_DESTINATION_VERSION] = n->version;
	v->of[LABEL_DESTINATION_CANONICAL_SERVICE] = n->canonical_service;
	v->of[LABEL_DESTINATION_CANONICAL_REVISION] = n->canonical_revision;
	v->of[LABEL_DESTINATION_CLUSTER] = n->cluster;
}

static void set_service(struct values *v, const struct service *s)
{
	v->of[LABEL_DESTINATION_SERVICE] = s->host;
	v->of[LABEL_DESTINATION_SERVICE_NAME] = s->name;
	v->of[LABEL_DESTINATION_SERVICE_NAMESPACE] = s->namespace;
}

static void set_parties(struct values *v, const struct label_source *s, const struct workloads *w,
			struct end *local, struct end *peer)
{
	struct service service;

	describe_end(local, &s->local, w, true);
	describe_end(peer, &s->peer, w, false);
	if (s->reporter == REPORTER_SOURCE) {
		set_source(v, &local->names);
		set_destination(v, &peer->names);
		service = outbound_service(s, w, &peer->names);
	} else {
		set_source(v, &peer->names);
		set_destination(v, &local->names);
		service = inbound_service(s, w, &local->names);
	}
	set_service(v, &service);
}

static void set_http(struct values *v, const struct label_source *s, const struct workloads *w)
{
	const char *host = NULL;

	snprintf(v->code, sizeof(v->code), "%u", s->response_code);
	v->of[LABEL_RESPONSE_CODE] = v->code;
	if (s->grpc_status)
		snprintf(v->grpc_status, sizeof(v->grpc_status), "%u", s->grpc_status - 1);
	v->of[LABEL_GRPC_RESPONSE_STATUS] = v->grpc_status;
	v->of[LABEL_REQUEST_METHOD] = first(s->method, UNKNOWN);
	if (w && s->host)
		workloads_host_service(w, s->host, &host);
	v->of[LABEL_REQUEST_HOST] = first(host, UNKNOWN);
}

static void set_unknown(struct values *v, bool is_http)
{
	for (int i = 0; i < LABELS; i++)
		v->of[i] = UNKNOWN;
	if (is_http)
		return;
	v->of[LABEL_RESPONSE_CODE] = NULL;
	v->of[LABEL_GRPC_RESPONSE_STATUS] = NULL;
	v->of[LABEL_REQUEST_METHOD] = NULL;
	v->of[LABEL_REQUEST_HOST] = NULL;
}

/* A proxy knows of mutual TLS; here it is not looked into, and plaintext is what is parsed. */
static void set_rest(struct values *v, const struct label_source *s)
{
	v->of[LABEL_RESPONSE_FLAGS] = first(s->flags, "-");
	v->of[LABEL_CONNECTION_SECURITY_POLICY] = s->reporter == REPORTER_SOURCE ? UNKNOWN : "none";
	v->of[LABEL_UNIT] = first(s->local.unit, "");
}

/* Up to the quote at its end, which the next label or the end of all of them brings. */
static void write_label(struct prom_text *t, const char *name, const char *value, size_t begin)
{
	if (!value)
		return;
	if (t->length > begin)
		prom_append(t, "\",", 2);
	prom_append(t, name, strlen(name));
	prom_append(t, "=\"", 2);
	prom_escape(t, value);
}

static const char *protocol_of(const struct label_source *s)
{
	if (!s->is_http)
		return "tcp";
	return s->is_grpc ? "grpc" : "http";
}

/* The base labels are those before the first that a message counter lacks. */
static unsigned int standard_labels(const struct label_source *s)
{
	return s->is_messages ? LABEL_REQUEST_PROTOCOL : LABELS_STANDARD;
}

int labels_write(struct prom_text *ret, const struct label_source *source,
		 const struct workloads *w, const struct label_tags *tags)
{
	struct values v = {};
	struct end local, peer;
	size_t begin = ret->length;

	if (source->reporter != REPORTER_SOURCE && source->reporter != REPORTER_DESTINATION)
		return -EINVAL;
	if (source->is_overflow) {
		set_unknown(&v, source->is_http);
	} else {
		set_parties(&v, source, w, &local, &peer);
		if (source->is_http)
			set_http(&v, source, w);
		set_rest(&v, source);
	}
	v.of[LABEL_REPORTER] = source->reporter == REPORTER_SOURCE ? "source" : "destination";
	v.of[LABEL_REQUEST_PROTOCOL] = protocol_of(source);
	for (unsigned int i = 0; i < standard_labels(source); i++)
		if (!tags || !(tags->removed >> i & 1))
			write_label(ret, names[i], v.of[i], begin);
	for (unsigned int i = 0; tags && i < tags->added_count; i++)
		write_label(ret, names[tags->added[i]], v.of[tags->added[i]], begin);
	prom_append(ret, "\"", ret->length > begin); /* all removed: "", not NULL */
	return ret->error;
}
