// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_operators_get.h"
#include "log_text_number.h"

#include <string.h>

static const char *const names[][GRPC_STATUSES] = {
	[LOG_GRPC_CAMEL] = { "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded",
			     "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted",
			     "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
			     "Internal", "Unavailable", "DataLoss", "Unauthenticated" },
	[LOG_GRPC_SNAKE] = { "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
			     "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
			     "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
			     "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
			     "UNAUTHENTICATED" },
};

static int need_headers(struct log_argument *ret, const struct log_argument_source *s)
{
	if (access_grpc_need(&ret->grpc, s->needs) < 0)
		return log_refuse(s->error, "%%%s%%: more than %d header names", s->name,
				  HEAD_NAMES_MAX);
	return 0;
}

LOG_ARGUMENT(grpc_status)
{
	if (!s->text.length || head_text_is(s->text, "CAMEL_STRING"))
		ret->form = LOG_GRPC_CAMEL;
	else if (head_text_is(s->text, "SNAKE_STRING"))
		ret->form = LOG_GRPC_SNAKE;
	else if (head_text_is(s->text, "NUMBER"))
		ret->form = LOG_GRPC_NUMBER;
	else
		return log_refuse(s->error,
				  "%%%s(...)%% takes CAMEL_STRING, SNAKE_STRING or NUMBER",
				  s->name);
	return need_headers(ret, s);
}

LOG_ARGUMENT(grpc_number)
{
	ret->form = LOG_GRPC_NUMBER;
	return need_headers(ret, s);
}

LOG_GETTER(grpc_status)
{
	int status;

	if (!access_grpc_status(&a->grpc, r, &status))
		return;
	if (a->form == LOG_GRPC_NUMBER) {
		log_say_signed(ret, status);
	} else if (status >= 0 && status < GRPC_STATUSES) {
		log_say_own(ret, names[a->form][status], strlen(names[a->form][status]));
	} else if (status < 0) {
		LOG_SAY(ret, "-1");
	} else {
		log_say_own(ret, ret->own, put_decimal(ret->own, status) - ret->own);
	}
}
