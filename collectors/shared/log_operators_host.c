// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_operators_get.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

LOG_ARGUMENT(hostname)
{
	struct utsname name;

	(void)s;
	if (uname(&name))
		return 0;
	ret->text = strdup(name.nodename);
	return ret->text ? 0 : -ENOMEM;
}

LOG_ARGUMENT(environment)
{
	const char *value;
	char *name;

	if (!s->text.length)
		return log_refuse(s->error, "%%%s(...)%% needs a variable's name", s->name);
	name = strndup(s->text.data, s->text.length);
	if (!name)
		return -ENOMEM;
	value = getenv(name);
	free(name);
	if (!value)
		return 0;
	ret->text = strdup(value);
	return ret->text ? 0 : -ENOMEM;
}

/* What was known when the format was compiled. */
LOG_GETTER(constant)
{
	(void)r;
	if (a->text)
		log_say_text(ret, (struct head_text){ a->text, strlen(a->text) });
}

LOG_ARGUMENT(unit)
{
	(void)ret;
	s->needs->unit = true;
	return 0;
}

LOG_GETTER(pid)
{
	(void)a;
	if (r->pid)
		log_say_number(ret, r->pid);
}

LOG_GETTER(owner)
{
	switch (a->form) {
	case LOG_UNIT:
		log_say_text(ret, r->unit);
		break;
	case LOG_PEER_UNIT:
		log_say_text(ret, r->peer_unit);
		break;
	default:
		log_say_text(ret, r->comm);
	}
}

LOG_GETTER(rtt)
{
	(void)a;
	if (r->rtt_us)
		log_say_number(ret, r->rtt_us);
}

/* Of a connection that lives nobody has asked the kernel. */
LOG_GETTER(retransmits)
{
	(void)a;
	if (!r->is_open)
		log_say_number(ret, r->retransmits);
}

LOG_GETTER(reporter)
{
	(void)a;
	if (r->is_client)
		LOG_SAY(ret, "source");
	else
		LOG_SAY(ret, "destination");
}
