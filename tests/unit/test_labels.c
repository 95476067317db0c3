/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The specification's table of labels, with a configuration of the test's own. */
#include "labels_workloads.h"

#include <errno.h>
#include <stdlib.h>

#include "check.h"

static const char *value_of(const char *labels, const char *name, char ret[256])
{
	char start[64];
	const char *at;

	snprintf(start, sizeof(start), "%s=\"", name);
	at = strstr(labels, start);
	while (at && at != labels && at[-1] != ',')
		at = strstr(at + 1, start);
	if (!at)
		return "(absent)";
	at += strlen(start);
	snprintf(ret, 256, "%.*s", (int)strcspn(at, "\""), at);
	return ret;
}

static char *labels_of(struct label_source s, const struct workloads *w,
		       const struct label_tags *tags)
{
	struct prom_text t = {};

	CHECK(labels_write(&t, &s, w, tags) == 0);
	return t.data;
}

/* pairs: name, value, name, value, …, NULL */
static void check_values(struct label_source s, const struct workloads *w, const char *const *pairs)
{
	char *labels = labels_of(s, w, NULL), value[256];

	for (; *pairs; pairs += 2) {
		const char *is = value_of(labels, pairs[0], value);

		if (strcmp(is, pairs[1]))
			printf("%s:\n", pairs[0]);
		CHECK_STRING(is, pairs[1]);
	}
	free(labels);
}

#define CHECK_VALUES(source, w, ...)                                                               \
	check_values(source, w, (const char *const[]){ __VA_ARGS__, NULL })

static void check_all(struct label_source s, const char *should)
{
	char *labels = labels_of(s, NULL, NULL);

	CHECK_STRING(labels, should);
	free(labels);
	labels = labels_of(s, &configured, NULL); /* says nothing of them */
	CHECK_STRING(labels, should);
	free(labels);
}

static void test_source(void)
{
	check_all((struct label_source){ .reporter = REPORTER_SOURCE,
					 .local = { .unit = "curl.service" } },
		  "reporter=\"source\",source_workload=\"curl.service\","
		  "source_canonical_service=\"curl.service\",source_canonical_revision=\"\","
		  "source_workload_namespace=\"\",source_principal=\"unknown\",source_app=\"\","
		  "source_version=\"\",source_cluster=\"\",destination_workload=\"unknown\","
		  "destination_workload_namespace=\"unknown\",destination_principal=\"unknown\","
		  "destination_app=\"unknown\",destination_version=\"unknown\","
		  "destination_service=\"unknown\",destination_canonical_service=\"unknown\","
		  "destination_canonical_revision=\"latest\","
		  "destination_service_name=\"PassthroughCluster\","
		  "destination_service_namespace=\"unknown\",destination_cluster=\"unknown\","
		  "request_protocol=\"tcp\",response_flags=\"-\","
		  "connection_security_policy=\"unknown\"");
}

static void test_destination(void)
{
	check_all((struct label_source){ .reporter = REPORTER_DESTINATION,
					 .is_http = true,
					 .local = { .unit = "n\"x.service" },
					 .peer = { .unit = "c.scope" },
					 .response_code = 404,
					 .flags = "DC,UC" },
		  "reporter=\"destination\",source_workload=\"c.scope\","
		  "source_canonical_service=\"c.scope\",source_canonical_revision=\"latest\","
		  "source_workload_namespace=\"unknown\",source_principal=\"unknown\","
		  "source_app=\"unknown\",source_version=\"unknown\",source_cluster=\"unknown\","
		  "destination_workload=\"n\\\"x.service\",destination_workload_namespace=\"\","
		  "destination_principal=\"unknown\",destination_app=\"\","
		  "destination_version=\"\",destination_service=\"n\\\"x.service\","
		  "destination_canonical_service=\"n\\\"x.service\","
		  "destination_canonical_revision=\"\","
		  "destination_service_name=\"n\\\"x.service\","
		  "destination_service_namespace=\"\",destination_cluster=\"\","
		  "request_protocol=\"http\",response_code=\"404\",grpc_response_status=\"\","
		  "response_flags=\"DC,UC\",connection_security_policy=\"none\"");
}

static void test_nameless_destination(void)
{
	struct label_source s = { .reporter = REPORTER_DESTINATION };
	struct prom_text t = {};

	CHECK_VALUES(s, NULL, "source_workload", "unknown", "destination_workload", "",
		     "destination_canonical_service", "", "destination_service", "unknown",
		     "destination_service_name", "unknown");
	s.reporter = REPORTER_NONE;
	CHECK(labels_write(&t, &s, NULL, NULL) == -EINVAL && !t.length);
	prom_text_free(&t);
}

static void test_templates(void)
{
	static const char *const cases[][2] = {
		{ "app@1.service", "app@.service" }, { "a-b@x@y.z.service", "a-b@.service" },
		{ "app@.service", "app@.service" },  { "app@1.scope", "app@1.scope" },
		{ "@1.service", "@1.service" },	     { "app.service", "app.service" },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct label_source s = { .reporter = REPORTER_DESTINATION,
					  .local = { .unit = cases[i][0] },
					  .peer = { .unit = cases[i][0] } };

		CHECK_VALUES(s, NULL, "destination_workload", cases[i][0],
			     "destination_canonical_service", cases[i][1], "destination_service",
			     cases[i][1], "source_workload", cases[i][0],
			     "source_canonical_service", cases[i][1]);
	}
}

static void test_configured_ends(void)
{
	struct label_source s = { .reporter = REPORTER_DESTINATION,
				  .local = { .unit = "app@1.service", .at.prefix = 1 },
				  .peer = { .unit = "", .at.prefix = 2 } };

	CHECK_VALUES(s, &configured, "destination_workload", "reviews-v1",
		     "destination_workload_namespace", "bookinfo", "destination_app", "reviews",
		     "destination_version", "v1", "destination_cluster", "c1",
		     "destination_canonical_service", "rev-cs", "destination_canonical_revision",
		     "rev-rev2", "destination_principal", "spiffe://r", "destination_service",
		     "rev-cs", "destination_service_name", "rev-cs",
		     "destination_service_namespace", "bookinfo", "source_workload",
		     "only-workload", "source_canonical_service", "only-workload",
		     "source_canonical_revision", "latest", "source_app", "unknown");
	s.local.at.prefix = 3;
	s.peer.at.prefix = 3;
	CHECK_VALUES(s, &configured, "destination_workload", "app@1.service",
		     "destination_canonical_service", "app", "destination_canonical_revision", "v3",
		     "source_workload", "unknown", "source_canonical_service", "app",
		     "source_canonical_revision", "v3");
}

static void test_services(void)
{
	struct label_source s = { .reporter = REPORTER_SOURCE,
				  .is_http = true,
				  .local = { .unit = "c.service" },
				  .peer = { .at = { .prefix = 1, .port = 9080 } } };

	CHECK_VALUES(s, &configured, "destination_service", "reviews.bookinfo.svc",
		     "destination_service_name", "reviews", "destination_service_namespace",
		     "bookinfo");
	s.host = 7; /* the address says more */
	CHECK_VALUES(s, &configured, "destination_service", "reviews.bookinfo.svc");
	s.peer.at.port = 81; /* no namespace: the peer's */
	CHECK_VALUES(s, &configured, "destination_service_namespace", "bookinfo");
	s.peer.at.prefix = 0;
	CHECK_VALUES(s, &configured, "destination_service", "bare.example",
		     "destination_service_namespace", "unknown");
	s.peer.at.port = 0;
	CHECK_VALUES(s, &configured, "destination_service", "shop.example:8080",
		     "destination_service_name", "shop", "destination_service_namespace",
		     "ns-shop");
	s.host = 8; /* of a configuration before */
	CHECK_VALUES(s, &configured, "destination_service", "unknown", "destination_service_name",
		     "PassthroughCluster", "destination_service_namespace", "unknown");
	s.reporter = REPORTER_DESTINATION;
	s.host = 7;
	CHECK_VALUES(s, &configured, "destination_service", "c.service");
	s.local.at = (struct endpoint){ .port = 9080 };
	CHECK_VALUES(s, &configured, "destination_service", "reviews.bookinfo.svc",
		     "destination_service_name", "reviews", "destination_service_namespace", "");
}

/* What workloads_find() is asked for. */
static void test_questions(void)
{
	static const struct {
		const char *unit, *expected;
		bool is_local_peer;
	} cases[] = { { "a.service", "a.service", true },
		      { "", "none", false },
		      { NULL, "none", false },
		      { "unknown", "none", true } };

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct workloads w = { cases[i].expected, true };
		struct label_source s = { .reporter = REPORTER_SOURCE,
					  .local = { cases[i].unit, { .prefix = 9 } } };

		free(labels_of(s, &w, NULL));
		w.expected_local = cases[i].is_local_peer;
		s.peer = s.local;
		s.local.at.prefix = 0;
		free(labels_of(s, &w, NULL));
	}
	CHECK(surprises == 0);
}

static void test_overflow(void)
{
	struct label_source s = { .reporter = REPORTER_DESTINATION,
				  .is_overflow = true,
				  .is_http = true,
				  .response_code = 200 };
	struct label_tags tags = { .removed = (1U << LABEL_RESPONSE_CODE) - 1,
				   .added = { LABEL_UNIT },
				   .added_count = 1 };
	char *labels = labels_of(s, &configured, &tags);

	CHECK_STRING(labels, "response_code=\"unknown\",grpc_response_status=\"unknown\","
			     "response_flags=\"unknown\",connection_security_policy=\"unknown\","
			     "unit=\"unknown\"");
	free(labels);
	CHECK_VALUES(s, &configured, "reporter", "destination", "request_protocol", "http",
		     "destination_workload", "unknown", "source_canonical_revision", "unknown");
	s.is_http = false;
	CHECK_VALUES(s, &configured, "request_protocol", "tcp", "response_code", "(absent)");
}

static void test_tags(void)
{
	struct label_source s = { .reporter = REPORTER_SOURCE,
				  .is_http = true,
				  .local = { .unit = "u.service" },
				  .method = "GET",
				  .host = 7 };
	struct label_tags tags = {
		.removed = ((1U << LABELS_STANDARD) - 1) & ~(1U << LABEL_SOURCE_WORKLOAD),
		.added = { LABEL_UNIT, LABEL_REQUEST_METHOD, LABEL_REQUEST_HOST },
		.added_count = 3,
	};
	char *labels = labels_of(s, &configured, &tags);

	CHECK_STRING(labels, "source_workload=\"u.service\",unit=\"u.service\","
			     "request_method=\"GET\",request_host=\"shop.example:8080\"");
	free(labels);
	s.method = NULL;
	s.host = 8;
	labels = labels_of(s, &configured, &tags);
	CHECK_STRING(labels, "source_workload=\"u.service\",unit=\"u.service\","
			     "request_method=\"unknown\",request_host=\"unknown\"");
	free(labels);
	tags = (struct label_tags){ .removed = (1U << LABELS_STANDARD) - 1 };
	labels = labels_of(s, NULL, &tags);
	CHECK_STRING(labels, "");
	free(labels);
}

static void test_grpc(void)
{
	struct label_source s = { .reporter = REPORTER_SOURCE,
				  .is_http = true,
				  .is_grpc = true,
				  .response_code = 200,
				  .grpc_status = 15 };
	struct label_tags tags = {
		.removed = (1U << LABEL_DESTINATION_CLUSTER) - 1,
		.added = { LABEL_REQUEST_METHOD },
		.added_count = 1,
	};
	char *labels;

	CHECK_VALUES(s, NULL, "request_protocol", "grpc", "response_code", "200",
		     "grpc_response_status", "14");
	s.grpc_status = 1;
	CHECK_VALUES(s, NULL, "grpc_response_status", "0");
	s.grpc_status = 0;
	CHECK_VALUES(s, NULL, "request_protocol", "grpc", "grpc_response_status", "");
	s.is_messages = true;
	labels = labels_of(s, NULL, &tags);
	CHECK_STRING(labels, "destination_cluster=\"unknown\",request_method=\"unknown\"");
	free(labels);
	s.is_overflow = true;
	labels = labels_of(s, NULL, &tags);
	CHECK_STRING(labels, "destination_cluster=\"unknown\",request_method=\"unknown\"");
	free(labels);
}

static void test_label_names(void)
{
	for (int i = 0; i < LABELS; i++)
		CHECK(label_find(label_name(i), strlen(label_name(i))) == (enum label)i);
	CHECK(label_find("le", 2) == LABELS && label_find("reporter", 3) == LABELS);
}

int main(void)
{
	test_source();
	test_destination();
	test_nameless_destination();
	test_templates();
	test_configured_ends();
	test_services();
	test_questions();
	test_overflow();
	test_tags();
	test_grpc();
	test_label_names();
	return check_end();
}
