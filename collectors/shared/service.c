// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

static int timer_start(int *ret, struct timespec every)
{
	struct itimerspec timer = { every, every };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), r;

	if (fd >= 0 && !timerfd_settime(fd, 0, &timer, NULL)) {
		*ret = fd;
		return 0;
	}
	r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* sd_watchdog_enabled(3): twice as often as it is wanted. */
static int watchdog_start(int *ret)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long half;
	char *end;

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	errno = 0;
	half = strtoull(usec, &end, 10) / 2;
	if (errno || *end || !half)
		return 0;
	return timer_start(ret, (struct timespec){ .tv_sec = half / 1000000,
						   .tv_nsec = half % 1000000 * 1000 });
}

int service_open(struct service *ret, unsigned int interval)
{
	struct service s = { .timer = -1, .watchdog = -1 };
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	s.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r = s.signals < 0 ? -errno : timer_start(&s.timer, (struct timespec){ .tv_sec = interval });
	if (!r)
		r = watchdog_start(&s.watchdog);
	if (r) {
		service_close(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void service_close(struct service *s)
{
	if (s->signals >= 0)
		close(s->signals);
	if (s->timer >= 0)
		close(s->timer);
	if (s->watchdog >= 0)
		close(s->watchdog);
	s->signals = -1;
	s->timer = -1;
	s->watchdog = -1;
}

enum service_event service_wait(struct service *s)
{
	return service_wait_input(s, -1, -1);
}

/* Returns SERVICE_TIMEOUT when there is none after all. */
static enum service_event read_signal(const struct service *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof(info)) != sizeof(info))
		return SERVICE_TIMEOUT;
	if (info.ssi_signo == SIGHUP)
		return SERVICE_REOPEN;
	if (info.ssi_signo == SIGUSR1)
		return SERVICE_REPORT;
	service_notify("STOPPING=1");
	return SERVICE_STOP;
}

enum service_event service_wait_input(struct service *s, int fd, int timeout)
{
	struct pollfd polled[] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->timer, .events = POLLIN },
		{ .fd = s->watchdog, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	enum service_event event;
	uint64_t expired;

	for (;;) {
		int n = poll(polled, 4, timeout);

		if (!n)
			return SERVICE_TIMEOUT;
		if (n < 0)
			continue; /* EINTR */
		if (polled[0].revents) {
			event = read_signal(s);
			if (event != SERVICE_TIMEOUT)
				return event;
		}
		if (polled[1].revents && read(s->timer, &expired, sizeof(expired)) > 0)
			return SERVICE_TIMER;
		if (polled[2].revents && read(s->watchdog, &expired, sizeof(expired)) > 0)
			service_notify("WATCHDOG=1");
		if (polled[3].revents)
			return SERVICE_INPUT;
	}
}

void service_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length;
	int fd;

	if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, path);
	if (*path == '@')
		address.sun_path[0] = '\0';
	length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, length);
	close(fd);
}

void service_ready(const char *name)
{
	fprintf(stderr, "%s: ready\n", name);
	service_notify("READY=1");
}
