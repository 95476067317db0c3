/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Prometheus text exposition (format 0.0.4), in memory, or on its way to a file. */
#ifndef MESHTAP_PROM_TEXT_H
#define MESHTAP_PROM_TEXT_H

#include <stddef.h>

struct prom_text {
	char *data; /* NUL-terminated, owned; NULL when empty */
	size_t length;
	size_t capacity;
	int error;     /* 0, or the first -errno: later calls do nothing */
	const int *fd; /* borrowed: where full buffers go, so that length is of the last one; NULL:
			  all is kept */
};

/* Frees and clears. */
void prom_text_free(struct prom_text *t);

/* Has the buffer written to *fd. Returns 0 or -errno. */
int prom_text_flush(struct prom_text *t);

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

#define PROM_DOUBLE_MAX 32 /* bytes of a number, with its NUL */
#define PROM_BOUNDS_MAX 32

/* Upper bounds as text, which is made once for all histograms. */
struct prom_bounds {
	unsigned int count;
	char text[PROM_BOUNDS_MAX][PROM_DOUBLE_MAX];
};

/* Of n bounds, at most PROM_BOUNDS_MAX. */
void prom_bounds_make(struct prom_bounds *ret, const double *bounds, unsigned int n);

/*
 * Appends NAME_bucket, NAME_sum and NAME_count. counts: one more than bounds, per bucket (not
 * cumulative), the last one is +Inf's.
 */
void prom_histogram(struct prom_text *t, const char *name, const char *labels,
		    const struct prom_bounds *bounds, const unsigned long long *counts,
		    unsigned long long sum);

#endif
