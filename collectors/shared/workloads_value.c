// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "glob_match.h"
#include "log_text_utf8.h"
#include "settings_number.h"

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyz0123456789-._"
#define IPV6_BYTES "0123456789abcdef:."

int value_label(const char *text, size_t length)
{
	size_t n;

	if (!length || length > LABEL_MAX)
		return -EINVAL;
	for (size_t i = 0; i < length; i += n) {
		n = utf8_length(text + i, length - i);
		if (!n || (unsigned char)text[i] < ' ' || text[i] == '\x7f')
			return -EINVAL;
	}
	return 0;
}

/* Bits of an address behind the length that are set. */
static bool has_host_bits(const __be32 address[4], unsigned int length)
{
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int kept = length > 32 * i ? length - 32 * i : 0;

		if (kept < 32 && ntohl(address[i]) & 0xffffffffU >> kept)
			return true;
	}
	return false;
}

/* Returns how many bits of the 128 are before the address as it is written, or -EINVAL. */
static int parse_address(__be32 ret[4], const char *text)
{
	if (inet_pton(AF_INET6, text, ret) == 1)
		return 0;
	ret[0] = ret[1] = 0;
	ret[2] = htonl(0xffff);
	return inet_pton(AF_INET, text, &ret[3]) == 1 ? 96 : -EINVAL;
}

int value_prefix(struct workloads_prefix *ret, const char *text)
{
	size_t length = strcspn(text, "/");
	struct workloads_prefix p = { .length = 128 };
	char address[INET6_ADDRSTRLEN];
	int before;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	before = parse_address(p.address, address);
	if (before < 0)
		return -EINVAL;
	if (text[length]) {
		if (settings_number(&p.length, text + length + 1, 0, 128 - before))
			return -EINVAL;
		p.length += before;
	}
	if (has_host_bits(p.address, p.length))
		return -EINVAL;
	*ret = p;
	return 0;
}

bool prefix_is_ipv4(const struct workloads_prefix *p)
{
	return p->length >= 96 && !p->address[0] && !p->address[1] &&
	       p->address[2] == htonl(0xffff);
}

int value_port(__u16 *ret, const char *text)
{
	unsigned int port;

	if (settings_number(&port, text, 1, 65535))
		return -EINVAL;
	*ret = port;
	return 0;
}

/* Backslashes are bytes of unit names; brackets are in none, who writes them means a class. */
int value_unit(const char *text)
{
	size_t length = strlen(text);

	if (length > GLOB_MAX || strpbrk(text, "[]"))
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == '\x7f')
			return -EINVAL;
	return length ? 0 : -EINVAL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

int value_host(char ret[HOST_MAX + 1], const char *text, size_t length)
{
	if (!length || length > HOST_MAX || *text == '.')
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (!strchr(HOST_BYTES, lower(text[i])) || !text[i])
			return -EINVAL;
	for (size_t i = 0; i < length; i++)
		ret[i] = lower(text[i]);
	ret[length] = '\0';
	return 0;
}

static int ipv6_host(char ret[HOST_MAX + 1], const char *text, size_t length)
{
	if (length < 4 || length > HOST_MAX || text[length - 1] != ']')
		return -EINVAL;
	for (size_t i = 1; i < length - 1; i++)
		if (!text[i] || !strchr(IPV6_BYTES, lower(text[i])))
			return -EINVAL;
	for (size_t i = 0; i < length; i++)
		ret[i] = lower(text[i]);
	ret[length] = '\0';
	return 0;
}

bool authority_has_port(const char *authority)
{
	const char *colon = strrchr(authority, ':');

	return colon && !strchr(colon, ']');
}

int value_authority(char ret[HOST_MAX + 1], const char *text)
{
	size_t length = strlen(text), host = length;
	__u16 port;

	if (length > HOST_MAX)
		return -EINVAL;
	if (authority_has_port(text)) {
		host = strrchr(text, ':') - text;
		if (value_port(&port, text + host + 1))
			return -EINVAL;
	}
	if (*text == '[' ? ipv6_host(ret, text, host) : value_host(ret, text, host))
		return -EINVAL;
	strcpy(ret + host, text + host);
	return 0;
}
