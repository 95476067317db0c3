/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "prom_file.h"
#include "shipper.h"

static void write_count(struct prom_text *t, const char *name, const char *help,
			unsigned long long value)
{
	prom_family(t, name, "counter", help);
	prom_sample(t, name, NULL, value);
}

static void write_gauge(struct prom_text *t, const char *name, const char *help, double value)
{
	prom_family(t, name, "gauge", help);
	prom_sample_double(t, name, NULL, value);
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* How long what is first to be delivered has waited. */
static double lag_seconds(const struct shipper *s, uint64_t now)
{
	return s->batch.records && s->oldest_ns < now ? seconds(now - s->oldest_ns) : 0;
}

static void write_records(struct prom_text *t, const struct shipper *s)
{
	write_count(t, PREFIX "_records_read_total", "Lines of the log that were read.", s->read);
	write_count(t, PREFIX "_records_sent_total", "Records that the receiver has accepted.",
		    s->sent);
	prom_family(t, PREFIX "_records_rejected_total", "counter",
		    "Records that the receiver does not want; they are not sent again.");
	prom_sample(t, PREFIX "_records_rejected_total", "reason=\"status\"", s->rejected_requests);
	prom_sample(t, PREFIX "_records_rejected_total", "reason=\"partial_success\"",
		    s->rejected_partially);
	write_count(t, PREFIX "_retries_total", "Requests that failed and were sent again.",
		    s->retries);
	write_count(t, PREFIX "_unparsed_records_total",
		    "Records without attributes: their line is of no known format.", s->unparsed);
	write_count(t, PREFIX "_cut_lines_total",
		    "Lines of more than 256 KiB, of which that much "
		    "is sent.",
		    s->follower.cut_lines);
	write_count(t, PREFIX "_gaps_total",
		    "Times that the place to go on from was gone: lines may be missing.",
		    s->follower.gaps);
	write_count(t, PREFIX "_damaged_files_total",
		    "Compressed files that could not be read to their end.",
		    s->follower.damaged_files);
}

static void write_state(struct prom_text *t, const struct shipper *s)
{
	uint64_t now = shipper_realtime();

	prom_family(t, PREFIX "_build_info", "gauge", "Version of the log shipper.");
	prom_sample(t, PREFIX "_build_info", "version=\"" MESHTAP_VERSION "\"", 1);
	write_gauge(t, PREFIX "_last_success_timestamp_seconds", "When this file was made.",
		    seconds(now));
	write_gauge(t, PREFIX "_last_delivery_timestamp_seconds",
		    "When the receiver last accepted records; 0: not yet.",
		    seconds(s->last_delivery_ns));
	prom_family(t, PREFIX "_log_readable", "gauge",
		    "0 while the log is there and cannot be read.");
	prom_sample(t, PREFIX "_log_readable", NULL, !s->is_unreadable);
	prom_family(t, PREFIX "_lag_bytes", "gauge", "What of the log is not delivered.");
	prom_sample(t, PREFIX "_lag_bytes", NULL,
		    s->has_cursor ? follow_lag(&s->follower, &s->delivered) : 0);
	write_gauge(t, PREFIX "_lag_seconds",
		    "Age of the oldest record that was read and is not delivered.",
		    lag_seconds(s, now));
}

int shipper_write_metrics(const struct shipper *s)
{
	struct prom_file file;
	int r = prom_file_begin(&file, s->settings->textfile_dir, PREFIX ".prom");

	if (r)
		return r;
	write_records(&file.text, s);
	write_state(&file.text, s);
	return prom_file_end(&file);
}
