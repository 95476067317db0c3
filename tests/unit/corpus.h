/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the cases of tests/corpus/, whose README.md explains the format. */
#ifndef MESHTAP_CORPUS_H
#define MESHTAP_CORPUS_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS_RUNS	 256
#define CORPUS_EXCHANGES 128
#define CORPUS_UNKNOWN	 (-1LL) /* "-" in a case */

enum { CORPUS_REQUEST, CORPUS_RESPONSE };

struct corpus_run {
	int direction;
	size_t length;
	unsigned char *bytes;
};

struct corpus_exchange {
	char method[32];
	char target[128]; /* "X...": only begins so */
	char outcome[16]; /* done, close, tunnel, open, early, bad */
	int status;	  /* 0: no response */
	long long request_wire;
	long long request_body;
	long long response_wire;
	long long response_body;
};

struct corpus_case {
	char name[256]; /* of the file */
	struct corpus_run runs[CORPUS_RUNS];
	size_t run_count;
	struct corpus_exchange exchanges[CORPUS_EXCHANGES];
	size_t exchange_count;
	int bad[2];	   /* this direction ends in bytes that are no message */
	int client_closes; /* first, when all bytes were sent; else the server */
};

/* One byte of a text with escapes. Returns -1: not an escape. */
static inline int corpus_byte(const char **text)
{
	static const char names[] = "rnt0\\", values[] = "\r\n\t\0\\";
	const char *at = *text + 1, *name;
	unsigned int value;

	if (**text != '\\') {
		*text += 1;
		return (unsigned char)at[-1];
	}
	if (*at == 'x' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]) &&
	    sscanf(at + 1, "%2x", &value) == 1) {
		*text += 4;
		return value;
	}
	name = *at ? strchr(names, *at) : NULL;
	*text += 2;
	return name ? (unsigned char)values[name - names] : -1;
}

/* "> text", or ">*N text": the text N times. */
static inline int corpus_add_bytes(struct corpus_case *c, const char *line)
{
	int direction = *line == '<' ? CORPUS_RESPONSE : CORPUS_REQUEST;
	long times = 1;
	char *text = (char *)line + 1;
	struct corpus_run *run;

	if (*text == '*')
		times = strtol(text + 1, &text, 10);
	if (*text++ != ' ' || times < 1)
		return -1;
	if (!c->run_count || c->runs[c->run_count - 1].direction != direction) {
		if (c->run_count == CORPUS_RUNS)
			return -1;
		c->runs[c->run_count++].direction = direction;
	}
	run = &c->runs[c->run_count - 1];
	run->bytes = realloc(run->bytes, run->length + times * strlen(text) + 1);
	while (run->bytes && times--)
		for (const char *at = text; *at;) {
			int byte = corpus_byte(&at);

			if (byte < 0)
				return -1;
			run->bytes[run->length++] = byte;
		}
	return run->bytes ? 0 : -1;
}

/* A number, or "-". */
static inline int corpus_number(const char *word, long long *ret)
{
	char *end;

	if (!strcmp(word, "-")) {
		*ret = CORPUS_UNKNOWN;
		return 0;
	}
	*ret = strtoll(word, &end, 10);
	return *ret < 0 || *end ? -1 : 0;
}

static inline int corpus_add_exchange(struct corpus_case *c, const char *line)
{
	struct corpus_exchange x = { 0 };
	char numbers[4][24];
	int length = 0;

	if (!strcmp(line, "= bad request"))
		return c->bad[CORPUS_REQUEST]++;
	if (!strcmp(line, "= bad response"))
		return c->bad[CORPUS_RESPONSE]++;
	if (c->exchange_count == CORPUS_EXCHANGES ||
	    sscanf(line, "= %31s %127s %d %23s %23s %23s %23s %15s%n", x.method, x.target,
		   &x.status, numbers[0], numbers[1], numbers[2], numbers[3], x.outcome,
		   &length) != 8 ||
	    line[length] || corpus_number(numbers[0], &x.request_wire) ||
	    corpus_number(numbers[1], &x.request_body) ||
	    corpus_number(numbers[2], &x.response_wire) ||
	    corpus_number(numbers[3], &x.response_body))
		return -1;
	c->exchanges[c->exchange_count++] = x;
	return 0;
}

static inline int corpus_line(struct corpus_case *c, const char *line)
{
	switch (*line) {
	case '\0':
	case '#':
		return 0;
	case '>':
	case '<':
		return corpus_add_bytes(c, line);
	case '=':
		return corpus_add_exchange(c, line);
	default:
		c->client_closes = !strcmp(line, "! client closes");
		return c->client_closes ? 0 : -1;
	}
}

/* Returns 0, or -1 after a message. *c is then to be freed all the same. */
static inline int corpus_read(struct corpus_case *c, const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int ret = file ? 0 : -1;

	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", path);
	while (!ret && (length = getline(&line, &size, file)) > 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		ret = corpus_line(c, line);
	}
	if (ret)
		printf("%s:%u: not a line of a case\n", path, number);
	free(line);
	if (file)
		fclose(file);
	return ret;
}

static inline void corpus_free(struct corpus_case *c)
{
	for (size_t i = 0; i < c->run_count; i++)
		free(c->runs[i].bytes);
}

#endif
