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
	static const double bounds[] = { 0.5, 3600000 };
	static const unsigned long long counts[] = { 1, 0, 2 };
	struct prom_text t = { 0 };

	prom_family(&t, "m", "counter", "Help.");
	prom_sample(&t, "m", NULL, ~0ULL);
	prom_sample(&t, "m", "a=\"b\"", 0);
	prom_sample_double(&t, "d", NULL, 0.1);
	prom_sample_double(&t, "d", NULL, INFINITY);
	prom_histogram(&t, "h", "a=\"b\"", bounds, counts, 2, 7);
	prom_histogram(&t, "g", NULL, bounds, counts, 1, 7);
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

static void test_write(void)
{
	char dir[] = "/tmp/test_prom_file.XXXXXX", path[64], content[16] = "";
	struct prom_text t = { 0 };
	struct stat st;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/x.prom", dir);
	umask(077);
	prom_printf(&t, "x 1\n");
	CHECK(prom_write(&t, dir, "x.prom") == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0644);
	CHECK(files_in(dir) == 1);
	CHECK(prom_write(&t, "/proc/absent", "x.prom") < 0);
	prom_printf(&t, "unfinished");
	CHECK(prom_write(&t, dir, "x.prom") == -EINVAL);
	t.error = -ENOMEM;
	CHECK(prom_write(&t, dir, "x.prom") == -ENOMEM);
	f = fopen(path, "re");
	CHECK(f && fread(content, 1, sizeof(content) - 1, f) == 4);
	CHECK_STRING(content, "x 1\n");
	fclose(f);
	unlink(path);
	/* a directory in the way: rename() fails, and nothing is left behind */
	mkdir(path, 0700);
	t.error = 0;
	prom_printf(&t, "\n");
	CHECK(prom_write(&t, dir, "x.prom") == -EISDIR);
	CHECK(files_in(dir) == 1);
	rmdir(path);
	rmdir(dir);
	prom_text_free(&t);
}

static void test_growth_and_full_disk(void)
{
	struct prom_text t = { 0 };
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	for (int i = 0; i < 100000; i++)
		prom_sample(&t, "x", NULL, 7);
	CHECK(t.error == 0 && t.length == 400000 && strlen(t.data) == t.length);
	CHECK(prom_write_fd(&t, fd) == -ENOSPC);
	close(fd);
	prom_text_free(&t);
	CHECK(t.data == NULL && t.capacity == 0);
}

int main(void)
{
	test_escape();
	test_samples();
	test_write();
	test_growth_and_full_disk();
	return check_end();
}
