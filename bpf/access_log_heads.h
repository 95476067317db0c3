/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wanted lines of heads, kept in the kernel until their exchange ends: then all that makes one
 * line of the log goes through the ring at once, or nothing does. So a line is whole or it is
 * counted as dropped, a filter can refuse it before it has cost anything, and a restart of the
 * process loses none. A head is pieces; a piece is a record as it will be sent.
 */
#ifndef MESHTAP_ACCESS_LOG_HEADS_H
#define MESHTAP_ACCESS_LOG_HEADS_H

#include "access_log.h"
#include "connection_make.h"
#include "scratch.h"

#define HEAD_PIECE  752 /* an element of the hash is then 1 KiB */
#define HEAD_APPEND 256 /* what may be added to a piece that has room, at a time */

struct head_key {
	__u64 connection;
	__u32 ordinal;
	__u8 response;
	__u8 index;
	__u16 reserved;
};

/* The record_head stands right before the text, and a record_exchange takes its place. */
struct head_piece {
	__u8 before[sizeof(struct record_exchange) - sizeof(struct record_head)];
	struct record_head head;
	char text[HEAD_PIECE];
};

/* A piece that gets no more has at least PIECE - APPEND + 1 bytes. */
_Static_assert(HEAD_PIECES_MAX *(HEAD_PIECE - HEAD_APPEND + 1) > 64 << 10, "HEAD_TEXT_MAX");
_Static_assert(HEAD_PIECES_MAX < KEPT_LOST, "a number of pieces");
_Static_assert(sizeof(struct record_exchange) <= HTTP1_START - HTTP1_CARRY / 2,
	       "a piece is made in the window");

/* Preallocated: an allocation a request costs more than all else (2 of 5.6 us a line, 6.18). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct head_key);
	__type(value, struct head_piece);
} heads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct log_state);
} log_state SEC(".maps");

static __always_inline struct log_state *log_state_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&log_state, &zero);
}

static __always_inline void count_pieces(__s64 n)
{
	struct log_state *state = log_state_get();

	if (state)
		__sync_fetch_and_add(&state->pieces, n);
}

/* Adds to the last piece, while it has room. Returns how many bytes. */
static __always_inline __u32 piece_append(struct scratch *s, struct head_key *key, __u8 side,
					  __u32 at, __u32 length)
{
	struct head_piece *piece;
	__u32 used;

	if (!key->index)
		return 0;
	key->index--;
	piece = bpf_map_lookup_elem(&heads, key);
	key->index++;
	if (!piece || piece->head.side != side)
		return 0;
	used = piece->head.length;
	if (length > HEAD_APPEND)
		length = HEAD_APPEND;
	http1_hide(used);
	used &= 1023;
	if (used > HEAD_PIECE - HEAD_APPEND)
		return 0;
	http1_hide(length);
	length = ((length - 1) & (HEAD_APPEND - 1)) + 1;
	if (bpf_probe_read_kernel(piece->text + used, length, http1_at(&s->window, at)))
		return 0;
	piece->head.length = used + length;
	return length;
}

/* A piece made in place: its record stands in the window right before the bytes. length: at most
 * HEAD_PIECE. */
static __always_inline struct head_piece *piece_make(struct scratch *s, const struct head_key *key,
						     __u8 side, __u32 at, __u32 length)
{
	struct head_piece *piece;
	__u32 offset = at - HTTP1_START;

	http1_hide(offset);
	offset &= HTTP1_WINDOW - 1;
	piece = (struct head_piece *)(s->window.bytes + HTTP1_START -
				      sizeof(struct record_exchange) + offset);
	piece->head.header.type = RECORD_HEAD;
	piece->head.header.ordinal = key->ordinal;
	piece->head.header.connection = key->connection;
	piece->head.length = length;
	piece->head.index = key->index;
	piece->head.side = side;
	piece->head.reserved = 0;
	return piece;
}

static __always_inline __u32 piece_new(struct scratch *s, struct head_key *key, __u8 side, __u32 at,
				       __u32 length)
{
	struct head_piece *piece;
	int error; /* see connection_insert() */

	if (length > HEAD_PIECE)
		length = HEAD_PIECE;
	piece = piece_make(s, key, side, at, length);
	error = bpf_map_update_elem(&heads, key, piece, BPF_NOEXIST);
	if (error == -EEXIST) /* of a message that was given up meanwhile */
		error = bpf_map_update_elem(&heads, key, piece, BPF_EXIST);
	else if (!error)
		count_pieces(1);
	if (error)
		return 0;
	key->index++;
	return length;
}

/*
 * Keeps the window's bytes at [at, at + length), or some of them. The window's first bytes are the
 * struct head_key of the piece that is next. Returns how many, 0: no room. Verified once.
 */
__noinline int head_keep_in(__u32 slot, __u32 side, __u32 at, __u32 length)
{
	struct scratch *s = scratch_at(slot);
	struct head_key *next, key;
	__u32 n;

	if (!s || !length || length > HTTP1_WINDOW)
		return 0;
	next = (struct head_key *)s->window.bytes;
	key = *next;
	n = piece_append(s, &key, side, at, length);
	if (!n && key.index < HEAD_PIECES_MAX)
		n = piece_new(s, &key, side, at, length);
	next->index = key.index;
	return n;
}

/* Forgets a head of n pieces at most. Verified once, as all that follow. */
__noinline int head_drop_in(__u64 connection, __u32 ordinal, __u32 response, __u32 n)
{
	struct head_key key = { .connection = connection,
				.ordinal = ordinal,
				.response = response };

	for (__u32 i = 0; i < HEAD_PIECES_MAX && i < n; i++) {
		key.index = i;
		if (bpf_map_delete_elem(&heads, &key))
			break;
		count_pieces(-1);
	}
	return 0;
}

/* Forgets the heads of the exchanges from ordinal on, up to before. */
__noinline int heads_drop_in(__u64 connection, __u32 ordinal, __u32 before)
{
	__s32 n = before - ordinal;

	for (__s32 i = 0; i < 2 * 64 && i < n; i++) {
		head_drop_in(connection, ordinal + i, 0, HEAD_PIECES_MAX);
		head_drop_in(connection, ordinal + i, 1, HEAD_PIECES_MAX);
	}
	return 0;
}

/* All of [at, at + length), as head_keep_in(). Returns the index of the next piece, or KEPT_LOST.
 */
__noinline int head_keep_all_in(__u32 slot, __u32 side, __u32 at, __u32 length)
{
	struct scratch *s = scratch_at(slot);
	struct head_key *next;
	int n = 1;

	if (!s)
		return KEPT_LOST;
	next = (struct head_key *)s->window.bytes;
	if (next->index >= HEAD_PIECES_MAX) /* cut, or lost: nothing may follow the gap */
		return next->index;
	for (int i = 0; i < HTTP1_WINDOW / HEAD_PIECE + 3 && length; i++) {
		n = head_keep_in(slot, side, at, length);
		if (n <= 0)
			break;
		at += n;
		length -= n;
	}
	if (n > 0 || next->index == HEAD_PIECES_MAX) /* so much is cut by user space */
		return next->index;
	head_drop_in(next->connection, next->ordinal, side != 0, HEAD_PIECES_MAX);
	return KEPT_LOST;
}

/* The wanted lines of walk.head, and of a head that ends its empty line, in place of a byte that
 * was parsed. Returns how many bytes they are. */
static __always_inline __u32 head_lines(struct scratch *s, __u32 *ret_from)
{
	const struct head *head = &s->walk.head;
	struct http1_window *w = &s->window;
	__u32 from = w->kept.from, to = w->kept.to;

	if (!to)
		from = to = head->from;
	if (from < head->from)
		from = head->from;
	if (head->ends)
		*(__u8 *)http1_at(w, to++) = '\n';
	*ret_from = from;
	return to > from ? to - from : 0;
}

/* Keeps them. Returns as head_keep_all_in(). */
__noinline int head_lines_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	__u32 from, length;

	if (!s)
		return KEPT_LOST;
	length = head_lines(s, &from);
	return head_keep_all_in(slot, s->walk.head.response, from, length);
}

/*
 * A head that is in the window whole, in one piece, if it fits and none has its place: another CPU
 * may be at the same segment, or beyond it. The key is at the window's front. Returns 1, or -1.
 */
__noinline int head_whole_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	const struct head_piece *piece;
	struct head_key key;
	__u32 from, length;

	if (!s)
		return -1;
	key = *(struct head_key *)s->window.bytes;
	length = head_lines(s, &from);
	if (!length || length > HEAD_PIECE)
		return -1;
	piece = piece_make(s, &key, key.response, from, length);
	if (bpf_map_update_elem(&heads, &key, piece, BPF_NOEXIST))
		return -1;
	count_pieces(1);
	return 1;
}

/* For the functions above: whose bytes they are, at the window's front. index: of the next piece.
 */
static __always_inline void head_key_set(const struct connection *c, struct http1_window *w,
					 __u32 ordinal, int response, __u8 index)
{
	struct head_key *next = (struct head_key *)w->bytes;

	next->connection = c->id;
	next->ordinal = ordinal;
	next->response = response;
	next->index = index;
	next->reserved = 0;
}

/* kept: what they returned. After connection_closed() nobody else forgets what is kept. */
static __always_inline void head_kept(const struct connection *c, struct direction *d,
				      __u32 ordinal, int response, int kept)
{
	d->kept = kept;
	if (!*(const volatile __u8 *)&c->closed)
		return;
	head_drop_in(c->id, ordinal, response, HEAD_PIECES_MAX);
	d->kept = KEPT_LOST;
}

#endif
