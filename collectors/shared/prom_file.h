/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Prometheus text exposition built in memory and written as a node_exporter textfile.
 * Sources of truth: the exposition format 0.0.4 and node_exporter's textfile collector.
 */
#ifndef MESHTAP_PROM_FILE_H
#define MESHTAP_PROM_FILE_H

#include <stddef.h>

struct prom_text {
	char *data; /* NUL-terminated, owned; NULL when empty */
	size_t length;
	size_t capacity;
	int error; /* 0, or the first -errno: later calls do nothing, prom_write() returns it */
};

/* Frees and clears. */
void prom_text_free(struct prom_text *t);

/* Appends n bytes as they are. */
void prom_append(struct prom_text *t, const char *s, size_t n);

/* Appends formatted text as it is. */
void prom_printf(struct prom_text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends # HELP and # TYPE. type: "counter", "gauge" or "histogram". Call once per metric name. */
void prom_family(struct prom_text *t, const char *name, const char *type, const char *help);

/* Appends value with \ newline and " escaped and invalid UTF-8 replaced by U+FFFD. */
void prom_escape(struct prom_text *t, const char *value);

/* Appends one sample. labels: already escaped `a="b",c="d"`, or NULL. */
void prom_sample(struct prom_text *t, const char *name, const char *labels,
		 unsigned long long value);
void prom_sample_double(struct prom_text *t, const char *name, const char *labels, double value);

/*
 * Appends NAME_bucket, NAME_sum and NAME_count. counts: n+1 counts per bucket (not cumulative), the
 * last one is +Inf's; bounds: n upper bounds.
 */
void prom_histogram(struct prom_text *t, const char *name, const char *labels, const double *bounds,
		    const unsigned long long *counts, unsigned int n, unsigned long long sum);

/*
 * Replaces DIR/NAME by the text: temporary file in DIR whose name does not end in .prom, mode 0644,
 * fsync, rename; unlinked on failure, so that the old file stays whole. Returns 0 or -errno.
 */
int prom_write(const struct prom_text *t, const char *dir, const char *name);

/* Writes the text to fd, whole. Returns 0 or -errno. */
int prom_write_fd(const struct prom_text *t, int fd);

#endif
