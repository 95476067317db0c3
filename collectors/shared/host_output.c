// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host_child.h"
#include "host_look.h"
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct output {
	const char *path;
	int mode; /* of access() */
	bool drops_privileges;
};

static int try_access(const void *argument)
{
	const struct output *o = argument;
	int r = o->drops_privileges ? privileges_drop() : 0;

	if (!r && faccessat(AT_FDCWD, o->path, o->mode, AT_EACCESS))
		r = -errno;
	return -r;
}

/* Returns 0 or an errno. */
static int ask(const char *path, int mode, bool drops_privileges)
{
	struct output o = { path, mode, drops_privileges };

	return host_child(try_access, &o);
}

static const char *remedy(int error, const char *for_absent)
{
	if (error == ENOENT)
		return for_absent;
	if (error == EROFS)
		return "systemd ReadWritePaths=, or a container's volume without :ro";
	return "give it to the user that the collector runs as; services drop root's capabilities";
}

void look_at_textfile_dir(struct host_features *f, const struct host_needs *needs)
{
	const char *dir = needs->textfile_dir;
	int error = ask(dir, W_OK | X_OK, needs->is_service);

	if (error)
		feature_add(f, FEATURE_MISSING, "textfile directory",
			    remedy(error, "make it, or name node_exporter's: --textfile-dir, "
					  "textfile_dir in meshtap.ini"),
			    "cannot write to %.150s: %s", dir, strerror(error));
	else
		feature_add(f, FEATURE_OK, "textfile directory", "", "%.200s", dir);
}

/* The directory of path. */
static void directory(char ret[PATH_MAX], const char *path)
{
	char *slash;

	snprintf(ret, PATH_MAX, "%s", path);
	slash = strrchr(ret, '/');
	if (slash)
		slash[slash == ret] = '\0';
	else
		strcpy(ret, ".");
}

void look_at_log_file(struct host_features *f, const struct host_needs *needs)
{
	const char *path = needs->log_file;
	char dir[PATH_MAX];
	int error, error_of_file = ask(path, W_OK, needs->is_service);

	directory(dir, path);
	error = ask(dir, W_OK | X_OK, needs->is_service);
	if (error_of_file && error_of_file != ENOENT)
		feature_add(f, FEATURE_MISSING, "log file", remedy(error_of_file, ""),
			    "cannot write to %.150s: %s", path, strerror(error_of_file));
	else if (error_of_file && error)
		feature_add(f, FEATURE_MISSING, "log file",
			    remedy(error, "make it, or name another: --log-file, log_file in "
					  "meshtap.ini"),
			    "cannot write to %.150s: %s", dir, strerror(error));
	else if (error)
		feature_add(f, FEATURE_LIMITED, "log file", remedy(error, ""),
			    "%.100s cannot be made anew after a rotation: %s", path,
			    strerror(error));
	else
		feature_add(f, FEATURE_OK, "log file", "", "%.200s", path);
}
