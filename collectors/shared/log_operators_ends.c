// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "access_address.h"
#include "log_operators_get.h"
#include "log_text_number.h"

#include <arpa/inet.h>
#include <string.h>

/* addr NULL: it is not known. */
static struct access_end end_of(const struct access_record *r, int which)
{
	switch (which) {
	case LOG_END_UPSTREAM:
	case LOG_END_DOWNSTREAM_LOCAL:
		return access_server(r);
	case LOG_END_UPSTREAM_LOCAL:
		return r->is_client ? access_client(r) : (struct access_end){};
	default:
		return access_client(r);
	}
}

LOG_GETTER(address)
{
	struct access_end end = end_of(r, a->form);

	if (end.addr)
		log_say_own(ret, ret->own, access_put_end(ret->own, end) - ret->own);
}

/* MASK_PREFIX_LEN */
LOG_ARGUMENT(prefix)
{
	unsigned int bits;

	if (!s->text.data)
		return 0;
	if (!log_parse_number(s->text, &bits) || bits > 128)
		return log_refuse(s->error, "%%%s(...)%% takes a prefix length", s->name);
	ret->prefix_length = bits;
	return 0;
}

static void mask(__be32 addr[4], unsigned int bits)
{
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int keep = bits > 32 * i ? bits - 32 * i : 0;

		if (!keep)
			addr[i] = 0;
		else if (keep < 32)
			addr[i] &= htonl(~0u << (32 - keep));
	}
}

LOG_GETTER(address_only)
{
	struct access_end end = end_of(r, a->form);
	unsigned int skipped = end.addr && access_is_ipv4(end.addr) ? 96 : 0;
	char *to = ret->own;
	__be32 addr[4];

	if (!end.addr || a->prefix_length + (int)skipped > 128)
		return;
	memcpy(addr, end.addr, sizeof(addr));
	if (a->prefix_length >= 0)
		mask(addr, a->prefix_length + skipped);
	to = access_put_ip(to, addr);
	if (a->prefix_length >= 0) {
		*to++ = '/';
		to = put_decimal(to, a->prefix_length);
	}
	log_say_own(ret, ret->own, to - ret->own);
}

LOG_GETTER(port)
{
	struct access_end end = end_of(r, a->form);

	if (end.addr)
		log_say_number(ret, ntohs(end.port));
}

LOG_GETTER(cluster)
{
	char *to = ret->own;

	(void)a;
	if (r->cluster.data) {
		log_say_text(ret, r->cluster);
		return;
	}
	if (r->is_client) {
		LOG_SAY(ret, "PassthroughCluster");
		return;
	}
	to = mempcpy(to, "inbound|", 8);
	to = put_decimal(to, ntohs(r->tuple->local_port));
	to = mempcpy(to, "||", 2);
	log_say_own(ret, ret->own, to - ret->own);
}

LOG_ARGUMENT(server_name)
{
	(void)ret;
	if (s->text.length && !head_text_is(s->text, "SNI_ONLY"))
		return log_refuse(s->error, "%%%s(...)%% takes SNI_ONLY", s->name);
	s->needs->server_name = true;
	return 0;
}

LOG_GETTER(server_name)
{
	(void)a;
	log_say_text(ret, r->server_name);
}

LOG_GETTER(connection)
{
	(void)a;
	log_say_number(ret, r->connection);
}
