/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tcp_bytes.bpf.c counts and tcp_bytes.c reads. */
#ifndef MESHTAP_TCP_BYTES_H
#define MESHTAP_TCP_BYTES_H

#include "control.h"
#include "health.h"
#include "series.h"
#include "tcp_sockets.h"

/* The series map: struct series_parties -> payload bytes, named as the server sees them. */
struct tcp_bytes_counts {
	__u64 sent;	/* server to client */
	__u64 received; /* client to server */
};

#endif
