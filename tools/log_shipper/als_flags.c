/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "als_flags.h"

typedef Envoy__Data__Accesslog__V3__ResponseFlags Flags;

#define FLAG(letters, field)                                                                       \
	{                                                                                          \
		letters, offsetof(Flags, field)                                                    \
	}

static const struct {
	const char *letters;
	size_t offset;
} flags_table[] = {
	FLAG("LH", failed_local_healthcheck),
	FLAG("UH", no_healthy_upstream),
	FLAG("UT", upstream_request_timeout),
	FLAG("LR", local_reset),
	FLAG("UR", upstream_remote_reset),
	FLAG("UF", upstream_connection_failure),
	FLAG("UC", upstream_connection_termination),
	FLAG("UO", upstream_overflow),
	FLAG("NR", no_route_found),
	FLAG("DI", delay_injected),
	FLAG("FI", fault_injected),
	FLAG("RL", rate_limited),
	FLAG("RLSE", rate_limit_service_error),
	FLAG("DC", downstream_connection_termination),
	FLAG("URX", upstream_retry_limit_exceeded),
	FLAG("SI", stream_idle_timeout),
	FLAG("IH", invalid_envoy_request_headers),
	FLAG("DPE", downstream_protocol_error),
	FLAG("UMSDR", upstream_max_stream_duration_reached),
	FLAG("RFCF", response_from_cache_filter),
	FLAG("NFCF", no_filter_config_found),
	FLAG("DT", duration_timeout),
	FLAG("UPE", upstream_protocol_error),
	FLAG("NC", no_cluster_found),
	FLAG("OM", overload_manager),
	FLAG("DF", dns_resolution_failure),
	FLAG("DR", downstream_remote_reset),
};

#define FLAGS (sizeof(flags_table) / sizeof(flags_table[0]))

static bool set_flag(Flags *flags, struct head_text letters)
{
	for (size_t i = 0; i < FLAGS; i++) {
		if (!head_text_is(letters, flags_table[i].letters))
			continue;
		*(protobuf_c_boolean *)((char *)flags + flags_table[i].offset) = 1;
		return true;
	}
	return false;
}

bool als_flags_set(Flags *flags,
		   Envoy__Data__Accesslog__V3__ResponseFlags__Unauthorized *unauthorized,
		   struct head_text letters)
{
	bool all = true;

	if (head_text_is(letters, "-"))
		return true;
	while (letters.length) {
		const char *comma = memchr(letters.data, ',', letters.length);
		size_t length = comma ? (size_t)(comma - letters.data) : letters.length;
		struct head_text one = { letters.data, length };

		if (head_text_is(one, "UAEX")) {
			unauthorized->reason =
				ENVOY__DATA__ACCESSLOG__V3__RESPONSE_FLAGS__UNAUTHORIZED__REASON__EXTERNAL_SERVICE;
			flags->unauthorized_details = unauthorized;
		} else if (!set_flag(flags, one)) {
			all = false;
		}
		letters.data += comma ? length + 1 : length;
		letters.length -= comma ? length + 1 : length;
	}
	return all;
}
