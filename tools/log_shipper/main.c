/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* meshtap-log-shipper: see its man page. */
#include "header_file.h"
#include "shipper.h"

#include "log_format_defaults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const struct collector identity = {
	.name = NAME,
	.section = "log_shipper",
	.summary = "send Istio's access log to a collector",
	.is_service = true,
	.has_log_file = true,
	.is_shipper = true,
};

static int fail(int exit_code, const char *what, int error)
{
	fprintf(stderr, NAME ": %s: %s\n", what, strerror(-error));
	return exit_code;
}

/* A token that cannot be read would look like a receiver that refuses everything. */
static int check_headers(const char *path)
{
	struct curl_slist *headers = NULL;
	unsigned int line;
	int r = header_file_read(path, &headers, &line);

	curl_slist_free_all(headers);
	if (r == -EINVAL)
		fprintf(stderr, NAME ": %s:%u: 'Name: value' is expected\n", path, line);
	else if (r == -ENODATA)
		fprintf(stderr, NAME ": %s: there is no header in it\n", path);
	else if (r)
		fail(EXIT_USAGE, path, r);
	return r ? EXIT_USAGE : EXIT_OK;
}

static int check_files(const struct shipper_settings *s)
{
	const char *const paths[] = { s->ca_file, s->client_certificate, s->client_key };

	for (unsigned int i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (*paths[i] && access(paths[i], R_OK))
			return fail(EXIT_USAGE, paths[i], -errno);
	return *s->headers_file ? check_headers(s->headers_file) : EXIT_OK;
}

static int check(const struct settings *settings)
{
	const struct shipper_settings *s = &settings->shipper;

	if (!*s->endpoint) {
		fprintf(stderr, NAME ": %s: [log_shipper] has no endpoint\n", settings->config);
		return EXIT_USAGE;
	}
	if (s->retry_min > s->retry_max) {
		fprintf(stderr, NAME ": %s: [log_shipper]: retry_min is more than retry_max\n",
			settings->config);
		return EXIT_USAGE;
	}
	return check_files(s);
}

/* Two would deliver everything twice. Returns a descriptor to keep open, or -errno. */
static int claim(const char *state_dir)
{
	int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	return err;
}

static void set_origin(struct origin *ret, const struct shipper_settings *s)
{
	static char host[HOST_NAME_MAX + 1];

	gethostname(host, sizeof(host) - 1);
	ret->service_name = s->service_name;
	ret->host_name = *s->host_name ? s->host_name : host;
	ret->log_name = *s->log_name			  ? s->log_name
			: s->protocol == SHIPPER_ALS_GRPC ? "http_envoy_accesslog"
							  : "otel_envoy_accesslog";
}

static int prepare(struct shipper *s)
{
	const struct settings *settings = s->settings;
	bool is_default = !strcmp(settings->log.text_format, LOG_FORMAT_TEXT_DEFAULT);
	int r = follow_init(&s->follower, settings->log_file);

	set_origin(&s->origin, &settings->shipper);
	s->batch.protocol = settings->shipper.protocol;
	s->batch.origin = &s->origin;
	s->reader = record_reader_new(is_default);
	if (!r && !s->reader)
		r = -ENOMEM;
	if (!r)
		r = client_init(&s->client, &settings->shipper);
	if (!r)
		r = service_open(&s->service, settings->interval);
	return r;
}

static int read_cursor(struct shipper *s)
{
	int r = cursor_read(&s->delivered, s->settings->shipper.state_dir);

	s->has_cursor = !r;
	if (r == -EINVAL)
		fprintf(stderr, NAME ": %s/cursor is damaged: remove it to begin with %s anew\n",
			s->settings->shipper.state_dir, s->settings->log_file);
	else if (r && r != -ENOENT)
		fail(EXIT_RUNTIME, s->settings->shipper.state_dir, r);
	return r && r != -ENOENT ? EXIT_RUNTIME : EXIT_OK;
}

static int run(const struct settings *settings)
{
	static struct shipper s;
	int r;

	s.settings = settings;
	if (read_cursor(&s))
		return EXIT_RUNTIME;
	r = prepare(&s);
	if (r)
		return fail(EXIT_RUNTIME, "cannot start", r);
	service_ready(NAME);
	r = shipper_run(&s);
	client_free(&s.client);
	follow_free(&s.follower);
	record_reader_free(s.reader);
	buffer_free(&s.batch.body);
	service_close(&s.service);
	return r ? fail(EXIT_RUNTIME, "stopped", r) : EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct settings settings;
	int lock, r = settings_read(&settings, &identity, argc, argv);

	if (r < 0)
		r = check(&settings) ? EXIT_USAGE : -1;
	if (r >= 0)
		return r;
	signal(SIGPIPE, SIG_IGN);
	lock = claim(settings.shipper.state_dir);
	if (lock == -EBUSY) {
		fprintf(stderr, NAME ": another instance runs with %s\n",
			settings.shipper.state_dir);
		return EXIT_RUNTIME;
	}
	if (lock < 0)
		return fail(EXIT_RUNTIME, settings.shipper.state_dir, lock);
	r = run(&settings);
	close(lock);
	return r;
}
