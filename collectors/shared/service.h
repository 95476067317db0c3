/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the services share: signals and interval as events, systemd's notifications, one instance
 * per pin directory. */
#ifndef MESHTAP_SERVICE_H
#define MESHTAP_SERVICE_H

enum service_event {
	SERVICE_TIMER,	/* the interval went by */
	SERVICE_REPORT, /* SIGUSR1: write metrics now */
	SERVICE_REOPEN, /* SIGHUP */
	SERVICE_STOP,	/* SIGTERM, SIGINT; systemd was told */
	SERVICE_INPUT,	/* service_wait_input(): the descriptor is readable */
	SERVICE_TIMEOUT,
};

struct service {
	int signals;  /* signalfd */
	int timer;    /* timerfd */
	int watchdog; /* timerfd, or -1: systemd does not ask for a sign of life */
};

/* Blocks the signals above, starts the timer and, where systemd asks for it ($WATCHDOG_USEC), the
 * one of its watchdog. Returns 0 or -errno. */
int service_open(struct service *ret, unsigned int interval);
void service_close(struct service *s);

/* Waits for the next event. Whoever keeps asking is alive: systemd's watchdog is fed from here. */
enum service_event service_wait(struct service *s);

/* The same, and for fd; timeout: in ms, -1: none. Signals come before the timer, the timer before
 * fd. */
enum service_event service_wait_input(struct service *s, int fd, int timeout);

/* Sends one state ("READY=1") to $NOTIFY_SOCKET, if any. Errors are systemd's to notice. */
void service_notify(const char *state);

/* Says "NAME: ready" on stderr, and READY=1. */
void service_ready(const char *name);

/*
 * Claims PIN_DIR/SECTION_service for the life of the process: the pins' own lock is for the start
 * only, --unload takes it too. Returns the descriptor to keep open, -EBUSY when another process has
 * it, or -errno.
 */
int service_claim(const char *pin_dir, const char *section);

/* For --unload, after pins_remove(): removes what service_claim() left behind, unless a process has
 * it. */
void service_unclaim(const char *pin_dir, const char *section);

/*
 * privileges_drop(), unless this kernel then refuses to read the map (before 5.19 with
 * kernel.unprivileged_bpf_disabled): that is tried in a child. Returns 0, 1 when privileges are
 * kept, or -errno.
 */
int service_drop_privileges(int map_fd);

#endif
