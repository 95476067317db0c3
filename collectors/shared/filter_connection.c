// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* source., destination., upstream. and connection. of Envoy, and meshtap. */
#include <arpa/inet.h>
#include <string.h>

#include "filter_node.h"

static struct filter_value address(char ret[ACCESS_ADDRESS_MAX], struct access_end end)
{
	return filter_text((struct head_text){ ret, access_put_end(ret, end) - ret });
}

static struct filter_value get_client_address(struct filter *f, const struct access_record *r)
{
	return address(f->client, access_client(r));
}

static struct filter_value get_server_address(struct filter *f, const struct access_record *r)
{
	return address(f->server, access_server(r));
}

static struct filter_value get_client_port(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_int(ntohs(access_client(r).port));
}

static struct filter_value get_server_port(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_int(ntohs(access_server(r).port));
}

/* Where a proxy connects from: on the server's host there is nobody between to tell. */
static struct filter_value get_upstream_local(struct filter *f, const struct access_record *r)
{
	return r->is_client ? get_client_address(f, r) : filter_error();
}

static struct filter_value get_id(struct filter *f, const struct access_record *r)
{
	(void)f;
	return (struct filter_value){ .kind = FILTER_UINT, .natural = r->connection };
}

static struct filter_value get_mtls(struct filter *f, const struct access_record *r)
{
	(void)f;
	(void)r;
	return filter_bool(false);
}

static int need_server_name(struct filter *f, struct log_needs *needs)
{
	(void)f;
	needs->server_name = true;
	return 0;
}

static struct filter_value get_server_name(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_text(r->server_name);
}

static int need_unit(struct filter *f, struct log_needs *needs)
{
	(void)f;
	needs->unit = true;
	return 0;
}

static struct filter_value get_unit(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_text(r->unit);
}

static struct filter_value get_peer_unit(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_text(r->peer_unit);
}

static struct filter_value get_comm(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_text(r->comm);
}

static struct filter_value get_pid(struct filter *f, const struct access_record *r)
{
	(void)f;
	return r->pid ? filter_int(r->pid) : filter_error();
}

static struct filter_value get_reporter(struct filter *f, const struct access_record *r)
{
	const char *name = r->is_client ? "source" : "destination";

	(void)f;
	return filter_text((struct head_text){ name, strlen(name) });
}

#define FIXED (FILTER_KNOWN_HTTP | FILTER_KNOWN_TCP)

const struct filter_attribute filter_connection_attributes[] = {
	{ "source", "address", FILTER_STRING, 0, get_client_address, NULL },
	{ "source", "port", FILTER_INT, 0, get_client_port, NULL },
	{ "destination", "address", FILTER_STRING, 0, get_server_address, NULL },
	{ "destination", "port", FILTER_INT, 0, get_server_port, NULL },
	{ "upstream", "address", FILTER_STRING, 0, get_server_address, NULL },
	{ "upstream", "port", FILTER_INT, 0, get_server_port, NULL },
	{ "upstream", "local_address", FILTER_STRING, 0, get_upstream_local, NULL },
	{ "connection", "id", FILTER_UINT, 0, get_id, NULL },
	{ "connection", "mtls", FILTER_BOOL, FIXED, get_mtls, NULL },
	{ "connection", "requested_server_name", FILTER_STRING, 0, get_server_name,
	  need_server_name },
	{ "meshtap", "unit", FILTER_STRING, 0, get_unit, need_unit },
	{ "meshtap", "peer_unit", FILTER_STRING, 0, get_peer_unit, need_unit },
	{ "meshtap", "comm", FILTER_STRING, 0, get_comm, NULL },
	{ "meshtap", "pid", FILTER_INT, 0, get_pid, NULL },
	{ "meshtap", "reporter", FILTER_STRING, 0, get_reporter, NULL },
	{},
};
