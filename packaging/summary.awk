# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Reads meshtap's .prom files, prints what "make run" shows. POSIX awk: mawk, gawk and busybox do.

function label(name,    key) {
	# The name of a label follows { or a comma; a quote inside a value is escaped, so this is the label.
	key = name "=\""
	if (!match($0, "[{,]" key "[^\"]*\""))
		return ""
	return substr($0, RSTART + length(key) + 1, RLENGTH - length(key) - 2)
}

function who(reporter) {
	return reporter == "" ? "all" : reporter
}

# As PromQL's histogram_quantile(): linear within a bucket, the highest finite bound for what is above it.
function quantile(q, reporter,    rank, i, j, n, le, lower, below, bounds, key, part) {
	n = 0
	for (key in bucket) {
		split(key, part, SUBSEP)
		if (part[1] == reporter && part[2] != "+Inf")
			bounds[++n] = part[2] + 0
	}
	for (i = 2; i <= n; i++) {
		le = bounds[i]
		for (j = i - 1; j >= 1 && bounds[j] > le; j--)
			bounds[j + 1] = bounds[j]
		bounds[j + 1] = le
	}
	rank = q * bucket[reporter, "+Inf"]
	lower = below = 0
	for (i = 1; i <= n; i++) {
		le = bucket[reporter, bounds[i] ""]
		if (le >= rank)
			return lower + (bounds[i] - lower) * (le > below ? (rank - below) / (le - below) : 1)
		lower = bounds[i]
		below = le
	}
	return lower
}

/^# TYPE meshtap_tcp_connections_open / { have_open = 1 }
/^meshtap_tcp_connections_open[{ ]/ { open += $NF }
/^istio_tcp_connections_opened_total[{ ]/ { opened[label("reporter")] += $NF; reporters[label("reporter")] }
/^istio_tcp_connections_failed_total[{ ]/ { failed += $NF }
/^istio_tcp_sent_bytes_total[{ ]/ { sent[label("reporter")] += $NF; reporters[label("reporter")] }
/^istio_tcp_received_bytes_total[{ ]/ { received[label("reporter")] += $NF; reporters[label("reporter")] }
/^istio_requests_total[{ ]/ {
	requests[label("reporter"), label("response_code")] += $NF
	total += $NF
	reporters[label("reporter")]
}
/^istio_request_duration_milliseconds_bucket[{ ]/ {
	le = label("le")
	bucket[label("reporter"), le == "+Inf" ? le : (le + 0) ""] += $NF
}

END {
	printf "connections open     %s", have_open ? sprintf("%.0f", open) : "-"
	if (failed)
		printf "   (failed to connect: %.0f)", failed
	printf "\n"
	order[1] = "source"
	order[2] = "destination"
	order[3] = ""
	for (o = 1; o <= 3; o++) {
		r = order[o]
		if (!(r in reporters))
			continue
		printf "reporter=%s\n", who(r)
		printf "  connections opened %.0f\n", opened[r]
		printf "  bytes              received %.0f, sent %.0f\n", received[r], sent[r]
		line = ""
		for (code = 0; code <= 999; code++)
			if ((r, code "") in requests)
				line = line sprintf("  %d: %.0f", code, requests[r, code ""])
		if (line == "")
			continue
		printf "  requests by code %s\n", line
		if (bucket[r, "+Inf"] > 0)
			printf "  latency            p50 %.2f ms, p99 %.2f ms\n", quantile(0.5, r), quantile(0.99, r)
	}
	if (total == 0) {
		print ""
		print "No HTTP request seen yet. Talk to any server on this host, from here or from elsewhere. Without one, try:"
		print "  python3 -m http.server 8000 --directory /usr/share/doc & curl -s http://127.0.0.1:8000/ -o /dev/null"
	}
}
