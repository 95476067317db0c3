// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "access_grpc.h"

#include "grpc.h"

#include <limits.h>
#include <string.h>

#define STATUS_DIGITS 10

int access_grpc_need(struct access_grpc *ret, struct log_needs *needs)
{
	static const char *const names[HEAD_SIDES] = {
		[HEAD_REQUEST] = "content-type",
		[HEAD_RESPONSE] = "grpc-status",
		[HEAD_TRAILER] = "grpc-status",
	};

	for (int side = 0; side < HEAD_SIDES; side++) {
		int number =
			header_set_add(&needs->headers[side], names[side], strlen(names[side]));

		if (number < 0)
			return number;
		ret->header[side] = number;
	}
	return 0;
}

static struct head_text value_of(const struct access_grpc *g, const struct access_record *r,
				 enum head_side side)
{
	return access_record_header(r, side, g->header[side]);
}

static int parse_status(struct head_text t)
{
	long long n = 0;

	if (t.length > STATUS_DIGITS)
		return GRPC_BAD;
	for (size_t i = 0; i < t.length; i++) {
		if (t.data[i] < '0' || t.data[i] > '9')
			return GRPC_BAD;
		n = n * 10 + t.data[i] - '0';
	}
	return n > INT_MAX ? GRPC_BAD : (int)n;
}

bool access_grpc_status(const struct access_grpc *g, const struct access_record *r, int *ret)
{
	static const enum head_side sides[] = { HEAD_TRAILER, HEAD_RESPONSE };

	if (!r->is_http || !grpc_is_content_type(value_of(g, r, HEAD_REQUEST)))
		return false;
	for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++) {
		struct head_text text = value_of(g, r, sides[i]);

		if (text.length) {
			*ret = parse_status(text);
			return true;
		}
		if (r->unresolved[sides[i]])
			return false;
	}
	if (!r->status)
		return false;
	*ret = grpc_status_of_http(r->status);
	return true;
}
