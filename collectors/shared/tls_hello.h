/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The server name of a TLS ClientHello (RFC 8446 4.1.2, RFC 6066 3), read as its bytes come, cut
 * anywhere, also into several TLS records. Nothing is kept but the name.
 */
#ifndef MESHTAP_TLS_HELLO_H
#define MESHTAP_TLS_HELLO_H

#include <linux/types.h>
#include <stddef.h>

#define SERVER_NAME_MAX 255 /* RFC 1035 2.3.4 */

enum tls_hello_result {
	TLS_HELLO_MORE,
	TLS_HELLO_NAME, /* name and name_length are set */
	TLS_HELLO_NONE, /* no ClientHello, or one without a usable name */
};

/* A big-endian number of which some bytes have come. */
struct tls_number {
	__u64 value;
	unsigned int have; /* bytes */
};

/* All zero before the first piece. */
struct tls_hello {
	/* NUL-terminated, in lower case as Envoy logs it; any other byte but NUL may be in it */
	char name[SERVER_NAME_MAX + 1];
	unsigned int name_length;

	enum tls_hello_result result;
	struct tls_number record; /* header of the next record */
	unsigned int record_left; /* bytes of the current one */
	unsigned int field;	  /* of the message that comes next */
	unsigned int skip;	  /* bytes before it */
	struct tls_number number; /* its value */
	unsigned int left;	  /* bytes after it of the message, then of server_name */
	unsigned int name_have;	  /* bytes */
};

/* Says the same again for every piece after it was not TLS_HELLO_MORE. It does not wait for the
 * message's end: what follows the name is not looked at. */
enum tls_hello_result tls_hello_append(struct tls_hello *h, const void *piece, size_t length);

#endif
