/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What HTTP says of a gRPC call (telemetry specification 1.2). */
#ifndef MESHTAP_GRPC_H
#define MESHTAP_GRPC_H

#include "http_head.h"

#define GRPC_STATUS_MAX 999 /* a server could make series without end */

/* application/grpc and application/grpc+…, to the letter, but not application/grpc-web, nor with
 * parameters: as Envoy has it. */
bool grpc_is_content_type(struct head_text type);

/* 0 to GRPC_STATUS_MAX, or -1: that is no status. */
int grpc_status_parse(struct head_text text);

/* What a response without grpc-status stands for. */
int grpc_status_of_http(unsigned int status);

#endif
