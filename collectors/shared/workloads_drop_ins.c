// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_drop_ins.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIR_NAME "workloads.d"
#define SUFFIX	 ".ini"

void drop_ins_dir(char ret[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');
	int length = slash ? slash - path + 1 : 0;

	if (snprintf(ret, PATH_MAX, "%.*s" DIR_NAME, length, path) >= PATH_MAX)
		ret[0] = '\0'; /* no directory has this name */
}

static int is_drop_in(const struct dirent *d)
{
	size_t length = strlen(d->d_name), suffix = strlen(SUFFIX);

	return d->d_name[0] != '.' && length > suffix &&
	       !strcmp(d->d_name + length - suffix, SUFFIX);
}

/* alphasort() would ask the locale */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_path(struct text_list *ret, const char *dir, const char *name)
{
	char *path;
	int err;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	err = text_list_add(ret, path, strlen(path));
	free(path);
	return err;
}

int drop_ins_list(struct text_list *ret, const char *dir)
{
	struct dirent **found;
	int n = scandir(dir, &found, is_drop_in, compare_names), err = 0;

	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		if (!err)
			err = add_path(ret, dir, found[i]->d_name);
		free(found[i]);
	}
	free(found);
	return err;
}
