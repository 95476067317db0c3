// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "access_address.h"
#include "log_text_number.h"

#include <arpa/inet.h>
#include <string.h>

_Static_assert(ACCESS_ADDRESS_MAX >= INET6_ADDRSTRLEN + sizeof("[]:65535"), "IPv6");

static struct access_end end_of(const struct tuple *t, bool is_local)
{
	if (is_local)
		return (struct access_end){ t->local_addr, t->local_port };
	return (struct access_end){ t->remote_addr, t->remote_port };
}

struct access_end access_client(const struct access_record *r)
{
	return end_of(r->tuple, r->is_client);
}

struct access_end access_server(const struct access_record *r)
{
	return end_of(r->tuple, !r->is_client);
}

bool access_is_ipv4(const __be32 addr[4])
{
	return !addr[0] && !addr[1] && addr[2] == htonl(0xffff);
}

static char *put_octet(char *to, unsigned char n)
{
	if (n >= 100)
		*to++ = '0' + n / 100;
	if (n >= 10)
		*to++ = '0' + n / 10 % 10;
	*to++ = '0' + n % 10;
	return to;
}

static char *put_ipv4(char *to, __be32 addr)
{
	unsigned char bytes[4];

	memcpy(bytes, &addr, sizeof(bytes));
	for (int i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = put_octet(to, bytes[i]);
	}
	return to;
}

char *access_put_ip(char *to, const __be32 addr[4])
{
	if (access_is_ipv4(addr))
		return put_ipv4(to, addr[3]);
	inet_ntop(AF_INET6, addr, to, INET6_ADDRSTRLEN);
	return to + strlen(to);
}

char *access_put_end(char *to, struct access_end end)
{
	bool is_ipv4 = access_is_ipv4(end.addr);

	if (!is_ipv4)
		*to++ = '[';
	to = access_put_ip(to, end.addr);
	if (!is_ipv4)
		*to++ = ']';
	*to++ = ':';
	return put_decimal(to, ntohs(end.port));
}
