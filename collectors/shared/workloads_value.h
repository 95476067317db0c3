/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The values that workloads.ini may have. All return 0 or -EINVAL, *ret untouched. */
#ifndef MESHTAP_WORKLOADS_VALUE_H
#define MESHTAP_WORKLOADS_VALUE_H

#include "workloads.h"

#define LABEL_MAX 253
#define HOST_MAX  253 /* RFC 1035 2.3.4, as text */

/* A label's text: 1 to LABEL_MAX bytes of UTF-8 without control characters of ASCII. */
int value_label(const char *text, size_t length);

/* An address or CIDR; of IPv4-mapped IPv6 the IPv4. The id is not set. */
int value_prefix(struct workloads_prefix *ret, const char *text);
int value_port(__u16 *ret, const char *text);

/* Of IPv4 as ::ffff:a.b.c.d. */
bool prefix_is_ipv4(const struct workloads_prefix *p);

/* A pattern of unit names. */
int value_unit(const char *text);

/* A host name or IPv4 address, made lower case; an authority may also have [IPv6], and :PORT. */
int value_host(char ret[HOST_MAX + 1], const char *text, size_t length);
int value_authority(char ret[HOST_MAX + 1], const char *text);

/* Whether an authority ends with :PORT. */
bool authority_has_port(const char *authority);

#endif
