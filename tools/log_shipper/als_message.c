/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "als_message.h"

#define PORT_MAX 65535

static void init_parts(struct entry *e)
{
	envoy__data__accesslog__v3__access_log_common__init(&e->common);
	envoy__data__accesslog__v3__response_flags__init(&e->flags);
	envoy__data__accesslog__v3__response_flags__unauthorized__init(&e->unauthorized);
	envoy__data__accesslog__v3__tlsproperties__init(&e->tls);
	google__protobuf__timestamp__init(&e->start_time);
	google__protobuf__duration__init(&e->duration);
	google__protobuf__uint32_value__init(&e->response_code);
	e->common.custom_tags = e->tag_pointers;
}

static void init_http(struct entry *e)
{
	envoy__data__accesslog__v3__httpaccess_log_entry__init(&e->http);
	envoy__data__accesslog__v3__httprequest_properties__init(&e->request);
	envoy__data__accesslog__v3__httpresponse_properties__init(&e->response);
	e->http.common_properties = &e->common;
	e->http.request = &e->request;
	e->http.response = &e->response;
	e->request.request_headers = &e->request_header.pointer;
	e->response.response_headers = &e->response_header.pointer;
}

static void init_tcp(struct entry *e)
{
	envoy__data__accesslog__v3__tcpaccess_log_entry__init(&e->tcp);
	envoy__data__accesslog__v3__connection_properties__init(&e->connection);
	e->tcp.common_properties = &e->common;
	e->tcp.connection_properties = &e->connection;
}

void als_message_init(struct entry *e)
{
	init_parts(e);
	init_http(e);
	init_tcp(e);
}

void als_pair_set(struct pair *p, const char *key, struct head_text value)
{
	envoy__data__accesslog__v3__string_entry__init(&p->message);
	if (key)
		p->message.key = message_string(key, strlen(key));
	p->message.value = message_string(value.data, value.length);
	p->pointer = &p->message;
}

/* 1 to 5 digits; -1: it is none */
static int port_of(const char *at, const char *end)
{
	int port = 0;

	if (at == end || end - at > 5)
		return -1;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return -1;
		port = port * 10 + *at - '0';
	}
	return port <= PORT_MAX ? port : -1;
}

bool als_address_set(struct address *a, struct head_text t)
{
	const char *colon = t.length ? memrchr(t.data, ':', t.length) : NULL;
	const char *end = t.data + t.length, *host = t.data, *host_end = colon;
	int port = colon ? port_of(colon + 1, end) : -1;

	if (port < 0 || host == host_end)
		return false;
	if (*host == '[' && host_end[-1] == ']') {
		host++;
		host_end--;
	}
	if (host == host_end)
		return false;
	envoy__config__core__v3__address__init(&a->message);
	envoy__config__core__v3__socket_address__init(&a->socket);
	a->socket.address = message_string(host, host_end - host);
	a->socket.port_specifier_case =
		ENVOY__CONFIG__CORE__V3__SOCKET_ADDRESS__PORT_SPECIFIER_PORT_VALUE;
	a->socket.port_value = port;
	a->message.address_case = ENVOY__CONFIG__CORE__V3__ADDRESS__ADDRESS_SOCKET_ADDRESS;
	a->message.socket_address = &a->socket;
	return true;
}
