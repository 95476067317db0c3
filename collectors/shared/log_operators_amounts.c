// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_operators_get.h"

#include <errno.h>
#include <string.h>

#define DEFAULT_TIME	   "%Y-%m-%dT%H:%M:%E3SZ"
#define DEFAULT_TIME_LOCAL "%Y-%m-%dT%H:%M:%E3S%z"
#define MS		   1000000ull

_Static_assert(LOG_TIME_MAX <= LOG_OWN_MAX, "a time is a value that is ours");

static int parse_time(struct log_argument *ret, const struct log_argument_source *s,
		      const char *other, bool is_local)
{
	struct head_text format = s->text;
	int err;

	if (!format.length)
		format = (struct head_text){ other, strlen(other) };
	err = log_time_compile(&ret->time, format, is_local);
	if (err == -EINVAL)
		return log_refuse(s->error, "%%%s(...)%%: no time format, or too long", s->name);
	return err;
}

LOG_ARGUMENT(start_time)
{
	return parse_time(ret, s, DEFAULT_TIME, false);
}

LOG_ARGUMENT(start_time_local)
{
	return parse_time(ret, s, DEFAULT_TIME_LOCAL, true);
}

LOG_GETTER(start_time)
{
	struct head_text t =
		log_time_format(a->time, (__s64)(r->started_ns + (__u64)r->realtime_ns));

	log_say_own(ret, t.data, t.length);
}

/* Only one connection is seen, so that what the proxy receives it sends at once. */
static bool find_point(struct head_text name, enum log_time_point *ret)
{
	static const struct {
		const char *name;
		enum log_time_point point;
	} points[] = {
		{ "DS_RX_BEG", LOG_POINT_START },
		{ "US_TX_BEG", LOG_POINT_START },
		{ "DS_RX_END", LOG_POINT_REQUEST_END },
		{ "US_TX_END", LOG_POINT_REQUEST_END },
		{ "US_RX_BEG", LOG_POINT_RESPONSE_START },
		{ "DS_TX_BEG", LOG_POINT_RESPONSE_START },
		{ "US_RX_END", LOG_POINT_END },
		{ "DS_TX_END", LOG_POINT_END },
		{ "DS_CX_BEG", LOG_POINT_CONNECTION_START },
		{ "DS_CX_END", LOG_POINT_CONNECTION_END },
	};

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		if (head_text_is(name, points[i].name)) {
			*ret = points[i].point;
			return true;
		}
	}
	return false;
}

static bool find_unit(struct head_text name, __u64 *ret)
{
	if (head_text_is(name, "ms"))
		*ret = MS;
	else if (head_text_is(name, "us"))
		*ret = 1000;
	else if (head_text_is(name, "ns"))
		*ret = 1;
	else
		return false;
	return true;
}

/* Cuts the text up to a colon off. */
static struct head_text next_part(struct head_text *rest)
{
	const char *colon = rest->length ? memchr(rest->data, ':', rest->length) : NULL;
	struct head_text part = *rest;

	*rest = (struct head_text){};
	if (!colon)
		return part;
	rest->length = part.data + part.length - colon - 1;
	rest->data = colon + 1;
	part.length = colon - part.data;
	return part;
}

LOG_ARGUMENT(common_duration)
{
	struct head_text rest = s->text;
	struct head_text from = next_part(&rest), to = next_part(&rest);

	if (find_point(from, &ret->point[0]) && find_point(to, &ret->point[1]) &&
	    find_unit(rest, &ret->unit_ns))
		return 0;
	return log_refuse(s->error,
			  "%%%s(...)%% takes START:END:PRECISION, time points that a host "
			  "observer knows, and ms, us or ns",
			  s->name);
}

static int set_points(struct log_argument *ret, enum log_time_point from, enum log_time_point to)
{
	ret->point[0] = from;
	ret->point[1] = to;
	ret->unit_ns = MS;
	return 0;
}

LOG_ARGUMENT(request_duration)
{
	(void)s;
	return set_points(ret, LOG_POINT_START, LOG_POINT_REQUEST_END);
}

LOG_ARGUMENT(response_duration)
{
	(void)s;
	return set_points(ret, LOG_POINT_START, LOG_POINT_RESPONSE_START);
}

LOG_ARGUMENT(response_tx_duration)
{
	(void)s;
	return set_points(ret, LOG_POINT_RESPONSE_START, LOG_POINT_END);
}

/* 0: it never came, or the record has no such point. */
static __u64 point_of(const struct access_record *r, enum log_time_point point)
{
	bool is_of_connection = point >= LOG_POINT_CONNECTION_START;

	if (r->is_http == is_of_connection)
		return 0;
	switch (point) {
	case LOG_POINT_START:
	case LOG_POINT_CONNECTION_START:
		return r->started_ns;
	case LOG_POINT_REQUEST_END:
		return r->request_ended_ns;
	case LOG_POINT_RESPONSE_START:
		return r->response_started_ns;
	case LOG_POINT_END:
		return r->response_started_ns ? r->ended_ns : 0;
	default:
		return r->ended_ns;
	}
}

/* Negative where the response came before the request's end. */
LOG_GETTER(points)
{
	__u64 from = point_of(r, a->point[0]), to = point_of(r, a->point[1]);

	if (from && to)
		log_say_signed(ret, (__s64)(to - from) / (__s64)a->unit_ns);
}

LOG_GETTER(duration)
{
	(void)a;
	log_say_number(ret, r->ended_ns > r->started_ns ? (r->ended_ns - r->started_ns) / MS : 0);
}

LOG_GETTER(payload)
{
	log_say_number(ret, a->form == LOG_REQUEST_BYTES ? r->received : r->sent);
}

LOG_GETTER(wire)
{
	if (!r->is_http)
		log_get_payload(ret, a, r);
	else
		log_say_number(ret,
			       a->form == LOG_REQUEST_BYTES ? r->request_wire : r->response_wire);
}

LOG_GETTER(head)
{
	__u32 bytes = a->form == LOG_REQUEST_BYTES ? r->request_head : r->response_head;

	log_say_number(ret, r->is_http ? bytes : 0);
}

/* What HPACK made smaller is not measured. */
LOG_GETTER(plain_head)
{
	if (!r->is_http2)
		log_get_head(ret, a, r);
}
