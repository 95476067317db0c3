// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "service.h"

#include "pins_dir.h"
#include "privileges.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/types.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
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

static int claim_path(char ret[PATH_MAX], const char *pin_dir, const char *section)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s_service", pin_dir, section);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Returns -EAGAIN when the directory was removed after it was opened. */
static int try_claim(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	struct stat ours, now;

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	else if (fstat(fd, &ours))
		r = -errno;
	else if (stat(path, &now) || now.st_ino != ours.st_ino || now.st_dev != ours.st_dev)
		r = -EAGAIN;
	if (!r)
		return fd;
	close(fd);
	return r;
}

int service_claim(const char *pin_dir, const char *section)
{
	char path[PATH_MAX];
	int r = claim_path(path, pin_dir, section);

	while (!r || r == -EAGAIN) {
		r = pins_dir_create(pin_dir);
		if (r)
			return r;
		if (mkdir(path, 0700) && errno != EEXIST)
			return -errno;
		r = try_claim(path);
		if (r >= 0)
			return r; /* never 0: standard input is open, or nothing would come this far
				   */
	}
	return r;
}

void service_unclaim(const char *pin_dir, const char *section)
{
	char path[PATH_MAX];
	int fd;

	if (claim_path(path, pin_dir, section))
		return;
	fd = try_claim(path);
	if (fd < 0)
		return;
	rmdir(path);
	close(fd);
	rmdir(pin_dir); /* fails while other collectors are in it, as it should */
}

/* In a child, which loses its privileges and ends. */
static int can_read_without(int map_fd)
{
	char value[256]; /* that of no map used here is larger */
	__u32 zero = 0;

	if (privileges_drop())
		return 0;
	return !bpf_map_lookup_elem(map_fd, &zero, value) || errno != EPERM;
}

int service_drop_privileges(int map_fd)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child)
		_exit(can_read_without(map_fd) ? 0 : 1);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return 1;
	return privileges_drop();
}
