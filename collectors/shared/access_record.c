// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "access_record.h"

#include <stdint.h>
#include <time.h>

#define SECOND	       1000000000ll
#define REFUSED_STREAM 7 /* RFC 9113 section 7 */

struct head_text access_record_header(const struct access_record *r, enum head_side side,
				      unsigned int number)
{
	return r->header[side] ? r->header[side][number] : (struct head_text){};
}

struct head_text access_record_authority(const struct access_record *r, unsigned int host)
{
	if (r->start.authority.data || r->unresolved[HEAD_REQUEST])
		return r->start.authority;
	return access_record_header(r, HEAD_REQUEST, host);
}

bool access_record_lacks_slash(const struct access_record *r)
{
	return !r->is_http2 && r->start.path.length && *r->start.path.data == '?';
}

/* With HTTP/1, only a server that goes before the response's head is EXCHANGE_UC. An interim
 * response starts nothing. */
static const char *when_it_went(const struct access_record *r, const char *before,
				const char *after)
{
	if (r->status_unknown)
		return NULL;
	return r->is_http2 && r->status >= 200 ? after : before;
}

/* Telemetry specification 2.4. */
const char *access_record_details(const struct access_record *r)
{
	switch (r->flag) {
	case EXCHANGE_DC:
		return "downstream_remote_disconnect";
	case EXCHANGE_UC:
		return when_it_went(
			r, "upstream_reset_before_response_started{connection_termination}",
			"upstream_reset_after_response_started{connection_termination}");
	case EXCHANGE_UPE:
		return "upstream_reset_after_response_started{protocol_error}";
	case EXCHANGE_DR:
		return r->reset_code == REFUSED_STREAM ? "http2.remote_refuse"
						       : "http2.remote_reset";
	case EXCHANGE_UR:
		return when_it_went(r, "upstream_reset_before_response_started{remote_reset}",
				    "upstream_reset_after_response_started{remote_reset}");
	default:
		return "via_upstream";
	}
}

static __s64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* The clocks cannot be read at once: of a few tries the one that took least is the closest. */
__s64 access_record_realtime(void)
{
	__s64 best = INT64_MAX, offset = 0;

	for (int i = 0; i < 8; i++) {
		__s64 before = clock_ns(CLOCK_MONOTONIC), real = clock_ns(CLOCK_REALTIME);
		__s64 took = clock_ns(CLOCK_MONOTONIC) - before;

		if (took >= best)
			continue;
		best = took;
		offset = real - before - took / 2;
		if (took < SECOND / 100000)
			break;
	}
	return offset;
}
