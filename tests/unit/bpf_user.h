/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compiles BPF programs into a test: stands in for libbpf's bpf_helpers.h, bpf_tracing.h and
 * bpf_core_read.h. Include first, then the programs' headers, as their .bpf.c does. What the
 * kernel's verifier refuses and a compiler cannot see is checked here as it runs.
 */
#ifndef MESHTAP_BPF_USER_H
#define MESHTAP_BPF_USER_H

#define __BPF_HELPERS__
#define __BPF_TRACING_H__
#define __BPF_CORE_READ_H__

#include "bpf_user_maps.h"
#include "http1.h" /* as user space has it: unaligned loads are BPF's alone */

#define __bpf__ 1
#ifdef __clang__
#define preserve_access_index annotate("kernel")
#pragma clang diagnostic ignored "-Wunknown-attributes"
#else
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#endif
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* A BPF program may access what is not aligned. */
#define user_unaligned __attribute__((no_sanitize("alignment")))
#undef __always_inline
#define __always_inline inline user_unaligned __attribute__((always_inline))
#undef __noinline
#define __noinline user_unaligned __attribute__((noinline))
#define SEC(name)
#define __uint(name, val)  int(*name)[val]
#define __type(name, val)  typeof(val) *name
#define __array(name, val) typeof(val) *name[]

/* A tracing program is called with its arguments. */
#define BPF_PROG(name, args...) name(args)

/* Fields by name: nothing to relocate. What another kernel names otherwise does not exist. */
#define bpf_core_field_exists(field)	0
#define bpf_core_enum_value_exists(...) 0
#define CORE_1(src, a)			((src)->a)
#define CORE_2(src, a, b)		((src)->a->b)
#define CORE_3(src, a, b, c)		((src)->a->b->c)
#define CORE_PICK(a, b, c, name, ...)	name
#define BPF_CORE_READ(src, ...)                                                                    \
	CORE_PICK(__VA_ARGS__, CORE_3, CORE_2, CORE_1, unused)(src, __VA_ARGS__)
#define BPF_CORE_READ_INTO(dst, src, ...)                                                          \
	memcpy(dst, &BPF_CORE_READ(src, __VA_ARGS__), sizeof(*(dst)))

struct user_skb {
	struct __sk_buff skb; /* what a program gets */
	const __u8 *bytes;
};

static __u64 user_now = 1;
static const struct bpf_spin_lock *user_lock; /* the one that is held */
static void (*user_interrupt)(void);

/* The verifier lets nothing be called while a lock is held. */
static inline void user_helper(const char *name)
{
	if (user_lock)
		user_fail(name, "called while a lock is held");
}

/* Where another CPU, or a softirq on this one, may come between. */
static inline void user_may_interrupt(void)
{
	void (*interrupt)(void) = user_interrupt;

	if (!interrupt)
		return;
	user_interrupt = NULL;
	user_interrupts++;
	interrupt();
	user_interrupts--;
}

static inline void bpf_spin_lock(struct bpf_spin_lock *lock)
{
	user_helper(__func__);
	user_may_interrupt();
	user_lock = lock;
	lock->val = 1;
}

static inline void bpf_spin_unlock(struct bpf_spin_lock *lock)
{
	if (user_lock != lock)
		user_fail(__func__, "another lock is held");
	lock->val = 0;
	user_lock = NULL;
	user_may_interrupt();
}

static inline __u64 bpf_ktime_get_ns(void)
{
	user_helper(__func__);
	return user_now;
}

/* A few segments each: what is quick in real life has no longer. */
static inline __u64 bpf_jiffies64(void)
{
	user_helper(__func__);
	return user_now / 4000;
}

static inline __u32 bpf_get_smp_processor_id(void)
{
	user_helper(__func__);
	return user_cpu;
}

static inline long bpf_skb_load_bytes(const void *skb, __u32 offset, void *to, __u32 length)
{
	const struct user_skb *s = skb;

	user_helper(__func__);
	user_may_interrupt();
	if (!length)
		user_fail(__func__, "length 0, which verifiers refuse");
	if (offset > s->skb.len || length > s->skb.len - offset) {
		memset(to, 0, length);
		return -EFAULT;
	}
	memcpy(to, s->bytes + offset, length);
	return 0;
}

/* The headers are in one piece; of some packets the kernel says they are not. */
static inline const void *user_packet_bytes(const struct __sk_buff *skb, __u32 length)
{
	if (skb->len < length || !(skb->len & 3))
		return NULL;
	return ((const struct user_skb *)skb)->bytes;
}
#define packet_user_bytes user_packet_bytes

/* A bpf_sock is the kernel's socket here. NULL for the small sockets of TIME_WAIT. */
static inline struct tcp_sock *bpf_skc_to_tcp_sock(void *sk)
{
	user_helper(__func__);
	return sk;
}

static inline long bpf_probe_read_kernel(void *to, __u32 size, const void *from)
{
	user_helper(__func__);
	if (!from) {
		memset(to, 0, size);
		return -EFAULT;
	}
	memcpy(to, from, size);
	return 0;
}

/* Returns the length with the terminating NUL. */
static inline long bpf_probe_read_kernel_str(void *to, __u32 size, const void *from)
{
	user_helper(__func__);
	if (!from || !size)
		return -EFAULT;
	return snprintf(to, size, "%s", (const char *)from) < (int)size ? (long)strlen(to) + 1
									: (long)size;
}

/* Bytes may be anything: the sanitizer sees whether there are enough. */
#define USER_SAME_SIZE(a, b)                                                                       \
	_Static_assert(sizeof(*(a)) == sizeof(*(b)) || sizeof(*(b)) == 1, "not the map's type")

/* Only where bpf_core_enum_value_exists(). */
#define bpf_sk_storage_get(m, sk, value, flags) ((void *)NULL)

/*
 * Until Linux 6.4 ("bpf: return long from bpf_map_ops funcs") programs called these functions of a
 * map directly, and they returned int: the upper half of a negative result is 0 there. So it is
 * here.
 */
static inline long user_int(long result)
{
	return (__u32)result;
}

#define bpf_map_lookup_elem(m, k)                                                                  \
	({                                                                                         \
		USER_SAME_SIZE((m)->key, k);                                                       \
		user_helper("bpf_map_lookup_elem");                                                \
		user_lookup(USER_MAP(m), k);                                                       \
	})
#define bpf_map_update_elem(m, k, v, flags)                                                        \
	({                                                                                         \
		USER_SAME_SIZE((m)->key, k);                                                       \
		USER_SAME_SIZE((m)->value, v);                                                     \
		user_helper("bpf_map_update_elem");                                                \
		user_int(user_update(USER_MAP(m), k, v, flags));                                   \
	})
#define bpf_map_delete_elem(m, k)                                                                  \
	({                                                                                         \
		USER_SAME_SIZE((m)->key, k);                                                       \
		user_helper("bpf_map_delete_elem");                                                \
		user_int(user_delete(USER_MAP(m), k));                                             \
	})

#endif
