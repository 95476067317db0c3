/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* make_seeds DIRECTORY FILE…: writes each case of tests/corpus/ as fuzz_http1.c reads its input. */
#include "corpus.h"

static int write_seed(const char *directory, const struct corpus_case *c)
{
	const char *base = strrchr(c->name, '/');
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, base ? base + 1 : c->name);
	file = fopen(path, "w");
	if (!file)
		return -1;
	fprintf(file, "seed");
	if (c->run_count && c->runs[0].direction == CORPUS_RESPONSE)
		fputc(1, file);
	for (size_t i = 0; i < c->run_count; i++) {
		if (i)
			fputc(1, file);
		fwrite(c->runs[i].bytes, 1, c->runs[i].length, file);
	}
	return fclose(file);
}

int main(int argc, char *argv[])
{
	static struct corpus_case c;
	int failed = 0;

	for (int i = 2; i < argc && !failed; i++) {
		failed = corpus_read(&c, argv[i]) || write_seed(argv[1], &c);
		if (failed)
			perror(argv[i]);
		corpus_free(&c);
	}
	return failed || argc < 3;
}
