/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection step by step. Include after log_setup.h and fake_net.h. */
#ifndef MESHTAP_LOG_STEPS_H
#define MESHTAP_LOG_STEPS_H

static struct fake_end near;
static __u32 came, went; /* bytes */

/* Before ESTABLISHED: connect() was called, or listen(). */
static inline void prepare(int client)
{
	log_reset();
	came = went = 0;
	user_pid_tgid = client ? 11ull << 32 : 22ull << 32;
	strcpy(user_comm, client ? "caller" : "listener");
	fake_init(&near, client, 0, 4000000000U, 4294967290U);
	if (client)
		http_socket_state(fake_sock(near.tp), TCP_CLOSE, TCP_SYN_SENT);
	else
		http_socket_state(fake_sock(near.listener), TCP_CLOSE, TCP_LISTEN);
	user_pid_tgid = 99ull << 32; /* whoever runs when packets come */
	strcpy(user_comm, "other");
}

static inline void start(int client)
{
	prepare(client);
	fake_established(&near);
}

/* The next bytes, which TCP takes. */
static inline void in_bytes(const void *bytes, __u32 length)
{
	fake_segment(&near, 0, near.theirs + came, bytes, length, 0);
	came += length;
	near.tp->rcv_nxt = near.tp->rcv_wup = near.theirs + came;
}

static inline void out_bytes(const void *bytes, __u32 length)
{
	fake_segment(&near, 1, near.ours + went, bytes, length, 0);
	went += length;
	near.tp->snd_nxt = near.acked = near.ours + went;
}

static inline void in(const char *text)
{
	in_bytes(text, strlen(text));
}

static inline void out(const char *text)
{
	out_bytes(text, strlen(text));
}

/* In segments of size bytes. */
static inline void in_segments(const char *text, __u32 size)
{
	__u32 length = strlen(text);

	for (__u32 at = 0; at < length; at += size)
		in_bytes(text + at, length - at < size ? length - at : size);
}

static inline void out_segments(const char *text, __u32 size)
{
	__u32 length = strlen(text);

	for (__u32 at = 0; at < length; at += size)
		out_bytes(text + at, length - at < size ? length - at : size);
}

/* The connection closes, the collector reads. Returns whether nothing is left. */
static inline int finish(void)
{
	fake_closed(&near);
	log_read();
	return log_is_empty();
}

static inline const char *value(__u32 line, enum head_side side, __u32 name)
{
	return line < journal.count ? journal.lines[line].value[side][name] : "no such line";
}

#endif
