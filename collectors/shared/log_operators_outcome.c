// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_operators_get.h"

#include <errno.h>
#include <string.h>

/* Telemetry specification 2.4. */
static const struct {
	const char *flag[2]; /* LOG_FLAGS_SHORT, LOG_FLAGS_LONG */
} outcomes[] = {
	[EXCHANGE_OK] = { { "-", "-" } },
	[EXCHANGE_DC] = { { "DC", "DownstreamConnectionTermination" } },
	[EXCHANGE_UC] = { { "UC", "UpstreamConnectionTermination" } },
	[EXCHANGE_UPE] = { { "UPE", "UpstreamProtocolError" } },
	[EXCHANGE_DR] = { { "DR", "DownstreamRemoteReset" } },
	[EXCHANGE_UR] = { { "UR", "UpstreamRemoteReset" } },
};

static const char *const connect_failure[2] = { "UF", "UpstreamConnectionFailure" };

static unsigned int outcome(const struct access_record *r)
{
	return r->flag <= EXCHANGE_UR ? r->flag : EXCHANGE_OK;
}

LOG_GETTER(code)
{
	(void)a;
	if (!r->status_unknown)
		log_say_number(ret, r->is_http ? r->status : 0);
}

LOG_GETTER(flags)
{
	const char *flag = outcomes[r->is_http ? outcome(r) : EXCHANGE_OK].flag[a->form];

	if (!r->is_http && r->error)
		flag = connect_failure[a->form];
	log_say_own(ret, flag, strlen(flag));
}

/* None of the details has a blank. */
LOG_ARGUMENT(details)
{
	(void)ret;
	if (s->text.length && !head_text_is(s->text, "ALLOW_WHITESPACES"))
		return log_refuse(s->error, "%%%s(...)%% takes ALLOW_WHITESPACES", s->name);
	return 0;
}

LOG_GETTER(details)
{
	const char *details = access_record_details(r);

	(void)a;
	if (r->is_http && details)
		log_say_own(ret, details, strlen(details));
}

/* Envoy's words for a connect() that failed, without blanks. */
LOG_GETTER(transport_failure)
{
	static const char prefix[] = "delayed_connect_error:_";
	char *to = ret->own;

	(void)a;
	if (r->is_http || !r->error)
		return;
	if (r->error == ETIMEDOUT) {
		LOG_SAY(ret, "connection_timeout");
		return;
	}
	to = mempcpy(to, prefix, sizeof(prefix) - 1);
	for (const char *p = strerror(r->error); *p && to < ret->own + sizeof(ret->own); p++)
		*to++ = *p == ' ' ? '_' : *p;
	log_say_own(ret, ret->own, to - ret->own);
}

LOG_GETTER(type)
{
	(void)a;
	if (r->is_http)
		LOG_SAY(ret, "DownstreamEnd");
	else if (r->is_open)
		LOG_SAY(ret, "TcpPeriodic");
	else
		LOG_SAY(ret, "TcpConnectionEnd");
}

/* What a proxy would say, and a default format asks for. */
LOG_GETTER(none)
{
	(void)a;
	(void)r;
	ret->kind = LOG_VALUE_MISSING;
}
