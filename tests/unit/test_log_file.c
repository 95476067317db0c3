/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file, what is done to its name, and rotations. */
#include "log_buffer.h"
#include "log_file_steps.h"

#include <errno.h>

#define NUMBERS 1000000
#define REOPENS 50
#define NUMBER	8 /* bytes of a line: 7 digits */

static void test_lines_come_by_themselves(void)
{
	struct log_file *f = started(path, -1, 64);
	struct stat st;
	long begin;

	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640);
	begin = now_ms();
	line(f, "1234\n");
	check_content(path, "");
	CHECK(is_written(f) && now_ms() - begin <= 200);
	check_content(path, "1234\n");
	line(f,
	     "a line that is longer than the whole buffer, and so never can be written at all\n");
	log_file_status(f, &status);
	CHECK(status.lines == 1 && status.dropped[LOG_DROP_ERROR] == 1);
	line(f, "the end is written too\n");
	end(f, NULL);
	CHECK(status.lines == 2);
	check_content(path, "1234\nthe end is written too\n");
	unlink(path);
}

/* The size bounds what waits; a line may exceed it, and then nothing more is taken. */
static void test_size_of_buffer(void)
{
	struct log_buffer b;

	CHECK(log_buffer_init(&b, 8, 16) == 0);
	CHECK(log_buffer_has_room(&b, 24) && !log_buffer_has_room(&b, 25));
	log_buffer_append(&b, "123456\n", 7);
	CHECK(log_buffer_has_room(&b, 16));
	log_buffer_append(&b, "12\n", 3);
	CHECK(!log_buffer_has_room(&b, 1));
	log_buffer_clear(&b);
	CHECK(log_buffer_has_room(&b, 16));
	log_buffer_free(&b);
}

/* Of a writer that was killed: what comes next is a line of its own. */
static void test_line_without_end(void)
{
	struct log_file *f = started(path, -1, 64);

	line(f, "1\n");
	flush(f);
	CHECK(truncate(path, 1) == 0); /* while it is open that is nobody's business */
	line(f, "2\n");
	end(f, NULL);
	check_content(path, "12\n");
	CHECK(truncate(path, 2) == 0);
	f = started(path, -1, 64);
	check_content(path, "12");
	line(f, "3\n");
	end(f, NULL);
	check_content(path, "12\n3\n");
	f = started(path, -1, 64);
	line(f, "4\n");
	end(f, NULL);
	check_content(path, "12\n3\n4\n");
	unlink(path);
}

/* The descriptor is the lowest free one. */
static void test_flags(void)
{
	int next = dup(0), flags;
	struct log_file *f;

	close(next);
	f = started(path, -1, 64);
	flags = fcntl(next, F_GETFL);
	CHECK(fcntl(next, F_GETFD) == FD_CLOEXEC);
	CHECK((flags & (O_ACCMODE | O_APPEND | O_NONBLOCK)) == (O_WRONLY | O_APPEND));
	end(f, path);
	CHECK(fcntl(next, F_GETFD) < 0);
	CHECK(symlink("/etc/passwd", path) == 0);
	CHECK(log_file_open(&f, path, -1, 64, 0) == -ELOOP);
	unlink(path);
}

static void test_rotation(void)
{
	struct log_file *f = started(path, -1, 64);

	line(f, "1234\n");
	rename(path, old_path);
	log_file_reopen(f);
	line(f, "new\n");
	flush(f);
	check_content(old_path, "1234\n");
	check_content(path, "new\n");
	end(f, path);
	CHECK(status.lines == 2 && all_dropped() == 0);
	unlink(old_path);
}

static void test_unlinked_file(void)
{
	struct log_file *f = started(path, -1, 64);

	line(f, "old\n");
	flush(f);
	unlink(path);
	line(f, "new\n");
	CHECK(is_written(f));
	check_content(path, "new\n");
	end(f, path);
}

static void test_vanished_directory(void)
{
	struct log_file *f;

	CHECK(mkdir(sub_dir, 0700) == 0);
	f = started(sub_path, -1, 8);
	unlink(sub_path);
	CHECK(rmdir(sub_dir) == 0);
	line(f, "kept 1\n");
	flush(f);
	CHECK(status.error == -ENOENT && status.buffered == 1);
	line(f, "kept 2\n");
	line(f, "gone\n");
	log_file_status(f, &status);
	CHECK(status.dropped[LOG_DROP_ERROR] == 1);
	CHECK(access(sub_dir, F_OK) < 0); /* not ours to make */
	CHECK(mkdir(sub_dir, 0700) == 0);
	CHECK(is_written(f));
	check_content(sub_path, "kept 1\nkept 2\n");
	end(f, sub_path);
	CHECK(rmdir(sub_dir) == 0);
}

/* Without SIGHUP, what was rotated away is still written to, as logrotate needs it. */
static void test_renamed_file(void)
{
	struct log_file *f = started(path, -1, 64);

	rename(path, old_path);
	line(f, "1\n");
	flush(f);
	check_content(old_path, "1\n");
	CHECK(access(path, F_OK) < 0);
	end(f, old_path);
}

static void give_numbers(struct log_file *f, unsigned int *ret_files)
{
	char text[NUMBER + 1], to[80];

	*ret_files = 0;
	for (unsigned int i = 0; i < NUMBERS; i++) {
		if (i % (NUMBERS / REOPENS) == NUMBERS / REOPENS / 2) {
			snprintf(to, sizeof(to), "%s.%u", path, (*ret_files)++);
			while (rename(path, to)) /* the last reopening is still to come */
				pause_ms(1);
			log_file_reopen(f);
		}
		snprintf(text, sizeof(text), "%07u\n", i);
		log_file_line(f, text, NUMBER);
	}
}

/* The numbers in a file follow each other and *next; returns how many there are. */
static unsigned int check_numbers(const char *name, unsigned int *next)
{
	FILE *file = fopen(name, "re");
	unsigned int count = 0, wrong = 0, number;
	char text[NUMBER + 2];

	CHECK(file != NULL);
	for (; file && fgets(text, sizeof(text), file); count++) {
		wrong += strlen(text) != NUMBER || sscanf(text, "%7u", &number) != 1 ||
			 number < *next;
		*next = number + 1;
	}
	CHECK(wrong == 0);
	if (file)
		fclose(file);
	unlink(name);
	return count;
}

static void test_rotations_under_load(void)
{
	struct log_file *f = started(path, -1, 65536);
	unsigned int files, next = 0, count = 0;
	char name[80];

	give_numbers(f, &files);
	end(f, NULL);
	CHECK(files == REOPENS);
	for (unsigned int i = 0; i < files; i++) {
		snprintf(name, sizeof(name), "%s.%u", path, i);
		count += check_numbers(name, &next);
	}
	count += check_numbers(path, &next);
	/* In order, so none is there twice; a disk that stands still for long may cost lines. */
	CHECK(status.lines == count && count + status.dropped[LOG_DROP_BLOCKED] == NUMBERS);
}

int main(void)
{
	begin_directory();
	test_lines_come_by_themselves();
	test_size_of_buffer();
	test_line_without_end();
	test_flags();
	test_rotation();
	test_unlinked_file();
	test_vanished_directory();
	test_renamed_file();
	test_rotations_under_load();
	end_directory();
	return check_end();
}
