/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The value of an expression. */
#ifndef MESHTAP_FILTER_EVAL_H
#define MESHTAP_FILTER_EVAL_H

#include "filter_node.h"

struct filter_evaluation {
	struct filter *filter;
	const struct access_record *record;
	bool is_partial; /* of the record only is_http, status and flag are known */
};

/*
 * Of the node's kind, an error, or when is_partial unknown. As an error never makes true what a
 * value does not, a result that is either an error or one certain value is said to be that value.
 */
struct filter_value filter_evaluate(const struct filter_evaluation *e, unsigned int number);

#endif
