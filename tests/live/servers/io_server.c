// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A server whose responses take the ways that tracers of system calls do not see: splice from a
 * file, MSG_ZEROCOPY from mapped memory, io_uring for both directions. GET and HEAD only, a process
 * for each connection. io_server splice|zerocopy|io_uring PORT; "ready" when it listens, exit code
 * 77 when the kernel refuses io_uring. Files come from the working directory.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct body {
	int file;
	const char *memory;
	size_t size;
};

static struct io_uring ring;

static ssize_t ring_wait(void)
{
	struct io_uring_cqe *cqe;
	ssize_t result;

	if (io_uring_submit_and_wait(&ring, 1) < 0 || io_uring_wait_cqe(&ring, &cqe))
		return -1;
	result = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return result;
}

static ssize_t ring_receive(int fd, char *to, size_t size)
{
	io_uring_prep_recv(io_uring_get_sqe(&ring), fd, to, size, 0);
	return ring_wait();
}

static int ring_send(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n;

		io_uring_prep_send(io_uring_get_sqe(&ring), fd, data, size, MSG_NOSIGNAL);
		n = ring_wait();
		if (n <= 0)
			return -1;
		data += n;
		size -= n;
	}
	return 0;
}

static ssize_t plain_receive(int fd, char *to, size_t size)
{
	return recv(fd, to, size, 0);
}

static int send_all(int fd, const char *data, size_t size, int flags)
{
	while (size) {
		ssize_t n = send(fd, data, size, flags | MSG_NOSIGNAL);

		if (n < 0)
			return -1;
		data += n;
		size -= n;
	}
	return 0;
}

static int send_ring(int fd, const char *head, const struct body *body)
{
	return ring_send(fd, head, strlen(head)) || ring_send(fd, body->memory, body->size);
}

static int send_spliced(int fd, const char *head, const struct body *body)
{
	size_t left = body->size;
	int ends[2], failed = 0;
	loff_t at = 0;

	if (pipe(ends))
		return -1;
	failed = send_all(fd, head, strlen(head), body->size ? MSG_MORE : 0);
	while (left && !failed) {
		ssize_t n = splice(body->file, &at, ends[1], NULL, left, 0);

		failed = n <= 0;
		for (left -= failed ? 0 : n; n > 0;) {
			ssize_t sent = splice(ends[0], NULL, fd, NULL, n, left ? SPLICE_F_MORE : 0);

			failed = sent <= 0;
			n = failed ? 0 : n - sent;
		}
	}
	close(ends[0]);
	close(ends[1]);
	return failed;
}

/* The memory is never written again: that the kernel has done with it need not be awaited. */
static int send_zerocopy(int fd, const char *head, const struct body *body)
{
	char control[256];
	struct msghdr message = { .msg_control = control, .msg_controllen = sizeof(control) };

	while (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		message.msg_controllen = sizeof(control);
	return send_all(fd, head, strlen(head), 0) ||
	       send_all(fd, body->memory, body->size, MSG_ZEROCOPY);
}

static const struct way {
	const char *name;
	ssize_t (*receive)(int fd, char *to, size_t size);
	int (*send)(int fd, const char *head, const struct body *body);
} ways[] = { { "splice", plain_receive, send_spliced },
	     { "zerocopy", plain_receive, send_zerocopy },
	     { "io_uring", ring_receive, send_ring } };

/* Opens "/NAME" or "/NAME?…". */
static int open_body(const char *target, struct body *ret)
{
	char name[64];
	struct stat st;

	if (sscanf(target, "/%63[a-z]", name) != 1)
		return -1;
	ret->file = open(name, O_RDONLY);
	if (ret->file < 0 || fstat(ret->file, &st))
		return -1;
	ret->size = st.st_size;
	ret->memory = mmap(NULL, ret->size, PROT_READ, MAP_PRIVATE, ret->file, 0);
	return ret->memory == MAP_FAILED;
}

static int answer(const struct way *way, int fd, const char *request)
{
	struct body body = { .file = -1 };
	char head[128], method[8], target[256];
	const char *status = "200 OK";
	int failed;

	if (sscanf(request, "%7s %255s", method, target) != 2)
		return -1;
	if (open_body(target, &body)) {
		body.size = 0;
		status = "404 Not Found";
	}
	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status,
		 body.size);
	if (!strcmp(method, "HEAD"))
		body.size = 0;
	failed = way->send(fd, head, &body);
	close(body.file); /* what is mapped goes with the process */
	return failed;
}

static void serve(const struct way *way, int fd)
{
	static char buffer[1 << 17];
	size_t length = 0;
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	for (;;) {
		char *end;
		ssize_t n = way->receive(fd, buffer + length, sizeof(buffer) - 1 - length);

		if (n <= 0)
			return;
		length += n;
		buffer[length] = 0;
		while ((end = strstr(buffer, "\r\n\r\n"))) {
			*end = 0;
			if (answer(way, fd, buffer))
				return;
			length -= end + 4 - buffer;
			memmove(buffer, end + 4, length + 1);
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const struct way *way = ways;
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (argc != 3)
		return 2;
	while (strcmp(way->name, argv[1]))
		if (++way == ways + 3)
			return 2;
	if (way->receive == ring_receive && io_uring_queue_init(8, &ring, 0))
		return 77;
	address.sin_port = htons(atoi(argv[2]));
	signal(SIGCHLD, SIG_IGN);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1024))
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (!fork()) {
			if (way->receive == ring_receive && io_uring_queue_init(8, &ring, 0))
				return 1;
			serve(way, fd);
			return 0;
		}
		close(fd);
	}
}
