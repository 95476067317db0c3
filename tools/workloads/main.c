/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* meshtap-workloads: see its man page. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "converter.h"
#include "text.h"

static const char help[] =
	"Usage: " PROGRAM " [OPTION]... [FILE]...\n"
	"Writes workloads.ini for WorkloadEntry, ServiceEntry (Istio) and Service (Kubernetes).\n"
	"Reads YAML or JSON as kubectl prints it, from standard input without a FILE or with -.\n"
	"\n"
	"      --cluster NAME         cluster of workloads without topology.istio.io/cluster\n"
	"      --domain DOMAIN        of Kubernetes' services (cluster.local)\n"
	"      --namespace NAMESPACE  of objects that name none (default)\n"
	"      --trust-domain DOMAIN  of principals (cluster.local)\n"
	"  -h, --help\n"
	"  -V, --version\n";

enum {
	OPTION_CLUSTER = 256,
	OPTION_DOMAIN,
	OPTION_NAMESPACE,
	OPTION_TRUST_DOMAIN,
};

static const struct option long_options[] = {
	{ "cluster", required_argument, NULL, OPTION_CLUSTER },
	{ "domain", required_argument, NULL, OPTION_DOMAIN },
	{ "namespace", required_argument, NULL, OPTION_NAMESPACE },
	{ "trust-domain", required_argument, NULL, OPTION_TRUST_DOMAIN },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

static int print(const char *text)
{
	if (fputs(text, stdout) >= 0 && !fflush(stdout))
		return EXIT_OK;
	fprintf(stderr, PROGRAM ": cannot write: %m\n");
	return EXIT_RUNTIME;
}

static const char **option_target(struct convert_options *options, int option)
{
	switch (option) {
	case OPTION_CLUSTER:
		return &options->cluster;
	case OPTION_DOMAIN:
		return &options->domain;
	case OPTION_NAMESPACE:
		return &options->namespace;
	case OPTION_TRUST_DOMAIN:
		return &options->trust_domain;
	default:
		return NULL;
	}
}

/* Returns -1 to go on, else the exit code. */
static int read_options(struct convert_options *options, int argc, char **argv)
{
	int option, index = 0;

	while ((option = getopt_long(argc, argv, "hV", long_options, &index)) != -1) {
		const char **target = option_target(options, option);

		if (option == 'h')
			return print(help);
		if (option == 'V')
			return print(PROGRAM " " MESHTAP_VERSION "\n");
		if (!target)
			return EXIT_USAGE;
		if (!text_is_name(optarg)) {
			fprintf(stderr, PROGRAM ": --%s: " TEXT_NAME_RULE " are expected\n",
				long_options[index].name);
			return EXIT_USAGE;
		}
		*target = optarg;
	}
	return -1;
}

static void read_file(struct converter *c, const char *path)
{
	FILE *in;

	if (c->failed)
		return;
	if (!strcmp(path, "-")) {
		convert_read(c, "standard input", stdin);
		return;
	}
	in = fopen(path, "re");
	if (!in) {
		fprintf(stderr, PROGRAM ": %s: %s\n", path, strerror(errno));
		c->failed = EXIT_USAGE;
		return;
	}
	convert_read(c, path, in);
	fclose(in);
}

int main(int argc, char **argv)
{
	struct convert_options options = {
		.domain = "cluster.local",
		.trust_domain = "cluster.local",
		.namespace = "default",
	};
	struct converter c;
	int status = read_options(&options, argc, argv);

	if (status >= 0)
		return status;
	converter_init(&c, &options, stderr);
	if (optind == argc)
		read_file(&c, "-");
	for (int i = optind; i < argc; i++)
		read_file(&c, argv[i]);
	if (!c.failed && !c.documents) {
		fprintf(stderr, PROGRAM ": no object in the input\n");
		c.failed = EXIT_USAGE;
	}
	convert_select(&c);
	convert_resolve(&c);
	convert_write(&c, stdout);
	status = c.failed;
	converter_free(&c);
	return status;
}
