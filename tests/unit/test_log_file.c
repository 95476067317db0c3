/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* RLIMIT_FSIZE makes real short writes: the kernel writes up to the limit, then EFBIG. */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static char dir[] = "/tmp/test_log_file.XXXXXX";
static char path[64], old_path[64];

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	setrlimit(RLIMIT_FSIZE, &limit);
}

static void check_content(const char *name, const char *should)
{
	char content[256] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, content, sizeof(content) - 1) >= 0);
	CHECK_STRING(content, should);
	close(fd);
}

static void line(struct log_file *f, const char *text)
{
	log_file_line(f, text, strlen(text));
}

static void test_buffer_and_rotation(void)
{
	struct log_file f;
	struct stat st;

	CHECK(log_file_open(&f, path, -1, 10) == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0137) == 0);
	CHECK(fcntl(f.fd, F_GETFD) & FD_CLOEXEC);
	line(&f, "1234\n");
	line(&f, "5678\n");
	check_content(path, "");
	line(&f, "9\n");
	check_content(path, "1234\n5678\n");
	line(&f, "longer than the buffer\n");
	CHECK(f.lines == 2 && f.buffered_lines == 1 && f.dropped_lines == 1);
	rename(path, old_path);
	CHECK(log_file_reopen(&f) == 0);
	line(&f, "new\n");
	log_file_close(&f);
	CHECK(f.lines == 4 && f.buffered_lines == 0 && f.fd == -1);
	check_content(old_path, "1234\n5678\n9\n");
	check_content(path, "new\n");
	unlink(path);
	unlink(old_path);
}

static void test_short_write_resumes(void)
{
	struct log_file f;

	CHECK(log_file_open(&f, path, -1, 16) == 0);
	line(&f, "aaaa\n");
	line(&f, "bbbb\n");
	limit_files(7);
	CHECK(log_file_flush(&f) == -EFBIG);
	CHECK(f.lines == 1 && f.buffered_lines == 1 && f.written == 2);
	line(&f, "cccc\n");
	line(&f, "dddd\n"); /* fits: "aaaa" has gone */
	line(&f, "eeee\n");
	CHECK(f.dropped_lines == 1);
	limit_files(RLIM_INFINITY);
	CHECK(log_file_flush(&f) == 0);
	check_content(path, "aaaa\nbbbb\ncccc\ndddd\n");
	CHECK(f.lines == 4 && f.buffered_lines == 0);
	log_file_close(&f);
	unlink(path);
}

static void test_unfinished_line_is_not_split(void)
{
	struct log_file f;

	CHECK(log_file_open(&f, path, -1, 64) == 0);
	line(&f, "aaaa\n");
	line(&f, "bbbb\n");
	line(&f, "cccc\n");
	limit_files(7);
	CHECK(log_file_flush(&f) == -EFBIG);
	rename(path, old_path);
	log_file_reopen(&f);
	limit_files(RLIM_INFINITY);
	CHECK(log_file_flush(&f) == 0);
	check_content(old_path, "aaaa\nbb");
	check_content(path, "cccc\n");
	CHECK(f.lines == 2 && f.dropped_lines == 1 && f.buffered_lines == 0);
	line(&f, "dddd\n");
	line(&f, "eeee\n");
	limit_files(7);
	CHECK(log_file_flush(&f) == -EFBIG);
	limit_files(RLIM_INFINITY);
	rename(path, old_path);
	CHECK(log_file_reopen(&f) == 0); /* room again: finished in the old file */
	check_content(old_path, "cccc\ndddd\neeee\n");
	check_content(path, "");
	log_file_close(&f);
	unlink(path);
	unlink(old_path);
}

static void test_paths(void)
{
	struct log_file f;

	CHECK(symlink("/etc/passwd", path) == 0);
	CHECK(log_file_open(&f, path, -1, 64) == -ELOOP);
	unlink(path);
	CHECK(log_file_open(&f, path, -1, 64) == 0);
	unlink(path);
	mkdir(path, 0700);
	line(&f, "kept\n");
	f.fd = (close(f.fd), -1);
	CHECK(log_file_reopen(&f) == -EISDIR);
	CHECK(f.fd == -1 && f.buffered_lines == 1);
	rmdir(path);
	CHECK(log_file_flush(&f) == 0);
	check_content(path, "kept\n");
	log_file_close(&f);
	unlink(path);
}

static void test_borrowed_fd(void)
{
	struct log_file f;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CHECK(log_file_open(&f, NULL, fd, 8) == 0);
	line(&f, "12345\n");
	line(&f, "12345\n");
	CHECK(log_file_reopen(&f) == -ENOSPC);
	CHECK(f.lines == 0 && f.buffered_lines == 1 && f.dropped_lines == 1);
	log_file_close(&f);
	CHECK(f.dropped_lines == 2);
	CHECK(close(fd) == 0); /* still open: it is not ours */
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(old_path, sizeof(old_path), "%s/log.1", dir);
	test_buffer_and_rotation();
	test_short_write_resumes();
	test_unfinished_line_is_not_split();
	test_paths();
	test_borrowed_fd();
	CHECK(rmdir(dir) == 0);
	return check_end();
}
