/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "identity.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "check.h"
#include "workload.h"

static unsigned int lookups;

/* Stands for libbpf's: ids below 1000 have no entry. */
int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	unsigned long long id = *(const unsigned long long *)key;
	struct workload *w = value;

	lookups++;
	if (fd != 5 || id < 1000) {
		errno = ENOENT;
		return -ENOENT;
	}
	snprintf(w->name, sizeof(w->name), "u%llu.service", id);
	return 0;
}

static void check_labels(int http, struct label_parties parties, const char *should)
{
	struct prom_text t = { 0 };

	if (http)
		CHECK(labels_http(&t, &parties, 404, "DC,UC") == 0);
	else
		CHECK(labels_tcp(&t, &parties, "-") == 0);
	CHECK_STRING(t.data, should);
	prom_text_free(&t);
}

static void test_source(void)
{
	check_labels(0, (struct label_parties){ REPORTER_SOURCE, "curl.service", NULL },
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
	check_labels(1, (struct label_parties){ REPORTER_DESTINATION, "n\"x.service", "c.scope" },
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
	struct label_parties parties = { REPORTER_DESTINATION, "", "" };
	struct prom_text t = { 0 };

	CHECK(labels_base(&t, &parties) == 0);
	CHECK(strstr(t.data, "source_workload=\"unknown\"") != NULL);
	CHECK(strstr(t.data, "destination_workload=\"\"") != NULL);
	CHECK(strstr(t.data, "destination_canonical_service=\"\"") != NULL);
	CHECK(strstr(t.data, "destination_service=\"unknown\"") != NULL);
	CHECK(strstr(t.data, "destination_service_name=\"unknown\"") != NULL);
	parties.reporter = REPORTER_NONE;
	CHECK(labels_base(&t, &parties) == -EINVAL);
	prom_text_free(&t);
}

static void test_names(void)
{
	const char *first;
	char name[32];
	int wrong = 0;

	CHECK_STRING(workload_name(5, WORKLOAD_NONE), "");
	CHECK_STRING(workload_name(5, WORKLOAD_OVERFLOW), "unknown");
	CHECK_STRING(workload_name(5, 7), "unknown");
	first = workload_name(5, 1000);
	lookups = 0;
	for (int round = 0; round < 2; round++)
		for (unsigned long long id = 1000; id < 6000; id++) {
			snprintf(name, sizeof(name), "u%llu.service", id);
			wrong += strcmp(workload_name(5, id), name) != 0;
		}
	CHECK(wrong == 0);
	CHECK(lookups == 4999); /* each once */
	CHECK(workload_name(5, 1000) == first);
	workload_names_free();
	workload_names_free();
}

int main(void)
{
	test_source();
	test_destination();
	test_nameless_destination();
	test_names();
	return check_end();
}
