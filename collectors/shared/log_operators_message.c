// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_operators_get.h"
#include "log_text_number.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum head_side side;
	enum log_pseudo header;
} pseudo_headers[] = {
	{ ":method", HEAD_REQUEST, LOG_PSEUDO_METHOD },
	{ ":path", HEAD_REQUEST, LOG_PSEUDO_PATH },
	{ ":authority", HEAD_REQUEST, LOG_PSEUDO_AUTHORITY },
	{ ":scheme", HEAD_REQUEST, LOG_PSEUDO_SCHEME },
	{ ":status", HEAD_RESPONSE, LOG_PSEUDO_STATUS },
};

static int find_pseudo_header(struct head_text name, enum head_side side)
{
	for (size_t i = 0; i < sizeof(pseudo_headers) / sizeof(*pseudo_headers); i++)
		if (pseudo_headers[i].side == side &&
		    strlen(pseudo_headers[i].name) == name.length &&
		    !strncasecmp(pseudo_headers[i].name, name.data, name.length))
			return pseudo_headers[i].header;
	return LOG_PSEUDO_NONE;
}

static int parse_name(int *ret, const struct log_argument_source *s, enum head_side side,
		      struct head_text name)
{
	int number;

	if (name.length && *name.data == ':')
		number = find_pseudo_header(name, side);
	else
		number = header_set_add(&s->needs->headers[side], name.data, name.length);
	if (number == -E2BIG)
		return log_refuse(s->error, "%%%s(...)%%: more than %d header names", s->name,
				  HEAD_NAMES_MAX);
	if (number == -EINVAL || number == LOG_PSEUDO_NONE)
		return log_refuse(s->error, "%%%s(...)%%: no header can have this name", s->name);
	*ret = number;
	return 0;
}

/* The host header stands for an authority that the target does not name. */
static int need_host(struct log_argument *ret, const struct log_argument_source *s)
{
	const struct head_text host = { "host", 4 };

	if (ret->header[0] != LOG_PSEUDO_AUTHORITY && ret->header[1] != LOG_PSEUDO_AUTHORITY)
		return 0;
	return parse_name(&ret->header[2], s, HEAD_REQUEST, host);
}

static int parse_header(struct log_argument *ret, const struct log_argument_source *s,
			enum head_side side)
{
	struct head_text first = s->text, other = {};
	const char *mark = s->text.length ? memchr(s->text.data, '?', s->text.length) : NULL;
	int err;

	if (mark) {
		first.length = mark - first.data;
		other = (struct head_text){ mark + 1, s->text.length - first.length - 1 };
	}
	if (!first.length || (mark && !other.length))
		return log_refuse(s->error, "%%%s(...)%% needs a header name", s->name);
	if (mark && memchr(other.data, '?', other.length))
		return log_refuse(s->error, "%%%s(...)%% takes two header names at most", s->name);
	ret->side = side;
	err = parse_name(&ret->header[0], s, side, first);
	if (!err && mark)
		err = parse_name(&ret->header[1], s, side, other);
	return err ? err : need_host(ret, s);
}

LOG_ARGUMENT(request_header)
{
	return parse_header(ret, s, HEAD_REQUEST);
}

LOG_ARGUMENT(response_header)
{
	return parse_header(ret, s, HEAD_RESPONSE);
}

LOG_ARGUMENT(trailer)
{
	return parse_header(ret, s, HEAD_TRAILER);
}

LOG_ARGUMENT(request_without_query)
{
	ret->no_query = true;
	return parse_header(ret, s, HEAD_REQUEST);
}

/* %PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)% */
LOG_ARGUMENT(path)
{
	static const char original[] = "x-envoy-original-path?:path";
	const char *colon = s->text.length ? memchr(s->text.data, ':', s->text.length) : NULL;
	struct head_text query = s->text, from = { "ORIG_OR_PATH", 12 };
	struct log_argument_source names = *s;

	if (colon) {
		query.length = colon - s->text.data;
		from = (struct head_text){ colon + 1, s->text.length - query.length - 1 };
	}
	ret->no_query = head_text_is(query, "NQ");
	if (head_text_is(from, "ORIG"))
		names.text = (struct head_text){ original, strcspn(original, "?") };
	else if (head_text_is(from, "PATH"))
		names.text = (struct head_text){ ":path", 5 };
	else
		names.text = (struct head_text){ original, strlen(original) };
	if ((query.length && !ret->no_query && !head_text_is(query, "WQ")) ||
	    (from.length && names.text.length == strlen(original) &&
	     !head_text_is(from, "ORIG_OR_PATH")))
		return log_refuse(s->error,
				  "%%%s(...)%% takes WQ or NQ, a colon, and ORIG, PATH or "
				  "ORIG_OR_PATH",
				  s->name);
	return parse_header(ret, &names, HEAD_REQUEST);
}

static void say_header(struct log_value *ret, const struct log_argument *a,
		       const struct access_record *r, int header)
{
	switch (header) {
	case LOG_PSEUDO_NONE:
		break;
	case LOG_PSEUDO_METHOD:
		log_say_text(ret, r->start.method);
		break;
	case LOG_PSEUDO_PATH:
		log_say_text(ret, r->start.path);
		ret->has_slash = access_record_lacks_slash(r);
		break;
	case LOG_PSEUDO_AUTHORITY:
		log_say_text(ret, access_record_authority(r, a->header[2]));
		break;
	case LOG_PSEUDO_SCHEME:
		log_say_text(ret, r->is_http2 ? r->scheme : (struct head_text){ "http", 4 });
		break;
	case LOG_PSEUDO_STATUS:
		if (r->status)
			log_say_text(ret, (struct head_text){ ret->own,
							      put_decimal(ret->own, r->status) -
								      ret->own });
		break;
	default:
		log_say_text(ret, access_record_header(r, a->side, header));
	}
}

LOG_GETTER(header)
{
	const char *query;

	if (!r->is_http)
		return;
	say_header(ret, a, r, a->header[0]);
	if (ret->kind == LOG_VALUE_MISSING && !r->unresolved[a->side])
		say_header(ret, a, r, a->header[1]);
	if (ret->kind != LOG_VALUE_TEXT || !a->no_query)
		return;
	query = memchr(ret->text.data, '?', ret->text.length);
	if (query)
		ret->text.length = query - ret->text.data;
}

LOG_GETTER(protocol)
{
	(void)a;
	if (!r->is_http)
		return;
	if (r->is_http2)
		LOG_SAY(ret, "HTTP/2");
	else if (r->minor)
		LOG_SAY(ret, "HTTP/1.1");
	else
		LOG_SAY(ret, "HTTP/1.0");
}

/* Bytes of /proc/sys/kernel/random/boot_id that tell the boots of a host apart well enough. */
#define BOOT_ID_LENGTH 8

/* x-request-id, else what no other request has: BOOT-CONNECTION-ORDINAL, the first two in hex. */
LOG_ARGUMENT(stream_id)
{
	const struct head_text id = { "x-request-id", 12 };
	int fd;

	ret->side = HEAD_REQUEST;
	ret->text = strdup("00000000");
	if (!ret->text)
		return -ENOMEM;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		char text[BOOT_ID_LENGTH];

		if (read(fd, text, sizeof(text)) == sizeof(text))
			memcpy(ret->text, text, sizeof(text));
		close(fd);
	}
	return parse_name(&ret->header[0], s, HEAD_REQUEST, id);
}

LOG_GETTER(stream_id)
{
	char *p = ret->own;

	log_get_header(ret, a, r);
	if (ret->kind == LOG_VALUE_TEXT && ret->text.length)
		return;
	memcpy(p, a->text, BOOT_ID_LENGTH);
	p += BOOT_ID_LENGTH;
	*p++ = '-';
	p = put_hex(p, r->connection);
	*p++ = '-';
	p = put_decimal(p, r->ordinal);
	log_say_own(ret, ret->own, p - ret->own);
}
