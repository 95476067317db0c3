/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An exchange as a test says it, or as a sink was given it. Include after connection.h. */
#ifndef MESHTAP_SINK_RECORD_H
#define MESHTAP_SINK_RECORD_H

#define SINK_BEGIN 160

/* Bytes at their offsets, in whatever order they come. */
struct sink_text {
	__u32 length;
	__u32 hash;
	char begin[SINK_BEGIN];
};

struct sink_record {
	struct exchange exchange;
	struct sink_text head[2]; /* request, response: interim ones too */
	__u32 reporter;
	__u64 local_workload;
	__u64 peer_workload;
};

static inline void text_add(struct sink_text *t, __u32 offset, const void *bytes, __u32 length)
{
	const __u8 *b = bytes;

	for (__u32 i = 0; i < length; i++) {
		t->hash += (b[i] + 1) * (2654435761U * (offset + i) + 97);
		if (offset + i < SINK_BEGIN - 1)
			t->begin[offset + i] = b[i];
	}
	t->length += length;
}

#endif
