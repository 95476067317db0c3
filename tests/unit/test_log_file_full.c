/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file that takes no more. RLIMIT_FSIZE makes real short writes: the kernel writes up to the
 * limit, then EFBIG. */
#include "log_file_steps.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

static void limit_files(rlim_t bytes)
{
	struct rlimit limit = { bytes, RLIM_INFINITY };

	setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_short_write_resumes(void)
{
	struct log_file *f = started(path, -1, 16);

	limit_files(7);
	line(f, "aaaa\n");
	line(f, "bbbb\n");
	flush(f);
	CHECK(status.error == -EFBIG && status.lines == 1 && status.buffered == 1);
	line(f, "cccc\n");
	line(f, "dddd\n");
	line(f, "eeee\n");
	line(f, "ffff\n"); /* the other buffer has room for three */
	flush(f);
	CHECK(status.dropped[LOG_DROP_NO_SPACE] == 1 && status.buffered == 4);
	limit_files(RLIM_INFINITY);
	CHECK(is_written(f));
	check_content(path, "aaaa\nbbbb\ncccc\ndddd\neeee\n");
	end(f, path);
	CHECK(status.lines == 5 && all_dropped() == 1);
}

static struct log_file *with_unfinished_line(void)
{
	struct log_file *f = started(path, -1, 64);

	limit_files(7);
	line(f, "aaaa\n");
	line(f, "bbbb\n");
	line(f, "cccc\n");
	flush(f);
	CHECK(status.error == -EFBIG && status.lines == 1 && status.buffered == 2);
	return f;
}

/* Another program, which has no limit. */
static void append_other(void)
{
	char command[128];

	snprintf(command, sizeof(command), "ulimit -S -f unlimited && echo other >>%s", path);
	CHECK(system(command) == 0);
}

static void test_unfinished_line_is_not_split(void)
{
	struct log_file *f = with_unfinished_line();

	rename(path, old_path);
	limit_files(2);
	log_file_reopen(f);
	flush(f);
	check_content(old_path, "aaaa\n");
	check_content(path, "bb");
	CHECK(status.lines == 1 && all_dropped() == 0 && status.buffered == 2);
	limit_files(RLIM_INFINITY);
	flush(f);
	check_content(path, "bbbb\ncccc\n");
	end(f, path);
	CHECK(status.lines == 3 && all_dropped() == 0);
	unlink(old_path);

	f = with_unfinished_line();
	append_other();
	rename(path, old_path);
	limit_files(2);
	log_file_reopen(f);
	flush(f);
	check_content(old_path, "aaaa\nbbother\n"); /* not ours to cut */
	limit_files(RLIM_INFINITY);
	flush(f);
	check_content(path, "cccc\n");
	end(f, path);
	CHECK(status.lines == 2 && status.dropped[LOG_DROP_NO_SPACE] == 1);
	unlink(old_path);

	f = with_unfinished_line();
	limit_files(RLIM_INFINITY);
	rename(path, old_path);
	log_file_reopen(f);
	flush(f);
	check_content(old_path, "aaaa\nbbbb\ncccc\n"); /* room again */
	check_content(path, "");
	end(f, path);
	unlink(old_path);

	f = with_unfinished_line();
	log_file_reopen(f);
	flush(f);
	check_content(path, "aaaa\nbb");
	limit_files(RLIM_INFINITY);
	flush(f);
	check_content(path, "aaaa\nbbbb\ncccc\n"); /* the same file */
	end(f, path);
	CHECK(status.lines == 3 && all_dropped() == 0);
}

/* In a mount namespace of this test's own: it goes with it. */
static int mount_small_disk(void)
{
	return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       mount("none", sub_dir, "tmpfs", 0, "size=32k");
}

static void test_full_disk(void)
{
	char big[4096];
	struct log_file *f;
	int given = 0;

	CHECK(mkdir(sub_dir, 0700) == 0);
	if (mount_small_disk()) {
		SKIP("no mount namespace for a small tmpfs: needs root");
		rmdir(sub_dir);
		return;
	}
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	f = started(sub_path, -1, 3 * sizeof(big));
	do {
		log_file_line(f, big, sizeof(big));
		flush(f);
	} while (++given < 1000 && !all_dropped());
	CHECK(status.error == -ENOSPC && status.dropped[LOG_DROP_NO_SPACE] == 1);
	CHECK(status.lines + status.buffered + 1 == (unsigned int)given);
	CHECK(truncate(sub_path, 0) == 0);
	CHECK(is_written(f));
	CHECK(status.lines + 1 == (unsigned int)given);
	end(f, NULL);
	CHECK(umount(sub_dir) == 0);
	rmdir(sub_dir);
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	begin_directory();
	test_short_write_resumes();
	test_unfinished_line_is_not_split();
	test_full_disk();
	end_directory();
	return check_end();
}
