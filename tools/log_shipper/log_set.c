/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_of(const char *name, const char *base)
{
	size_t length = strlen(base);

	if (strncmp(name, base, length))
		return false;
	return !name[length] || name[length] == '.' || name[length] == '-';
}

static int add(struct log_set *s, const char *name, const struct stat *st)
{
	struct log_entry *entries = reallocarray(s->entries, s->count + 1, sizeof(s->entries[0]));
	char *copy = strdup(name);

	if (entries)
		s->entries = entries;
	if (!entries || !copy) {
		free(copy);
		return -ENOMEM;
	}
	entries[s->count++] = (struct log_entry){
		.name = copy,
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = st->st_size,
		.modified = st->st_mtim,
	};
	return 0;
}

static int read_dir(struct log_set *s, DIR *dir, const char *base)
{
	struct dirent *d;
	struct stat st;
	int r = 0;

	while (!r && (d = readdir(dir)))
		if (is_of(d->d_name, base) &&
		    !fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode))
			r = add(s, d->d_name, &st);
	return r;
}

/* "access.log" is newer than "access.log.1", "access.log-20260102" than "access.log-20260101". */
static int compare_names(const char *a, const char *b)
{
	const char *dot_a = strpbrk(a, "0123456789"), *dot_b = strpbrk(b, "0123456789");

	if (!dot_a || !dot_b)
		return (dot_b != NULL) - (dot_a != NULL);
	if (dot_a > a && dot_a[-1] == '.')
		return strverscmp(b, a);
	return strverscmp(a, b);
}

/* Names decide where the clock's tick does not. */
static int compare(const void *a, const void *b)
{
	const struct log_entry *x = a, *y = b;

	if (x->modified.tv_sec != y->modified.tv_sec)
		return x->modified.tv_sec < y->modified.tv_sec ? -1 : 1;
	if (x->modified.tv_nsec != y->modified.tv_nsec)
		return x->modified.tv_nsec < y->modified.tv_nsec ? -1 : 1;
	return compare_names(x->name, y->name);
}

static bool has_original(const struct log_set *s, const char *name)
{
	size_t length = strlen(name);

	if (length < 3 || strcmp(name + length - 3, ".gz"))
		return false;
	for (size_t i = 0; i < s->count; i++)
		if (strlen(s->entries[i].name) == length - 3 &&
		    !memcmp(s->entries[i].name, name, length - 3))
			return true;
	return false;
}

/* A file that is being compressed is there twice. */
static void remove_copies(struct log_set *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (has_original(s, s->entries[i].name)) {
			free(s->entries[i].name);
			s->entries[i].name = "";
		}
	}
	for (size_t i = 0; i < s->count; i++)
		if (*s->entries[i].name)
			s->entries[kept++] = s->entries[i];
	s->count = kept;
}

static int read_once(struct log_set *ret, const char *dir, const char *base)
{
	struct log_set s = { 0 };
	DIR *d = opendir(dir);
	int r;

	if (!d)
		return -errno;
	r = read_dir(&s, d, base);
	closedir(d);
	if (r) {
		log_set_free(&s);
		return r;
	}
	remove_copies(&s);
	if (s.count)
		qsort(s.entries, s.count, sizeof(s.entries[0]), compare);
	*ret = s;
	return 0;
}

static bool is_same(const struct log_set *a, const struct log_set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->entries[i].name, b->entries[i].name) ||
		    a->entries[i].inode != b->entries[i].inode ||
		    a->entries[i].device != b->entries[i].device)
			return false;
	return true;
}

int log_set_read(struct log_set *ret, const char *dir, const char *base)
{
	struct log_set first, second;
	int r = read_once(&first, dir, base);

	if (r)
		return r;
	r = read_once(&second, dir, base);
	if (!r && !is_same(&first, &second)) {
		log_set_free(&second);
		r = -EAGAIN;
	}
	log_set_free(&first);
	if (!r)
		*ret = second;
	return r;
}

void log_set_free(struct log_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->entries[i].name);
	free(s->entries);
	*s = (struct log_set){ 0 };
}
