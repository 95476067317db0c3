// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the kernel must know: which lines there are, and what of a request is in them. */
#include "access_log_writer.h"

#include "http1_keep.h"
#include "selection.h"
#include "memory.h"

#include "access_log.skel.h"
#include <errno.h>
#include <string.h>

int plan_make(struct log_plan *ret, const struct log_settings *log)
{
	const char *source = log->format == LOG_FORMAT_JSON ? log->json_fields : log->text_format;
	struct source_error error;
	int r;

	*ret = (struct log_plan){};
	r = log_format_compile(&ret->format, log->format, source, log->max_field_bytes, &ret->needs,
			       &error);
	if (!r && *log->filter)
		r = filter_compile(&ret->filter, log->filter, &ret->needs, &error);
	if (r) {
		plan_free(ret);
		return r;
	}
	for (int i = 0; i < HEAD_SIDES; i++)
		ret->wanted[i] = header_set_names(&ret->needs.headers[i]);
	return 0;
}

void plan_free(struct log_plan *p)
{
	log_format_free(&p->format);
	filter_free(&p->filter);
}

/* More names than there is room for are told by their first letters alone. */
static void tell_names(struct http1_names *ret, const struct head_names *wanted)
{
	for (unsigned int i = 0; i < wanted->count; i++) {
		const char *name = wanted->names[i];
		size_t length = strlen(name) + 1;
		char prefix[8] = "";

		ret->letters |= 1u << (*name & 31);
		if (wanted->count > HTTP1_NAMES)
			continue;
		if (length > sizeof(prefix))
			length = sizeof(prefix);
		for (size_t j = 0; j < length; j++)
			prefix[j] = (name[j] ? name[j] : ':') | 0x20;
		memcpy(&ret->prefix[i], prefix, sizeof(prefix));
		memset(prefix, 0, sizeof(prefix));
		memset(prefix, 0xff, length);
		memcpy(&ret->mask[i], prefix, sizeof(prefix));
		ret->count = i + 1;
	}
}

/* Whatever else they are: a request of this status and flag may have a line. */
static void tell_filter(struct log_filter *ret, const struct log_plan *p, unsigned int sampling)
{
	for (unsigned int flag = 0; flag < FILTER_FLAGS; flag++)
		for (unsigned int status = 0; status < FILTER_STATUS; status++)
			if (!p->filter || filter_may_pass(p->filter, true, status, flag))
				ret->status[flag][status / 64] |= 1ull << (status & 63);
	ret->tcp = !p->filter || filter_may_pass(p->filter, false, 0, EXCHANGE_OK);
	ret->sampling = ((__u64)sampling << 32) / SAMPLING_ALL;
}

static void configure(struct access_log *skel, const struct settings *s, const struct log_plan *p)
{
	bpf_map__set_max_entries(skel->maps.connections, s->programs.max_connections);
	bpf_map__set_max_entries(skel->maps.local_clients, s->programs.max_connections);
	bpf_map__set_max_entries(skel->maps.server_names, s->programs.max_connections);
	bpf_map__set_max_entries(skel->maps.records, s->ring_bytes);
	bpf_map__set_max_entries(skel->maps.heads, s->log.max_heads);
	settings_selection_make(&s->programs.selection,
				(struct selection *)&skel->rodata->selection);
	skel->rodata->reporters = s->reporters;
	skel->rodata->wants_hello = p->needs.server_name;
	skel->rodata->wants_response_head = p->wanted[HEAD_RESPONSE].count != 0;
	for (int i = 0; i < HTTP1_NAMES_SIDES; i++)
		tell_names((struct http1_names *)&skel->rodata->kept_names[i], &p->wanted[i]);
	tell_filter((struct log_filter *)&skel->rodata->filter, p, s->log.sampling);
	skel->rodata->tcp_interval_ns = s->log.tcp_interval * 1000000000ull;
	bpf_program__set_autoload(skel->progs.tcp_intervals, s->log.tcp_interval);
}

int programs_load(const struct settings *settings, const struct log_plan *plan,
		  const struct workloads *w, struct pins *pins)
{
	struct access_log *skel = access_log__open();
	size_t size;
	const void *elf;
	int r;

	if (!skel)
		return -errno;
	configure(skel, settings, plan);
	elf = access_log__elf_bytes(&size);
	r = http_service_load(pins, skel->obj, elf, size, w, (__u64 *)&skel->rodata->generation,
			      NAME);
	access_log__destroy(skel);
	memory_after_load(elf, size);
	return r;
}

int programs_try(const struct settings *settings)
{
	struct access_log *skel;
	struct log_plan plan;
	int r = plan_make(&plan, &settings->log);

	if (r)
		return r;
	skel = access_log__open();
	r = skel ? 0 : -errno;
	if (skel) {
		configure(skel, settings, &plan);
		r = access_log__load(skel);
	}
	access_log__destroy(skel);
	plan_free(&plan);
	return r;
}
