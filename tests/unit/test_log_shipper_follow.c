/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines in their order, each once, whatever becomes of the files; and where that cannot be. */
#include "chance.h"
#include "log_shipper_world.h"
#include "log_record.h"

#define SEEDS 300
#define STEPS 60

static void test_rotation_by_renaming(void)
{
	begin_world();
	write_lines(path, 3);
	CHECK(deliver(100) == 3);
	rotate();
	CHECK(deliver(100) == 0);
	write_lines(name(1, ""), 2); /* before the writer has opened the new one */
	append_to(path, "");
	CHECK(deliver(100) == 2);
	write_lines(path, 1);
	CHECK(deliver(100) == 1);
	CHECK(follower.gaps == 0);
	end_world();
}

/* All that happens while nobody follows: files move on and are compressed. */
static void test_restart_after_rotations(void)
{
	begin_world();
	write_lines(path, 10);
	CHECK(deliver(4) == 4);
	follow_free(&follower);
	for (int i = 0; i < 3; i++) {
		rotate();
		write_lines(path, 10);
		compress_file(2);
	}
	CHECK(!follow_init(&follower, path));
	CHECK(deliver(1) == 1); /* out of a compressed file */
	restart();
	CHECK(deliver(100) == 35 && delivered == written);
	CHECK(follower.gaps == 0 && follower.damaged_files == 0);
	end_world();
}

static void test_copy_and_truncate(void)
{
	begin_world();
	write_lines(path, 10);
	CHECK(deliver(4) == 4);
	copy_and_truncate();
	CHECK(deliver(100) == 0); /* that is seen, and begun again at the copy */
	CHECK(deliver(100) == 6);
	write_lines(path, 200); /* as long as it was */
	CHECK(deliver(50) == 50);
	restart();
	copy_and_truncate();
	write_lines(path, 300);
	while (deliver(100))
		;
	CHECK(delivered == written && follower.gaps == 0);
	end_world();
}

static void test_unfinished_line(void)
{
	struct head_text line;

	begin_world();
	append_to(path, "line 1\nli");
	CHECK(deliver(100) == 1);
	append_to(path, "ne 2\nthe end");
	CHECK(deliver(100) == 1);
	rotate();
	CHECK(deliver(100) == 0);
	append_to(path, "\nline 3\n");
	/* the old file is complete: what its last line has is all that it will have */
	CHECK(follow_next(&follower, &line) == 1 && head_text_is(line, "the end"));
	delivered++;
	CHECK(follow_next(&follower, &line) == 1 && head_text_is(line, "line 3"));
	CHECK(follow_next(&follower, &line) == 0);
	end_world();
}

static void test_line_taken_back(void)
{
	struct head_text line;

	begin_world();
	append_to(path, "line 1\nli");
	CHECK(deliver(100) == 1);
	rotate();
	CHECK(truncate(name(1, ""), strlen("line 1\n")) == 0);
	append_to(path, "line 2\n");
	CHECK(follow_next(&follower, &line) == 1 && head_text_is(line, "line 2"));
	delivered++;
	CHECK(follow_next(&follower, &line) == 0);
	end_world();
}

/* Nothing is sent twice or left out around a line that is cut. */
static void test_long_lines(void)
{
	static const size_t lengths[] = { LINE_MAX_BYTES - 1, LINE_MAX_BYTES, LINE_MAX_BYTES + 1,
					  LINE_MAX_BYTES * 3 + 5 };
	static char text[LINE_MAX_BYTES * 4];
	struct head_text line;

	begin_world();
	for (unsigned int i = 0; i < 4; i++) {
		memset(text, 'a' + i, lengths[i]);
		strcpy(text + lengths[i], "\n");
		append_to(path, text);
	}
	append_to(path, "end\n");
	CHECK(begin_following() == 1);
	for (unsigned int i = 0; i < 4; i++) {
		size_t should = lengths[i] < LINE_MAX_BYTES ? lengths[i] : LINE_MAX_BYTES;

		CHECK(follow_next(&follower, &line) == 1 && line.length == should);
		CHECK(line.data[0] == (char)('a' + i) && line.data[should - 1] == line.data[0]);
		if (i == 2)
			CHECK(!follow_mark(&follower, &cursor));
	}
	CHECK(follow_next(&follower, &line) == 1 && head_text_is(line, "end"));
	CHECK(follower.cut_lines == 2);
	CHECK(follow_begin(&follower, &cursor) == 1);
	CHECK(follow_next(&follower, &line) == 1 && line.data[0] == 'd');
	end_world();
}

static void test_what_is_gone(void)
{
	begin_world();
	CHECK(begin_following() == 0);
	write_lines(path, 5);
	CHECK(deliver(2) == 2);
	follow_free(&follower);
	rotate();
	write_lines(path, 5);
	unlink(name(1, ""));
	delivered = 5; /* those that nobody can read any more */
	CHECK(!follow_init(&follower, path));
	CHECK(deliver(100) == 5 && follower.gaps == 1);
	end_world();
}

static void test_damaged_file(void)
{
	begin_world();
	write_lines(path, 2000);
	CHECK(deliver(100) == 100);
	rotate();
	compress_file(1);
	restart();
	CHECK(!truncate(name(1, ".gz"), 3000));
	written = 5000;
	write_lines(path, 2);
	CHECK(begin_following() == 1);
	while (deliver(1))
		if (delivered == 300)
			break;
	CHECK(delivered == 300 && follower.damaged_files == 0);
	for (struct head_text line; follow_next(&follower, &line) == 1;)
		delivered = 5002;
	CHECK(follower.damaged_files == 1);
	end_world();
}

/* A FIFO, a directory and a link are no logs; others have names of their own. */
static void test_other_files(void)
{
	begin_world();
	CHECK(!mkfifo(name(1, ""), 0600) && !symlink("/etc/passwd", name(2, "")));
	append_to("/tmp/test_log_shipper.other", "");
	write_lines(path, 1);
	CHECK(deliver(100) == 1);
	restart();
	write_lines(path, 1);
	CHECK(deliver(100) == 1 && delivered == 2);
	unlink("/tmp/test_log_shipper.other");
	end_world();
}

static void test_lag(void)
{
	begin_world();
	write_lines(path, 9); /* 7 bytes a line */
	CHECK(deliver(4) == 4);
	CHECK(follow_lag(&follower, &cursor) == 35);
	rotate();
	write_lines(path, 1);
	CHECK(follow_lag(&follower, &cursor) == 35 + 8);
	CHECK(deliver(100) == 6 && follow_lag(&follower, &cursor) == 0);
	end_world();
}

static void step(struct chance *c, bool *is_renamed)
{
	unsigned int what = chance(c, 10);

	if (what < 4) {
		write_lines(path, chance(c, 40));
		*is_renamed = false;
	} else if (what < 7) {
		deliver(chance(c, 60));
	} else if (what == 7 && !*is_renamed) {
		rotate();
		*is_renamed = true; /* until something is written, there is no log to rotate */
	} else if (what == 8) {
		compress_file(2 + chance(c, 3));
	} else {
		restart();
	}
}

/* At any order of what happens, all lines come once and in order, and there is no gap. */
static void test_random_lives(void)
{
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		struct chance c = chance_of_seed(seed);
		bool is_renamed = false;

		begin_world();
		write_lines(path, 1);
		CHECK(begin_following() == 1);
		for (int i = 0; i < STEPS; i++)
			step(&c, &is_renamed);
		restart();
		while (deliver(1000))
			;
		if (delivered != written || follower.gaps || follower.damaged_files)
			printf("seed %u: %u of %u lines\n", seed, delivered, written);
		CHECK(delivered == written && !follower.gaps && !follower.damaged_files);
		end_world();
	}
}

int main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	test_rotation_by_renaming();
	test_restart_after_rotations();
	test_copy_and_truncate();
	test_unfinished_line();
	test_line_taken_back();
	test_long_lines();
	test_what_is_gone();
	test_damaged_file();
	test_other_files();
	test_lag();
	test_random_lives();
	CHECK(!rmdir(dir));
	return check_end();
}
