/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: what the log shipper reads from outside and is no line of the log. Whatever a receiver
 * answers, there is one verdict with a printable reason, and a bounded delay; whatever the cursor's
 * file says, it is refused, or within its bounds. The first input byte chooses: enum input.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backoff.h"
#include "cursor.h"
#include "reply.h"

#define RETRY_MIN 1000
#define RETRY_MAX 30000

enum input {
	INPUT_PROTOBUF, /* of a reply: two bytes are the status, then lines, and behind an empty one
			   the body */
	INPUT_JSON,
	INPUT_GRPC,
	INPUT_RETRY, /* failures, Retry-After, chance */
	INPUT_CURSOR,
	INPUTS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_judgement(const struct judgement *j)
{
	if (!memchr(j->why, '\0', sizeof(j->why)))
		abort();
	for (const char *p = j->why; *p; p++)
		if (*p < ' ' || *p > '~')
			abort();
	if (j->rejected && j->verdict != VERDICT_ACCEPTED)
		abort();
	if (j->verdict == VERDICT_RETRY && !*j->why)
		abort();
}

static void judge(const uint8_t *data, size_t size, enum shipper_protocol protocol)
{
	static struct reply reply;
	struct judgement j;
	const uint8_t *end;

	if (size < 2)
		return;
	reply_clear(&reply);
	reply.http_status = (data[0] << 8 | data[1]) % 1000;
	data += 2;
	size -= 2;
	while ((end = memchr(data, '\n', size)) && end > data) {
		reply_add_header(&reply, (const char *)data, end + 1 - data);
		size -= end + 1 - data;
		data = end + 1;
	}
	if (size)
		reply_add_body(&reply, data, size);
	if (size && *data == 0xff) /* much more than is kept */
		for (size_t i = 0; i < REPLY_BODY_MAX / size + 1; i++)
			reply_add_body(&reply, data, size);
	reply_judge(&j, &reply, protocol);
	check_judgement(&j);
}

static void retry(const uint8_t *data, size_t size)
{
	struct {
		long retry_after;
		unsigned int failed, random;
	} in = { 0 };
	unsigned int delay, asked;

	memcpy(&in, data, size < sizeof(in) ? size : sizeof(in));
	in.retry_after &= LONG_MAX;
	asked = (in.retry_after < RETRY_AFTER_MAX ? in.retry_after : RETRY_AFTER_MAX) * 1000;
	delay = backoff_delay(in.failed % 1000 + 1, RETRY_MIN, RETRY_MAX, in.retry_after,
			      in.random);
	if (delay < asked || delay < RETRY_MIN / 2 || (delay > RETRY_MAX && delay > asked))
		abort();
}

static char own_dir[] = "/tmp/fuzz-cursor.XXXXXX";

static void remove_dir(void)
{
	rmdir(own_dir);
}

/* A process's own: libFuzzer's parallel jobs are processes. */
static void make_dir(void)
{
	static bool is_made;

	if (is_made)
		return;
	if (!mkdtemp(own_dir) || atexit(remove_dir))
		abort();
	is_made = true;
}

static void read_cursor(const uint8_t *data, size_t size)
{
	char path[64];
	struct cursor c;
	int fd;

	make_dir();
	snprintf(path, sizeof(path), "%s/cursor", own_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	if (!cursor_read(&c, own_dir) &&
	    (c.head_length > CURSOR_HEAD_MAX || c.head_length > c.offset || c.offset > INT64_MAX ||
	     c.modified.tv_nsec < 0 || c.modified.tv_nsec > 999999999))
		abort();
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int input;

	if (!size)
		return 0;
	input = *data++ % INPUTS;
	size--;
	switch (input) {
	case INPUT_PROTOBUF:
		judge(data, size, SHIPPER_HTTP_PROTOBUF);
		break;
	case INPUT_JSON:
		judge(data, size, SHIPPER_HTTP_JSON);
		break;
	case INPUT_GRPC:
		judge(data, size, SHIPPER_ALS_GRPC);
		break;
	case INPUT_RETRY:
		retry(data, size);
		break;
	case INPUT_CURSOR:
		read_cursor(data, size);
		break;
	}
	return 0;
}
