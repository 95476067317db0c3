// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A bad link in user space: forwards every frame between two interfaces and drops, reorders,
 * duplicates and delays those of TCP; ARP and neighbour discovery pass unharmed. The same seed
 * makes the same decisions. Prints totals at SIGTERM. Give it the far ends of two veth pairs, in a
 * network namespace of their own. Needs no netem.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX (256 << 10)
#define HELD_MAX  256
#define MS	  1000000ull

enum kind { DROP, REORDER, DUPLICATE, DELAY, KINDS };

/* A frame that waits until `after` later frames have passed, or until it is due. */
struct held {
	char *frame;
	size_t length;
	unsigned int after;
	uint64_t due;
};

/* From one interface to the other. */
struct direction {
	int from, to;
	uint64_t random;
	double percent[KINDS];
	unsigned long done[KINDS], forwarded, unsent;
	unsigned int held_count;
	struct held held[HELD_MAX];
};

static struct direction directions[2];
static unsigned int hold_frames = 3, hold_ms = 5, delay_ms = 20;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 * MS + t.tv_nsec;
}

/* splitmix64 */
static uint64_t next_random(struct direction *d)
{
	uint64_t z = d->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static int chance(struct direction *d, enum kind kind)
{
	return (next_random(d) >> 11) * 100.0 / (1ull << 53) < d->percent[kind];
}

static void transmit(struct direction *d, const char *frame, size_t length)
{
	if (write(d->to, frame, length) == (ssize_t)length)
		d->forwarded++;
	else
		d->unsent++;
}

/* Sends what is due; after a frame has passed, those that waited for it. */
static void release(struct direction *d, uint64_t now, int passed)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < d->held_count; i++) {
		struct held *h = &d->held[i];

		if (passed && h->after)
			h->after--;
		if (h->after && h->due > now) {
			d->held[kept++] = *h;
			continue;
		}
		transmit(d, h->frame, h->length);
		free(h->frame);
	}
	d->held_count = kept;
}

static int hold(struct direction *d, enum kind kind, const char *frame, size_t length,
		unsigned int after, uint64_t due)
{
	struct held *h = &d->held[d->held_count];

	if (d->held_count == HELD_MAX)
		return -1;
	h->frame = malloc(length);
	if (!h->frame)
		return -1;
	memcpy(h->frame, frame, length);
	h->length = length;
	h->after = after;
	h->due = due;
	d->held_count++;
	d->done[kind]++;
	return 0;
}

static int is_tcp(const char *frame, size_t length)
{
	const unsigned char *ip =
		(const unsigned char *)frame + sizeof(struct virtio_net_hdr) + ETH_HLEN;
	unsigned int type = ip[-2] << 8 | ip[-1];

	if (length < sizeof(struct virtio_net_hdr) + ETH_HLEN + 40)
		return 0;
	return (type == ETH_P_IP && ip[9] == IPPROTO_TCP) ||
	       (type == ETH_P_IPV6 && ip[6] == IPPROTO_TCP);
}

static void impair(struct direction *d, const char *frame, size_t length)
{
	uint64_t now = now_ns();

	if (chance(d, DROP)) {
		d->done[DROP]++;
		return;
	}
	if (chance(d, REORDER) &&
	    !hold(d, REORDER, frame, length, 1 + next_random(d) % hold_frames, now + hold_ms * MS))
		return;
	if (chance(d, DELAY) &&
	    !hold(d, DELAY, frame, length, UINT32_MAX, now + next_random(d) % (delay_ms * MS)))
		return;
	transmit(d, frame, length);
	if (chance(d, DUPLICATE)) {
		d->done[DUPLICATE]++;
		transmit(d, frame, length);
	}
	release(d, now, 1);
}

static void receive(struct direction *d)
{
	static char frame[FRAME_MAX];
	ssize_t length = recv(d->from, frame, sizeof(frame), MSG_DONTWAIT);

	if (length < 0)
		return;
	if (is_tcp(frame, length))
		impair(d, frame, length);
	else
		transmit(d, frame, length);
}

/* Frames carry a virtio header, so that unfinished checksums and segments to be cut pass as they
 * are. */
static int open_interface(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, buffer = 64 << 20;

	address.sll_ifindex = if_nametoindex(name);
	if (fd < 0 || !address.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		fprintf(stderr, "impair: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

/* "2" for both directions, "2,0.5" for each its own */
static void set_percent(enum kind kind, const char *text)
{
	double *first = &directions[0].percent[kind], *second = &directions[1].percent[kind];
	char *end;

	*first = strtod(text, &end);
	*second = *end == ',' ? strtod(end + 1, &end) : *first;
	if (*end) {
		fprintf(stderr, "impair: not a percentage: %s\n", text);
		exit(2);
	}
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "drop", 1, NULL, DROP },
		{ "reorder", 1, NULL, REORDER },
		{ "duplicate", 1, NULL, DUPLICATE },
		{ "delay", 1, NULL, DELAY },
		{ "seed", 1, NULL, 's' },
		{ "hold-frames", 1, NULL, 'f' },
		{ "hold-ms", 1, NULL, 'm' },
		{ "delay-ms", 1, NULL, 'y' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option < KINDS)
			set_percent(option, optarg);
		else if (option == 's')
			directions[0].random = strtoull(optarg, NULL, 0);
		else if (option == 'f')
			hold_frames = atoi(optarg);
		else if (option == 'm')
			hold_ms = atoi(optarg);
		else if (option == 'y')
			delay_ms = atoi(optarg);
		else
			exit(2);
	}
	directions[1].random = ~directions[0].random;
	if (argc - optind != 2 || !hold_frames || !delay_ms) {
		fprintf(stderr,
			"usage: impair [--seed N] [--drop %%[,%%]] [--reorder …] [--duplicate …] [--delay …]\n"
			"\t[--hold-frames N] [--hold-ms N] [--delay-ms N] INTERFACE INTERFACE\n");
		exit(2);
	}
}

static void forward_until_stopped(const sigset_t *while_waiting)
{
	struct pollfd fds[2] = { { .fd = directions[0].from, .events = POLLIN },
				 { .fd = directions[1].from, .events = POLLIN } };
	const struct timespec tick = { .tv_nsec = MS };

	while (!stopped) {
		int holds = directions[0].held_count || directions[1].held_count;

		if (ppoll(fds, 2, holds ? &tick : NULL, while_waiting) < 0)
			continue;
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents)
				receive(&directions[i]);
			release(&directions[i], now_ns(), 0);
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t blocked, original;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &original);
	sigaction(SIGTERM, &action, NULL);
	read_options(argc, argv);
	directions[0].from = directions[1].to = open_interface(argv[optind]);
	directions[1].from = directions[0].to = open_interface(argv[optind + 1]);
	fprintf(stderr, "impair: ready\n");
	forward_until_stopped(&original);
	for (int i = 0; i < 2; i++) {
		const struct direction *d = &directions[i];

		printf("%s forwarded %lu dropped %lu reordered %lu duplicated %lu delayed %lu unsent %lu\n",
		       argv[optind + i], d->forwarded, d->done[DROP], d->done[REORDER],
		       d->done[DUPLICATE], d->done[DELAY], d->unsent);
	}
	return 0;
}
