/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the sections of workloads.ini and its drop-ins say, one entry each. */
#ifndef MESHTAP_WORKLOADS_ENTRY_H
#define MESHTAP_WORKLOADS_ENTRY_H

#include "workloads.h"

enum entry_kind {
	ENTRY_LOCAL = 1,
	ENTRY_WORKLOAD = 2,
	ENTRY_SERVICE = 4,
};

enum entry_text {
	TEXT_WORKLOAD,
	TEXT_NAMESPACE,
	TEXT_APP,
	TEXT_VERSION,
	TEXT_CLUSTER,
	TEXT_CANONICAL_SERVICE,
	TEXT_CANONICAL_REVISION,
	TEXT_PRINCIPAL,
	TEXT_NAME,
	TEXT_UPSTREAM_CLUSTER,
	N_TEXTS,
};

struct text_list {
	char **items; /* owned */
	size_t n;
};

struct entry {
	enum entry_kind kind;
	char *name; /* behind the section's first word; of a service lower case */
	const char *path;
	unsigned int line;    /* where the section begins */
	unsigned int keys;    /* given: a bit for each of entry_keys */
	char *texts[N_TEXTS]; /* NULL: not given */
	struct text_list units, hosts;
	struct workloads_prefix *prefixes;
	size_t n_prefixes;
	__u16 *ports;
	size_t n_ports;
	struct workload_names workload; /* entries_complete() fills these in */
	struct service_names *services; /* [0], and [1 + i] where ports[i] is known to be called */
};

struct entries {
	struct entry *items;
	size_t n;
};

/* A new entry, its texts owned by it; NULL: no memory. Pointers to others are no longer valid. */
struct entry *entries_add(struct entries *es, enum entry_kind kind, const char *name,
			  size_t length);
void entries_free(struct entries *es);

/* Fills in what is said of a workload or service by default. Returns 0 or -ENOMEM. */
int entries_complete(struct entries *es);

/* Why entries cannot be used; text: one line, owned, NULL when there was no memory for it. */
struct entries_error {
	const struct entry *at; /* NULL: no error */
	char *text;
};

/* Fills *ret in. Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int
entries_refuse(struct entries_error *ret, const struct entry *at, const char *format, ...);

const char *entry_kind_name(enum entry_kind kind);

/* items with room for one more than n, if always grown by this function; NULL: no memory. */
void *list_room(void *items, size_t n, size_t size);
int text_list_add(struct text_list *list, const char *text, size_t length);
void text_list_free(struct text_list *list);

#endif
