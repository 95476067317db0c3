// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "grpc.h"

#include <string.h>

#define CONTENT_TYPE "application/grpc"

bool grpc_is_content_type(struct head_text type)
{
	const size_t length = sizeof(CONTENT_TYPE) - 1;

	return type.data && type.length >= length && !memcmp(type.data, CONTENT_TYPE, length) &&
	       (type.length == length || type.data[length] == '+');
}

int grpc_status_parse(struct head_text text)
{
	int n = 0;

	if (!text.length)
		return -1;
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		n = n * 10 + text.data[i] - '0';
		if (n > GRPC_STATUS_MAX)
			return -1;
	}
	return n;
}

int grpc_status_of_http(unsigned int status)
{
	switch (status) {
	case 400:
		return 13;
	case 401:
		return 16;
	case 403:
		return 7;
	case 404:
		return 12;
	case 429:
	case 502:
	case 503:
	case 504:
		return 14;
	default:
		return 2;
	}
}
