/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses and CIDRs. IPv4, also IPv4-mapped IPv6, is ::ffff:a.b.c.d with 96 more bits. */
#ifndef MESHTAP_PREFIX_H
#define MESHTAP_PREFIX_H

#include <netinet/in.h>

struct prefix {
	struct in6_addr address; /* host bits are 0 */
	unsigned int length;	 /* 0 to 128 */
};

#define PREFIX_TEXT_MAX (INET6_ADDRSTRLEN + sizeof("/128") - 1) /* with its NUL */

/*
 * An address, or a CIDR. Returns 0; 1 when it had host bits, which are 0 now; -EINVAL when it is
 * neither.
 */
int prefix_parse(struct prefix *ret, const char *text);

/* An address without its length. */
void prefix_print(char ret[PREFIX_TEXT_MAX], const struct prefix *p);

int prefix_compare(const struct prefix *a, const struct prefix *b);

#endif
