/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a request is spelled: everything that changes its bytes and not its answer. */
#ifndef LOAD_HEAD_H
#define LOAD_HEAD_H

#include "mix.h"

/* Writes r->head and r->leading; lengthens r->target by a query. */
void head_write(struct random *random, struct request *r);

#endif
