/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "client.h"

#include "compress.h"
#include "header_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH_OTLP "/v1/logs"
#define PATH_ALS  "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs"

static size_t take_body(char *data, size_t size, size_t count, void *user)
{
	reply_add_body(user, data, size * count);
	return size * count;
}

static size_t take_header(char *data, size_t size, size_t count, void *user)
{
	reply_add_header(user, data, size * count);
	return size * count;
}

static bool is_tls(const struct shipper_settings *s)
{
	return !strncmp(s->endpoint, "https:", 6);
}

static void set_tls(CURL *easy, const struct shipper_settings *s)
{
	if (*s->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, s->ca_file);
	if (*s->client_certificate)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, s->client_certificate);
	if (*s->client_key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, s->client_key);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

/* gRPC without TLS begins with HTTP/2, without asking for it. */
static int http_version(const struct shipper_settings *s)
{
	if (s->protocol != SHIPPER_ALS_GRPC)
		return CURL_HTTP_VERSION_1_1;
	return is_tls(s) ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
}

/* libcurl before 8.0 fails on its second request over HTTP/2 that begins so (curl #10634). */
static bool is_reuse_broken(const struct shipper_settings *s)
{
	return http_version(s) == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE &&
	       curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
}

static void set_options(struct client *c)
{
	const struct shipper_settings *s = c->settings;
	bool is_grpc = s->protocol == SHIPPER_ALS_GRPC;
	char url[SHIPPER_TEXT_MAX + sizeof(PATH_ALS)];

	snprintf(url, sizeof(url), "%s%s", s->endpoint, is_grpc ? PATH_ALS : PATH_OTLP);
	curl_easy_setopt(c->easy, CURLOPT_URL, url);
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)http_version(s));
	curl_easy_setopt(c->easy, CURLOPT_FORBID_REUSE, (long)is_reuse_broken(s));
	curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT, (long)s->timeout);
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "meshtap-log-shipper/" MESHTAP_VERSION);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, &c->reply);
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, &c->reply);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	set_tls(c->easy, s);
}

int client_init(struct client *ret, const struct shipper_settings *settings)
{
	*ret = (struct client){ .settings = settings };
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -ENOMEM;
	ret->multi = curl_multi_init();
	ret->easy = curl_easy_init();
	ret->compressor = compress_new();
	if (!ret->multi || !ret->easy || !ret->compressor) {
		client_free(ret);
		return -ENOMEM;
	}
	set_options(ret);
	return 0;
}

void client_free(struct client *c)
{
	if (c->is_busy)
		curl_multi_remove_handle(c->multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_multi_cleanup(c->multi);
	curl_slist_free_all(c->headers);
	compress_free(c->compressor);
	buffer_free(&c->compressed);
	curl_global_cleanup();
}

static void fail(struct client *c, const char *what, const char *why)
{
	snprintf(c->error, sizeof(c->error), "%s: %s", what, why);
	c->reply.error = c->error;
}

static bool add_header(struct client *c, const char *header)
{
	struct curl_slist *more = curl_slist_append(c->headers, header);

	if (more)
		c->headers = more;
	return more != NULL;
}

static bool add_own_headers(struct client *c)
{
	switch (c->settings->protocol) {
	case SHIPPER_HTTP_PROTOBUF:
		return add_header(c, "Content-Type: application/x-protobuf");
	case SHIPPER_HTTP_JSON:
		return add_header(c, "Content-Type: application/json");
	case SHIPPER_ALS_GRPC:
		return add_header(c, "Content-Type: application/grpc") &&
		       add_header(c, "TE: trailers");
	}
	return false;
}

static const char *why_no_headers(int error)
{
	if (error == -ENODATA)
		return "there is no header";
	return error == -EINVAL ? "a line is no header" : strerror(-error);
}

/* Anew for each request, so that a token may be renewed. */
static int set_headers(struct client *c, bool is_compressed)
{
	const char *path = c->settings->headers_file;
	unsigned int line;
	int r = 0;

	curl_slist_free_all(c->headers);
	c->headers = NULL;
	if (!add_own_headers(c) || !add_header(c, "Expect:") ||
	    (is_compressed && !add_header(c, "Content-Encoding: gzip")))
		r = -ENOMEM;
	if (!r && *path)
		r = header_file_read(path, &c->headers, &line);
	if (r)
		fail(c, path, why_no_headers(r));
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	return r;
}

void client_begin(struct client *c, const struct buffer *body)
{
	bool is_compressed = c->settings->gzip && c->settings->protocol != SHIPPER_ALS_GRPC;
	const struct buffer *sent = is_compressed ? &c->compressed : body;

	reply_clear(&c->reply);
	*c->error = '\0';
	if (set_headers(c, is_compressed))
		return;
	if (is_compressed && compress_gzip(c->compressor, &c->compressed, body)) {
		fail(c, "gzip", strerror(ENOMEM));
		return;
	}
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, sent->data);
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)sent->length);
	if (curl_multi_add_handle(c->multi, c->easy))
		fail(c, "libcurl", strerror(ENOMEM));
	else
		c->is_busy = true;
}

static void end(struct client *c, CURLcode result)
{
	curl_off_t retry_after = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &c->reply.http_status);
	curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry_after);
	c->reply.retry_after = retry_after > 0 ? retry_after : 0;
	if (result)
		c->reply.error = *c->error ? c->error : curl_easy_strerror(result);
	curl_multi_remove_handle(c->multi, c->easy);
	c->is_busy = false;
}

bool client_run(struct client *c)
{
	int running, left;
	CURLMsg *message;

	if (!c->is_busy)
		return true;
	curl_multi_perform(c->multi, &running);
	while ((message = curl_multi_info_read(c->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			end(c, message->data.result);
	return !c->is_busy;
}

#define FDS_MAX 4

void client_wait(struct client *c, const int *fds, unsigned int count)
{
	struct curl_waitfd others[FDS_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < count && n < FDS_MAX; i++)
		if (fds[i] >= 0)
			others[n++] =
				(struct curl_waitfd){ .fd = fds[i], .events = CURL_WAIT_POLLIN };
	curl_multi_poll(c->multi, others, n, 1000, NULL);
}
