/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_BITS 96 /* of ::ffff:0:0/96 */

/* Clears them. */
static bool has_host_bits(struct prefix *p)
{
	bool found = false;

	for (unsigned int bit = p->length; bit < 128; bit++) {
		unsigned char mask = 0x80 >> bit % 8;

		found |= p->address.s6_addr[bit / 8] & mask;
		p->address.s6_addr[bit / 8] &= (unsigned char)~mask;
	}
	return found;
}

static int parse_length(unsigned int *ret, const char *text, unsigned int max)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long length;

	if (!digits || digits > 3 || text[digits] || (*text == '0' && digits > 1))
		return -EINVAL;
	length = strtoul(text, NULL, 10);
	if (length > max)
		return -EINVAL;
	*ret = (unsigned int)length;
	return 0;
}

int prefix_parse(struct prefix *ret, const char *text)
{
	struct prefix p = { .address = { .s6_addr = { [10] = 0xff, 0xff } }, .length = 128 };
	const char *slash = strchrnul(text, '/');
	unsigned int first = 0;
	char address[INET6_ADDRSTRLEN];

	if ((size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	*(char *)mempcpy(address, text, (size_t)(slash - text)) = '\0';
	if (inet_pton(AF_INET, address, &p.address.s6_addr[12]) == 1)
		first = IPV4_BITS;
	else if (inet_pton(AF_INET6, address, &p.address) != 1)
		return -EINVAL;
	if (*slash) {
		if (parse_length(&p.length, slash + 1, 128 - first))
			return -EINVAL;
		p.length += first;
	}
	*ret = p;
	return has_host_bits(ret);
}

void prefix_print(char ret[PREFIX_TEXT_MAX], const struct prefix *p)
{
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(&p->address) && p->length >= IPV4_BITS;
	size_t length;

	if (is_v4)
		inet_ntop(AF_INET, &p->address.s6_addr[12], ret, PREFIX_TEXT_MAX);
	else
		inet_ntop(AF_INET6, &p->address, ret, PREFIX_TEXT_MAX);
	if (p->length == 128)
		return;
	length = strlen(ret);
	snprintf(ret + length, PREFIX_TEXT_MAX - length, "/%u",
		 p->length - (is_v4 ? IPV4_BITS : 0));
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = memcmp(&a->address, &b->address, sizeof(a->address));

	return order ? order : (int)a->length - (int)b->length;
}
