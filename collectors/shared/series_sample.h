/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One look at a collector's series: the kernel's values, the labels that each series has now, and
 * what it has counted under other labels before (bpf/names.h). A series' values are divided among
 * its labels: what it had counted when it lost a name stays with that name, the rest is the present
 * labels'. So no exported counter goes back when names change, and their sum is the kernel's.
 */
#ifndef MESHTAP_SERIES_SAMPLE_H
#define MESHTAP_SERIES_SAMPLE_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "names.h"
#include "pins.h"
#include "series_lines.h"
#include "series_table.h"

/* Descriptors of pinned maps. */
struct series_maps {
	int series, workloads, seen, shares, labels, state;
};

struct series_row {
	char *labels;	      /* owned; NULL: not exported, or the lines' already */
	char *default_labels; /* owned; as if nothing was configured */
	__u64 hash;	      /* of labels, since series_names_settle(); 0: not exported */
	int shares;	      /* first of sample.shares, by next_share; -1: none */
	bool is_kept;	      /* something refers to it: it does not expire */
	bool is_stale;
	bool is_taken; /* out of the maps */
};

struct series_sample {
	const struct series_maps *maps;
	__u64 gauges; /* bit per value that is no counter: it has the present labels only */
	struct series_table table, seen, shares;
	struct series_row *rows; /* owned, one for each of table's */
	int *next_share;	 /* owned, one for each of shares' */
	bool in_force;
	bool labels_changed; /* series_labels has texts that may be unused */
	unsigned int held;   /* series that keep an old name because a map is full */
};

static inline bool series_sample_is_gauge(const struct series_sample *s, unsigned int value)
{
	return value < 64 && s->gauges >> value & 1;
}

/* Before load: sizes of the maps of bpf/names.h. value_size: of the series map. */
int series_maps_configure(struct bpf_object *obj, unsigned int max_series, unsigned int value_size);

int series_maps_open(struct series_maps *ret, const struct pins *pins);
void series_maps_close(struct series_maps *maps);

/*
 * Reads the maps. The caller then sets rows[].labels and, unless in_force, default_labels, calls
 * series_names_settle(), and series_sample_lines(). maps is borrowed. Returns 0 or -errno.
 */
int series_sample_read(struct series_sample *ret, const struct series_maps *maps,
		       unsigned int key_size, unsigned int values);
void series_sample_free(struct series_sample *s);

/* Every series by its labels, which become the lines', merged. ret->values is set. Returns 0 or
 * -errno. */
int series_sample_lines(struct series_sample *s, struct series_lines *ret);

/* Of a row: what its present labels have. False: it is on its way out, nothing of it counts. */
bool series_sample_present(const struct series_sample *s, unsigned int row, __u64 *ret);

/* The key as the maps of bpf/names.h have it. */
void series_sample_key(const struct series_sample *s, unsigned int row,
		       unsigned char ret[SERIES_KEY_SIZE]);

/* What is kept of a row; all zero when nothing is. */
struct series_seen series_sample_seen(const struct series_sample *s, unsigned int row);
int series_sample_set_seen(struct series_sample *s, unsigned int row,
			   const struct series_seen *seen);

__u64 series_sample_share_hash(const struct series_sample *s, int share);

/* The text of labels, owned by the caller; NULL: there is none. */
char *series_sample_text(const struct series_sample *s, __u64 hash);

#endif
