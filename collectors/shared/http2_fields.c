// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http2_fields.h"

static const char *const pseudo_names[HTTP2_PSEUDOS] = {
	[HTTP2_METHOD] = ":method",	  [HTTP2_SCHEME] = ":scheme",
	[HTTP2_AUTHORITY] = ":authority", [HTTP2_PATH] = ":path",
	[HTTP2_PROTOCOL] = ":protocol",	  [HTTP2_STATUS] = ":status",
};

/* An unresolved field may be an earlier one of the same name: with these that is to be expected. */
static const char *const repeated_names[] = {
	"accept",	 "accept-language",  "cache-control",	"forwarded", "link",
	"server-timing", "set-cookie",	     "trailer",		"vary",	     "via",
	"warning",	 "www-authenticate", "x-forwarded-for",
};

static bool is_repeated(const char *name)
{
	for (size_t i = 0; i < sizeof(repeated_names) / sizeof(*repeated_names); i++)
		if (!strcmp(name, repeated_names[i]))
			return true;
	return false;
}

void http2_wanted_init(struct http2_wanted *ret, const struct head_names *names)
{
	*ret = (struct http2_wanted){ names->names, names->count, .cookie = -1, .host = -1 };
	for (unsigned int i = 0; i < names->count; i++) {
		ret->length[i] = strlen(names->names[i]);
		if (is_repeated(names->names[i]))
			ret->repeated |= 1ull << i;
		if (!strcmp(names->names[i], "cookie"))
			ret->cookie = i;
		if (!strcmp(names->names[i], "host"))
			ret->host = i;
	}
}

void http2_fields_begin(struct http2_fields *f)
{
	f->wanted = NULL;
	f->count = f->unresolved = 0;
	f->pseudo = false;
	http2_fields_forget(f);
}

void http2_fields_forget(struct http2_fields *f)
{
	memset(f->value, 0, sizeof(f->value));
	f->used = f->cookies_used = 0;
}

void http2_fields_add_unresolved(struct http2_fields *f)
{
	f->count++;
	f->unresolved++;
}

static size_t at_most(size_t n, const struct http2_fields *f)
{
	size_t room = HEAD_TEXT_MAX - f->used - f->cookies_used;

	return n < room ? n : room;
}

static void take(struct http2_fields *f, unsigned int i, struct head_text value)
{
	size_t n = at_most(value.length, f);

	if (f->value[i].seen)
		return;
	f->value[i].seen = true;
	f->value[i].start = f->used;
	f->value[i].length = n;
	memcpy(f->text + f->used, value.data, n);
	f->used += n;
}

static void add_to_cookies(struct http2_fields *f, struct head_text piece)
{
	size_t n = at_most(piece.length, f);

	memcpy(f->cookies + f->cookies_used, piece.data, n);
	f->cookies_used += n;
}

/* It may be split, for the sake of compression (RFC 9113 8.2.3). */
static void take_cookie(struct http2_fields *f, struct head_text value)
{
	bool *seen = &f->value[HTTP2_PSEUDOS + f->wanted->cookie].seen;

	if (*seen)
		add_to_cookies(f, (struct head_text){ "; ", 2 });
	*seen = true;
	add_to_cookies(f, value);
}

static void add_pseudo(struct http2_fields *f, const struct hpack_field *field)
{
	f->pseudo = true;
	for (int i = 0; i < HTTP2_PSEUDOS; i++)
		if (head_text_is(field->name, pseudo_names[i]))
			take(f, i, field->value);
}

static void add_header(struct http2_fields *f, const struct hpack_field *field)
{
	const struct http2_wanted *w = f->wanted;

	for (unsigned int i = 0; i < w->count; i++) {
		if (w->length[i] != field->name.length ||
		    memcmp(w->names[i], field->name.data, field->name.length))
			continue;
		if ((int)i == w->cookie)
			take_cookie(f, field->value);
		else if (!f->unresolved || !(w->repeated & 1ull << i))
			take(f, HTTP2_PSEUDOS + i, field->value);
		return;
	}
}

void http2_fields_add(struct http2_fields *f, const struct hpack_field *field)
{
	if (!field->name.length) {
		http2_fields_add_unresolved(f);
		return;
	}
	f->count++;
	if (!f->wanted)
		return;
	if (*field->name.data == ':')
		add_pseudo(f, field);
	else
		add_header(f, field);
}

unsigned short http2_fields_status(const struct http2_fields *f)
{
	const char *p = f->text + f->value[HTTP2_STATUS].start;
	unsigned short status = 0;

	if (f->value[HTTP2_STATUS].length != 3)
		return 0;
	for (int i = 0; i < 3; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		status = status * 10 + (p[i] - '0');
	}
	return status;
}

static struct head_text value_of(const struct http2_fields *f, const char *text, unsigned int i)
{
	return f->value[i].seen ? (struct head_text){ text + f->value[i].start, f->value[i].length }
				: (struct head_text){};
}

/* A cookie of which a piece is missing is not known. */
static struct head_text cookie_of(const struct http2_fields *f, const char *text)
{
	return f->value[HTTP2_PSEUDOS + f->wanted->cookie].seen && !f->unresolved
		       ? (struct head_text){ text + f->used, f->cookies_used }
		       : (struct head_text){};
}

static void set_values(const struct http2_fields *f, const char *text, const struct http2_head *h,
		       struct head_text *values)
{
	const struct http2_wanted *w = f->wanted;

	for (unsigned int i = 0; i < w->count; i++)
		values[i] = (int)i == w->cookie ? cookie_of(f, text)
						: value_of(f, text, HTTP2_PSEUDOS + i);
	if (w->host >= 0 && !values[w->host].data)
		values[w->host] = h->authority;
}

struct http2_head *http2_fields_keep(const struct http2_fields *f, struct http2_memory *m)
{
	size_t values = f->wanted->count * sizeof(struct head_text);
	struct http2_head *h =
		http2_memory_resize(m, NULL, sizeof(*h) + values + f->used + f->cookies_used + 1);
	struct head_text *value;
	char *text;

	if (!h)
		return NULL;
	value = (struct head_text *)(h + 1);
	text = (char *)(value + f->wanted->count);
	memcpy(text, f->text, f->used);
	memcpy(text + f->used, f->cookies, f->cookies_used);
	*h = (struct http2_head){
		.unresolved = f->unresolved,
		.status = http2_fields_status(f),
		.method = value_of(f, text, HTTP2_METHOD),
		.scheme = value_of(f, text, HTTP2_SCHEME),
		.authority = value_of(f, text, HTTP2_AUTHORITY),
		.path = value_of(f, text, HTTP2_PATH),
		.protocol = value_of(f, text, HTTP2_PROTOCOL),
		.value = value,
	};
	set_values(f, text, h, value);
	return h;
}
