/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A BPF ring buffer in user space: a list of copies, each an allocation of its own. And the helpers
 * that only the access log's programs call. Include after bpf_user.h. */
#ifndef MESHTAP_BPF_USER_RING_H
#define MESHTAP_BPF_USER_RING_H

#define USER_RECORDS 8192

struct user_record {
	void *data; /* owned */
	__u64 size;
};

static struct {
	struct user_record records[USER_RECORDS];
	__u32 count;
	__u32 room; /* records that still fit */
	__u32 wakeups;
} user_ring = { .room = USER_RECORDS };

static __u32 user_random; /* what chance says next */
static __u64 user_pid_tgid;
static char user_comm[16];

static inline long bpf_ringbuf_output(void *ring, const void *data, __u64 size, __u64 flags)
{
	user_helper(__func__);
	if (!user_ring.room)
		return -EAGAIN;
	if (user_ring.count == USER_RECORDS)
		user_fail(__func__, "more than USER_RECORDS");
	user_ring.room--;
	user_ring.wakeups += flags == BPF_RB_FORCE_WAKEUP;
	user_ring.records[user_ring.count].data = user_copy(data, size);
	user_ring.records[user_ring.count++].size = size;
	return 0;
}

static inline void user_ring_reset(void)
{
	for (__u32 i = 0; i < user_ring.count; i++)
		free(user_ring.records[i].data);
	user_ring.count = 0;
	user_ring.room = USER_RECORDS;
	user_ring.wakeups = 0;
}

static inline __u32 bpf_get_prandom_u32(void)
{
	user_helper(__func__);
	return user_random;
}

static inline __u64 bpf_get_current_pid_tgid(void)
{
	user_helper(__func__);
	return user_pid_tgid;
}

static inline long bpf_get_current_comm(void *to, __u32 size)
{
	user_helper(__func__);
	memcpy(to, user_comm, size < sizeof(user_comm) ? size : sizeof(user_comm));
	return 0;
}

#endif
