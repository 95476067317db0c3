/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "prom_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static void check_escape(const char *value, const char *should)
{
	struct prom_text t = { 0 };

	prom_escape(&t, value);
	CHECK_STRING(t.data, should);
	prom_text_free(&t);
}

static void test_escape(void)
{
	check_escape("a\\b\n\"c\"", "a\\\\b\\n\\\"c\\\"");
	check_escape("h\xc3\xa9\xf0\x9f\x98\x80", "h\xc3\xa9\xf0\x9f\x98\x80");
	check_escape("\xff|", "\xef\xbf\xbd|");
	check_escape("\xc3\"", "\xef\xbf\xbd\\\"");
	check_escape("\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd");
	check_escape("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_escape("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_samples(void)
{
	static const double numbers[] = { 0.5, 3600000 };
	static const unsigned long long counts[] = { 1, 0, 2 };
	struct prom_bounds bounds;
	struct prom_text t = { 0 };

	prom_family(&t, "m", "counter", "Help.");
	prom_sample(&t, "m", NULL, ~0ULL);
	prom_sample(&t, "m", "a=\"b\"", 0);
	prom_sample_double(&t, "d", NULL, 0.1);
	prom_sample_double(&t, "d", NULL, INFINITY);
	prom_bounds_make(&bounds, numbers, 2);
	prom_histogram(&t, "h", "a=\"b\"", &bounds, counts, 7);
	prom_bounds_make(&bounds, numbers, 1);
	prom_histogram(&t, "g", NULL, &bounds, counts, 7);
	CHECK_STRING(t.data,
		     "# HELP m Help.\n# TYPE m counter\nm 18446744073709551615\n"
		     "m{a=\"b\"} 0\nd 0.1\nd +Inf\n"
		     "h_bucket{a=\"b\",le=\"0.5\"} 1\nh_bucket{a=\"b\",le=\"3600000\"} 1\n"
		     "h_bucket{a=\"b\",le=\"+Inf\"} 3\nh_sum{a=\"b\"} 7\nh_count{a=\"b\"} 3\n"
		     "g_bucket{le=\"0.5\"} 1\ng_bucket{le=\"+Inf\"} 1\ng_sum 7\ng_count 1\n");
	prom_text_free(&t);
}

static int files_in(const char *dir)
{
	DIR *d = opendir(dir);
	int n = -2; /* . and .. */

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* 0 or the error; text: what is appended. */
static int write_file(const char *dir, const char *text)
{
	struct prom_file f;
	int r = prom_file_begin(&f, dir, "x.prom");

	if (r)
		return r;
	prom_append(&f.text, text, strlen(text));
	return prom_file_end(&f);
}

static void check_content(const char *path, const char *should)
{
	char content[64] = "";
	FILE *f = fopen(path, "re");

	CHECK(f && fread(content, 1, sizeof(content) - 1, f) == strlen(should));
	CHECK_STRING(content, should);
	if (f)
		fclose(f);
}

static void test_write(void)
{
	char dir[] = "/tmp/test_prom_file.XXXXXX", path[64];
	struct prom_file failed;
	struct stat st;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/x.prom", dir);
	umask(077);
	CHECK(write_file(dir, "x 1\n") == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0644);
	CHECK(files_in(dir) == 1);
	CHECK(write_file("/proc/absent", "x 1\n") < 0);
	CHECK(write_file(dir, "x 2\nunfinished") == -EINVAL);
	CHECK(prom_file_begin(&failed, dir, "x.prom") == 0);
	prom_append(&failed.text, "x 3\n", 4);
	failed.text.error = -ENOMEM;
	CHECK(prom_file_end(&failed) == -ENOMEM);
	CHECK(files_in(dir) == 1);
	check_content(path, "x 1\n");
	unlink(path);
	/* a directory in the way: rename() fails, and nothing is left behind */
	mkdir(path, 0700);
	CHECK(write_file(dir, "x 1\n") == -EISDIR);
	CHECK(files_in(dir) == 1);
	rmdir(path);
	rmdir(dir);
}

/* Many buffers: until it ends nothing is seen of the file, then all of it. */
static void test_large_file(void)
{
	char dir[] = "/tmp/test_prom_file.XXXXXX", path[64], line[64];
	static char long_help[200000];
	unsigned int lines = 0, right = 0;
	struct prom_file f;
	FILE *is;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/x.prom", dir);
	CHECK(prom_file_begin(&f, dir, "x.prom") == 0);
	for (unsigned int i = 0; i < 100000; i++)
		prom_sample(&f.text, "x", "a=\"b\"", i);
	memset(long_help, 'h', sizeof(long_help) - 2);
	long_help[sizeof(long_help) - 2] = '\n';
	prom_append(&f.text, long_help, sizeof(long_help) - 1);
	CHECK(f.text.capacity < 2 * sizeof(long_help) && access(path, F_OK));
	CHECK(prom_file_end(&f) == 0 && files_in(dir) == 1);
	is = fopen(path, "re");
	for (; is && lines < 100000 && fgets(line, sizeof(line), is); lines++)
		right += strtoul(line + strlen("x{a=\"b\"} "), NULL, 10) == lines;
	CHECK(lines == 100000 && right == lines);
	CHECK(is && fseek(is, 0, SEEK_END) == 0);
	CHECK(is &&
	      ftell(is) == 100000 * 10 + 10 + 90 * 2 + 900 * 3 + 9000 * 4 + 90000 * 5 + 199999);
	if (is)
		fclose(is);
	unlink(path);
	rmdir(dir);
}

static void test_growth_and_full_disk(void)
{
	struct prom_text t = { 0 };
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < 100000; i++)
		prom_sample(&t, "x", NULL, 7);
	CHECK(t.error == 0 && t.length == 400000 && strlen(t.data) == t.length);
	prom_text_free(&t);
	CHECK(t.data == NULL && t.capacity == 0);
	t.fd = &fd;
	for (int i = 0; i < 100000; i++)
		prom_sample(&t, "x", NULL, 7);
	CHECK(t.error == -ENOSPC && prom_text_flush(&t) == -ENOSPC);
	close(fd);
	prom_text_free(&t);
}

int main(void)
{
	test_escape();
	test_samples();
	test_write();
	test_large_file();
	test_growth_and_full_disk();
	return check_end();
}
