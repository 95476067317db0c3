/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two ends of a record's connection, and addresses as Envoy writes them. */
#ifndef MESHTAP_ACCESS_ADDRESS_H
#define MESHTAP_ACCESS_ADDRESS_H

#include "access_record.h"

struct access_end {
	const __be32 *addr; /* IPv6, or IPv4 mapped; borrowed of the record's tuple */
	__be16 port;
};

struct access_end access_client(const struct access_record *r);
struct access_end access_server(const struct access_record *r);

bool access_is_ipv4(const __be32 addr[4]);

/* Write without NUL, at most ACCESS_ADDRESS_MAX bytes; return the end. IP:PORT, of IPv6 [IP]:PORT;
 * or the IP alone. */
#define ACCESS_ADDRESS_MAX 64
char *access_put_end(char *to, struct access_end end);
char *access_put_ip(char *to, const __be32 addr[4]);

#endif
