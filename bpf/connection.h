/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 1: which connection a segment belongs to, its direction and role. State is keyed by the
 * tuple, because data that comes with the handshake's last ACK is filtered with the listener's
 * socket. The hash never evicts: a connection for which there is no room is counted as untracked,
 * never followed by half.
 */
#ifndef MESHTAP_CONNECTION_H
#define MESHTAP_CONNECTION_H

#include "exchange.h"
#include "http1.h"
#include "peer.h"
#include "scratch.h"
#include "series.h"
#include "tuple.h"
#include "workload.h"

#define EEXIST		 17   /* errno.h is user space's */
#define EXCHANGES_INLINE 4    /* see pending.h; a power of two */
#define EARLY_MAX	 4096 /* connections whose first data came before their socket */

enum closer {
	CLOSER_NONE,
	CLOSER_CLIENT,
	CLOSER_SERVER,
};

enum { REQUEST, RESPONSE, DIRECTIONS };

/* See http2_streams.h. */
enum h2 {
	H2_NONE,
	H2_BEGUN,    /* or so it seems, until the client speaks */
	H2_UPGRADED, /* from HTTP/1 */
};

enum missed {
	MISSED_RECEIVED = 1,
	MISSED_SENT = 2,
};

enum {
	TCP_FLAG_FIN = 1,
	TCP_FLAG_SYN = 2,
	TCP_FLAG_RST = 4,
	TCP_FLAG_URG = 32,
};

/* How far a connection is in finding a message's beginning, see pickup.h. */
enum pickup {
	PICKUP_NONE,  /* every message is followed */
	PICKUP_WAIT,  /* a response must be heard first */
	PICKUP_READY, /* what the client sends next begins a request */
	PICKUP_TRY,   /* a request was found; its response will confirm it */
};

/* One direction's place in its byte stream. Written by one program at a time: whoever set busy. */
struct direction {
	__u64 position;	     /* stream bytes passed */
	__u64 message_start; /* position of the message's first byte */
	__u64 started_ns;
	__u64 last_ns;
	__u32 next_seq;
	__u32 fin_seq;
	union {
		__u32 awaits; /* any of these: see one_step.h */
		struct {
			__u8 busy;
			__u8 stale;    /* to be reset before it is walked again */
			__u8 unsynced; /* HTTP/2: where a frame begins is not known */
			__u8 has_fin;  /* fin_seq is set */
		};
	};
	__u8 started;	/* next_seq is known */
	__u8 begun;	/* message_start and started_ns are set */
	__u8 pushed;	/* request: it is in the ring */
	__u8 skipped;	/* request: it found no room there */
	__u8 answers;	/* response: to the oldest exchange, whose status is set */
	__u8 kept;	/* pieces of the message's head that the sink keeps, or KEPT_LOST */
	__u8 line_kept; /* as struct http1_kept has it, of the line that goes on */
	__u8 head_open; /* its head has begun in a window before, and not ended */
	__u32 host;	/* request: as in struct exchange */
	struct http1_parser parser;
};

struct connection {
	struct bpf_spin_lock lock;
	__u32 reporter; /* enum reporter: source = the client's end */
	__u64 id;
	__u64 opened_ns;
	__u64 spoken_ns; /* while a beginning is looked for after a loss: when either side last
			    spoke */
	__u64 local_workload;
	__u64 peer_workload;
	__u64 client_key;      /* key_of_client(), or, early, early_client_key(); 0: a server's */
	struct endpoint local; /* both with their port, see connection_endpoints() */
	struct endpoint peer;
	struct tuple tuple;
	__u32 first;	  /* ordinal of the oldest exchange in flight */
	__u32 next;	  /* ordinal of the next one */
	__u32 deep_from;  /* from this ordinal on exchanges are in the deep ring */
	__u32 skipped;	  /* requests after these that found no room */
	__u32 undeclared; /* messages to count as inexact when the connection proves to be HTTP */
	__u32 owed;	  /* answers to requests that were declared */
	union {
		__u64 unsettled; /* any of these: see one_step.h */
		struct {
			__u8 closed;
			__u8 missed; /* segments that could not be walked: bits of enum missed */
			__u8 early;  /* made from a segment before ESTABLISHED */
			__u8 pickup; /* enum pickup */
			__u8 replay_due; /* what came early can be placed now */
			__u8 refused;	 /* the server refused CONNECT: the request direction is
					    HTTP again */
			__u8 ahead;	 /* an answer came before its request was known, see
					    response_is_ahead() */
			__u8 reserved;
		};
	};
	union {
		__u32 unusual; /* likewise */
		struct {
			__u8 dead;   /* not HTTP: only bytes are counted */
			__u8 h2;     /* enum h2 */
			__u8 tunnel; /* the server switched protocols: so does the request
					direction */
			__u8 is_deep;
		};
	};
	__u8 lost_reason;
	__u8 closer; /* whose FIN or RST came first */
	__u8 is_http;
	__u8 follows;	/* the sending direction's messages, also while a beginning is looked for */
	__u8 pipelined; /* the client sent a request before the last one was answered */
	__u8 older;	/* than the collector */
	__u8 guessed;	/* the reporter is only likely */
	__u8 has_deep;
	__u8 has_stash;
	__u8 looks_http; /* a response seems to have begun */
	__u8 asked;	 /* a request was declared since the server last spoke */
	__u8 answered;	 /* the oldest exchange, before its request ended */
	__u8 hello;	 /* 0, or pieces of a TLS ClientHello that were sent + 1, see hello.h */
	__u8 undecided;	 /* the server may still tell who it is */
	__u32 stashed;	 /* ranges in its stash */
	__u32 entered;	 /* counts what was put into it */
	__u32 kept_from; /* of exchanges before this ordinal the sink has kept nothing, or was
			    handed it */
	__u32 pid; /* of who called connect() or listen(), where a sink wants it; 0: not known */
	char comm[16];
	struct direction direction[DIRECTIONS];
	struct exchange ring[EXCHANGES_INLINE];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, struct connection);
} connections SEC(".maps");

/* Zero, always. Bytes, because a value with a lock cannot be a helper's argument. */
struct blank_connection {
	__u8 bytes[sizeof(struct connection)];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct blank_connection);
} blank_connection SEC(".maps");

/* User space removes those that never were established. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, EARLY_MAX);
	__type(key, struct tuple);
	__type(value, __u64); /* the connection's id */
} early_connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE); /* user space takes off what it removes */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_health);
} health SEC(".maps");

static __always_inline struct http_health *health_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&health, &zero);
}

static __always_inline void count_inexact(__u32 reason, __u64 n)
{
	struct http_health *h = health_counters();

	if (h && reason < INEXACT_REASONS)
		__sync_fetch_and_add(&h->inexact[reason], n);
}

static __always_inline void count_connections(__s64 n)
{
	struct http_health *h = health_counters();

	if (h)
		__sync_fetch_and_add(&h->connections, n);
}

/*
 * A new connection, made in the scratch window, because other CPUs must see it whole or not at all.
 * NULL: cannot be.
 */
static __always_inline struct connection *connection_new(struct scratch *s, const struct tuple *t,
							 enum reporter reporter)
{
	struct connection *c = (struct connection *)s->window.bytes;
	struct blank_connection *blank;
	__u64 now = bpf_ktime_get_ns();
	__u32 zero = 0;

	blank = bpf_map_lookup_elem(&blank_connection, &zero);
	if (!blank || bpf_probe_read_kernel(c, sizeof(*c), blank))
		return NULL;
	c->id = now << 8 | (bpf_get_smp_processor_id() & 0xff);
	c->opened_ns = now;
	c->tuple = *t;
	c->reporter = reporter;
	c->direction[RESPONSE].parser.response = 1;
	return c;
}

static __always_inline void count_untracked(void)
{
	struct http_health *h = health_counters();

	if (h)
		__sync_fetch_and_add(&h->untracked, 1);
}

static __always_inline void connection_untracked(const struct connection *c)
{
	count_untracked();
	if (c->client_key)
		client_forget(c->client_key);
}

/* Returns 0, or -1: it exists, or there is no room, which is counted. */
static __always_inline int connection_insert(const struct connection *c)
{
	struct tuple t = c->tuple;
	/* Not a long: until Linux 6.4 programs called the map's own function, which returned int,
	 * and nothing extended its sign. */
	int error = bpf_map_update_elem(&connections, &t, c, BPF_NOEXIST);

	if (!error)
		count_connections(1);
	else if (error != -EEXIST)
		connection_untracked(c);
	return error ? -1 : 0;
}

static __always_inline void direction_start(struct direction *d, __u32 next_seq)
{
	if (d->started)
		return;
	d->next_seq = next_seq;
	d->started = 1;
}

#endif
