// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "prom_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_temporary(struct prom_file *f, const char *dir, const char *name)
{
	int n = snprintf(f->path, sizeof(f->path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(f->path))
		return -ENAMETOOLONG;
	n = snprintf(f->temporary, sizeof(f->temporary), "%s/.%s.XXXXXX", dir, name);
	if (n < 0 || (size_t)n >= sizeof(f->temporary))
		return -ENAMETOOLONG;
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	return f->fd < 0 ? -errno : 0;
}

int prom_file_begin(struct prom_file *f, const char *dir, const char *name)
{
	f->text = (struct prom_text){ .fd = &f->fd };
	f->is_stdout = !dir;
	f->fd = STDOUT_FILENO;
	return dir ? open_temporary(f, dir, name) : 0;
}

/* node_exporter rejects a file whose last line is not ended. */
static int finish_text(struct prom_text *t)
{
	if (!t->error && t->length && t->data[t->length - 1] != '\n')
		t->error = -EINVAL;
	return prom_text_flush(t);
}

/* Closes the descriptor in any case. */
static int make_durable(int fd)
{
	int err = 0;

	if (fchmod(fd, 0644) || fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int prom_file_end(struct prom_file *f)
{
	int err = finish_text(&f->text);

	prom_text_free(&f->text);
	if (f->is_stdout)
		return err;
	if (err)
		close(f->fd);
	else
		err = make_durable(f->fd);
	if (!err && rename(f->temporary, f->path))
		err = -errno;
	if (err)
		unlink(f->temporary);
	return err;
}
