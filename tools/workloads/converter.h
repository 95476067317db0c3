/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * meshtap-workloads: objects of Istio and Kubernetes in, text of workloads.ini out. All memory
 * lives until the end; when there is none left, the program exits.
 */
#ifndef MESHTAP_CONVERTER_H
#define MESHTAP_CONVERTER_H

#include <stdbool.h>
#include <stdio.h>

#include "prefix.h"

#define PROGRAM "meshtap-workloads"

/* As the collectors'. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 2, /* or bad input */
};

/* Bounds of what an input may cost. */
#define BYTES_MAX  (64UL << 20)
#define NODES_MAX  2000000UL
#define CLAIMS_MAX 1000000UL /* addresses of services, times their ports */
#define PORTS_MAX  1024	     /* of one section */
#define DEPTH_MAX  64

struct convert_options {
	const char *cluster; /* NULL: not said */
	const char *domain;
	const char *trust_domain;
	const char *namespace; /* of objects that name none */
};

/* Of any kind; strings are names (text.h). */
struct object {
	const struct node *node;
	const char *kind, *name, *namespace;
	const char *created; /* RFC 3339, UTC: in the order of strcmp(); "": not said */
};

struct ports {
	unsigned int *numbers; /* ascending, each once */
	size_t count, capacity;
};

struct prefixes {
	struct prefix *items;
	size_t count, capacity;
};

struct workload {
	struct object object;
	struct workload *next;
	struct prefix address;
	const struct node *port_map;  /* name: number; NULL: none */
	const struct node *labels[2]; /* the first that has a key says its value; NULL: none */
	const struct node *annotations;
	const char *network, *account; /* NULL: not said */
	struct ports ports;	       /* of the section; none: any */
	bool is_dropped;	       /* older ones have all that it has */
};

struct service_port {
	const char *name;	 /* "": none */
	unsigned int number;	 /* as clients know it */
	unsigned int target;	 /* 0: not said */
	const char *target_name; /* NULL: not said */
};

#define SHORT_HOSTS 3

struct service {
	struct object object;
	struct service *next;
	const char *about; /* for the section's comment */
	const char *name;
	const char **hosts;		      /* the first is the section's */
	const char *short_hosts[SHORT_HOSTS]; /* NULL: none */
	struct service_port *service_ports;
	size_t hosts_count, service_ports_count;
	const struct node *selector; /* labels; NULL: selects nothing */
	struct prefixes addresses;
	struct ports ports; /* of all addresses together */
	bool is_dropped;
};

struct converter {
	const struct convert_options *options;
	FILE *errors;
	enum exit_code failed; /* the first error was printed; nothing that follows counts */
	struct memory_block *memory;
	size_t bytes, nodes, claims, documents;
	size_t workloads_count, services_count;
	struct workload *first_workload;
	struct service *first_service;
	struct workload **workloads; /* by namespace and name; from convert_select() on */
	struct service **services;   /* by age; from convert_select() on */
};

void converter_init(struct converter *c, const struct convert_options *options, FILE *errors);
void converter_free(struct converter *c);

/* Alive until converter_free(). take: zeroed. */
void *converter_take(struct converter *c, size_t count, size_t size);
void *converter_copy(struct converter *c, const void *bytes, size_t size);
__attribute__((format(printf, 2, 3))) const char *converter_print(struct converter *c,
								  const char *format, ...);

/* Print "PROGRAM: FILE:LINE:COLUMN: PATH: what"; fail() the first time only. */
__attribute__((format(printf, 3, 4))) void fail(struct converter *c, const struct node *at,
						const char *format, ...);
__attribute__((format(printf, 3, 4))) void warn(struct converter *c, const struct node *at,
						const char *format, ...);

/* The steps, in this order; each does nothing after a failure. */
void convert_read(struct converter *c, const char *file, FILE *in);
void convert_select(struct converter *c);
void convert_resolve(struct converter *c);
void convert_write(struct converter *c, FILE *out);

/* A document's root: an object or a list of them. Used by tree.c. */
void objects_read(struct converter *c, const struct node *root);

/* One object. Used by objects.c. */
void workload_entry_read(struct converter *c, const struct object *object);
void service_entry_read(struct converter *c, const struct object *object);
void service_read(struct converter *c, const struct object *object);

/* Return NULL when nothing is said. */
const char *workload_label(struct converter *c, const struct workload *w, const char *key);
const char *workload_name(struct converter *c, const struct workload *w);

const char *port_name(struct converter *c, const struct node *port); /* "": none */
void service_add(struct converter *c, struct service *s, const struct node *ports);
void service_add_host(struct converter *c, struct service *s, const char *host);
/* An address at which clients find the service's own ports. */
void service_add_address(struct converter *c, struct service *s, const struct node *n);
/* An address behind it; port_map (name: number) may be NULL. */
void service_add_endpoint(struct converter *c, struct service *s, const struct prefix *address,
			  const struct node *port_map);

/* By age, as Istio prefers the older of two; then by name. */
int object_compare_age(const struct object *a, const struct object *b);

/* Each number once, in order; at: whose fault it is if there are too many. */
void ports_add(struct converter *c, struct ports *p, unsigned int number, const struct node *at);
void prefixes_add(struct converter *c, struct prefixes *p, const struct prefix *prefix);

#endif
