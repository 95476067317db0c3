/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command operators of Envoy's format language: their arguments, and what they say of a record.
 */
#ifndef MESHTAP_LOG_OPERATORS_H
#define MESHTAP_LOG_OPERATORS_H

#include "access_grpc.h"
#include "access_record.h"
#include "log_format_time.h"
#include "log_needs.h"

#define LOG_OWN_MAX 256 /* bytes of a value that is ours */

enum log_value_kind {
	LOG_VALUE_MISSING,
	LOG_VALUE_NUMBER,
	LOG_VALUE_OWN,	/* printable ASCII but `"` and `\`, at most LOG_OWN_MAX bytes */
	LOG_VALUE_TEXT, /* any bytes, of any length */
};

struct log_value {
	enum log_value_kind kind;
	bool is_negative; /* of LOG_VALUE_NUMBER */
	bool has_slash;	  /* of LOG_VALUE_TEXT: `/` stands before it */
	__u64 number;
	struct head_text text; /* borrowed of the record, the operator's argument, or own */
	char own[LOG_OWN_MAX];
};

/* A header's number in the header_set of its side, or what the start line says. */
enum log_pseudo {
	LOG_PSEUDO_NONE = -1,
	LOG_PSEUDO_METHOD = -2,
	LOG_PSEUDO_PATH = -3,
	LOG_PSEUDO_AUTHORITY = -4,
	LOG_PSEUDO_SCHEME = -5,
	LOG_PSEUDO_STATUS = -6,
};

enum log_time_point {
	LOG_POINT_START,
	LOG_POINT_REQUEST_END,
	LOG_POINT_RESPONSE_START,
	LOG_POINT_END,
	LOG_POINT_CONNECTION_START,
	LOG_POINT_CONNECTION_END,
};

/* What stands behind an operator's name, of which each operator uses its own part. */
struct log_argument {
	int form; /* which of the operators that share a getter */
	enum head_side side;
	/* enum log_pseudo or a number. REQ…: the first, what counts without it, and host for
	 * LOG_PSEUDO_AUTHORITY */
	int header[3];
	struct access_grpc grpc;
	bool no_query;
	int prefix_length; /* of an address, in bits; -1: the whole address */
	enum log_time_point point[2];
	__u64 unit_ns;
	size_t limit;	       /* bytes that are shown; SIZE_MAX: all */
	struct log_time *time; /* owned */
	char *text;	       /* owned */
};

struct log_argument_source {
	const char *name; /* the operator's */
	struct head_text text;
	struct log_needs *needs;
	struct source_error *error;
};

struct log_operator {
	const char *name;
	void (*get)(struct log_value *ret, const struct log_argument *a,
		    const struct access_record *r);
	int form;
	/* NULL: nothing to prepare. Returns 0, -EINVAL with error->text, or -ENOMEM; what it has
	 * put into ret is to be freed in any case. */
	int (*parse)(struct log_argument *ret, const struct log_argument_source *s);
	unsigned int syntax;
};

enum log_syntax {
	LOG_ARGUMENT_ALLOWED = 1, /* text.data is NULL without one */
	LOG_LIMIT_ALLOWED = 2,	  /* `:Z` */
	LOG_TEXT = 4,		  /* it can be LOG_VALUE_TEXT */
};

/* NULL with error->text: it is not known, or cannot be known here. */
const struct log_operator *log_operator_find(struct head_text name, struct source_error *error);

void log_argument_free(struct log_argument *a);

/* Sets error->text and returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int log_refuse(struct source_error *error, const char *format,
						     ...);

/* Strict decimal, at most 9 digits. Returns false when t is not one. */
bool log_parse_number(struct head_text t, unsigned int *ret);

#endif
