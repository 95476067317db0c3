/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For the table of operators: the getters and the parsers of arguments, by what they look at. */
#ifndef MESHTAP_LOG_OPERATORS_GET_H
#define MESHTAP_LOG_OPERATORS_GET_H

#include "log_operators.h"

/* A getter's result begins as LOG_VALUE_MISSING. */
#define LOG_GETTER(name)                                                                           \
	void log_get_##name(struct log_value *ret, const struct log_argument *a,                   \
			    const struct access_record *r)
#define LOG_ARGUMENT(name)                                                                         \
	int log_parse_##name(struct log_argument *ret, const struct log_argument_source *s)

static inline void log_say_number(struct log_value *ret, __u64 number)
{
	ret->kind = LOG_VALUE_NUMBER;
	ret->is_negative = false;
	ret->number = number;
}

static inline void log_say_signed(struct log_value *ret, __s64 number)
{
	log_say_number(ret, number < 0 ? -(__u64)number : (__u64)number);
	ret->is_negative = number < 0;
}

/* What is ours; s lives as long as the format. */
static inline void log_say_own(struct log_value *ret, const char *s, size_t length)
{
	ret->kind = LOG_VALUE_OWN;
	ret->text = (struct head_text){ s, length };
}

#define LOG_SAY(ret, literal) log_say_own(ret, "" literal, sizeof(literal) - 1)

static inline void log_say_text(struct log_value *ret, struct head_text t)
{
	if (!t.data)
		return;
	ret->kind = LOG_VALUE_TEXT;
	ret->text = t;
}

/* log_operators_message.c: what the messages say */
enum { LOG_GRPC_CAMEL, LOG_GRPC_SNAKE, LOG_GRPC_NUMBER };
LOG_ARGUMENT(request_header);
LOG_ARGUMENT(response_header);
LOG_ARGUMENT(trailer);
LOG_ARGUMENT(request_without_query);
LOG_ARGUMENT(path);
LOG_ARGUMENT(stream_id);
LOG_GETTER(header);
LOG_GETTER(protocol);
LOG_GETTER(stream_id);

/* log_operators_grpc.c */
LOG_ARGUMENT(grpc_status);
LOG_ARGUMENT(grpc_number);
LOG_GETTER(grpc_status);

/* log_operators_outcome.c: how it went */
enum { LOG_FLAGS_SHORT, LOG_FLAGS_LONG };
LOG_ARGUMENT(details);
LOG_GETTER(code);
LOG_GETTER(flags);
LOG_GETTER(details);
LOG_GETTER(transport_failure);
LOG_GETTER(type);
LOG_GETTER(none);

/* log_operators_amounts.c: bytes and times */
enum { LOG_REQUEST_BYTES, LOG_RESPONSE_BYTES };
LOG_ARGUMENT(start_time);
LOG_ARGUMENT(start_time_local);
LOG_ARGUMENT(common_duration);
LOG_ARGUMENT(request_duration);
LOG_ARGUMENT(response_duration);
LOG_ARGUMENT(response_tx_duration);
LOG_GETTER(start_time);
LOG_GETTER(duration);
LOG_GETTER(points);
LOG_GETTER(payload);
LOG_GETTER(wire);
LOG_GETTER(head);
LOG_GETTER(plain_head);

/* log_operators_ends.c: addresses and names of the two ends */
enum {
	LOG_END_UPSTREAM,	  /* the server */
	LOG_END_UPSTREAM_LOCAL,	  /* the client as the server sees it, which a client host knows */
	LOG_END_DOWNSTREAM,	  /* the client */
	LOG_END_DOWNSTREAM_LOCAL, /* the server as the client called it */
};
LOG_ARGUMENT(prefix);
LOG_GETTER(address);
LOG_GETTER(address_only);
LOG_GETTER(port);
LOG_GETTER(cluster);
LOG_GETTER(server_name);
LOG_GETTER(connection);
LOG_ARGUMENT(server_name);

/* log_operators_host.c: what the host knows */
enum { LOG_UNIT, LOG_PEER_UNIT, LOG_COMM };
LOG_ARGUMENT(hostname);
LOG_ARGUMENT(environment);
LOG_ARGUMENT(unit);
LOG_GETTER(constant);
LOG_GETTER(pid);
LOG_GETTER(owner);
LOG_GETTER(rtt);
LOG_GETTER(retransmits);
LOG_GETTER(reporter);

#endif
