/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "batch.h"

#include <errno.h>

void batch_clear(struct batch *b)
{
	b->body.length = 0;
	b->records = 0;
	b->run_begin = 0;
	if (b->protocol == SHIPPER_HTTP_JSON)
		otlp_json_begin(b);
}

void batch_add(struct batch *b, const struct record *r)
{
	switch (b->protocol) {
	case SHIPPER_HTTP_PROTOBUF:
		otlp_add(b, r);
		break;
	case SHIPPER_HTTP_JSON:
		otlp_json_add(b, r);
		break;
	case SHIPPER_ALS_GRPC:
		als_add(b, r);
		break;
	}
	b->records++;
}

int batch_finish(struct batch *b)
{
	switch (b->protocol) {
	case SHIPPER_HTTP_PROTOBUF:
		otlp_finish(b);
		break;
	case SHIPPER_HTTP_JSON:
		otlp_json_finish(b);
		break;
	case SHIPPER_ALS_GRPC:
		als_finish(b);
		break;
	}
	return b->body.failed ? -ENOMEM : 0;
}
