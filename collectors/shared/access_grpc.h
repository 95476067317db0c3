/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status of a gRPC call, wherever its response has it (telemetry specification 1.2). */
#ifndef MESHTAP_ACCESS_GRPC_H
#define MESHTAP_ACCESS_GRPC_H

#include "access_record.h"
#include "log_needs.h"

#define GRPC_STATUSES 17   /* that have names */
#define GRPC_BAD      (-1) /* as Envoy has it: a grpc-status that is no number */

/* Numbers of the headers that say it. */
struct access_grpc {
	unsigned char header[HEAD_SIDES];
};

/* Returns 0, or header_set_add()'s error. */
int access_grpc_need(struct access_grpc *ret, struct log_needs *needs);

/* Trailers, then headers, then what the status of HTTP stands for. False: this is no gRPC, nothing
 * was answered, or it is not known which of them says it; *ret is untouched. */
bool access_grpc_status(const struct access_grpc *g, const struct access_record *r, int *ret);

#endif
