// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pins.h"

#include "pins_control.h"
#include "pins_dir.h"
#include "pins_hash.h"
#include "pins_known.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A link that does not count yet is pinned as new_GENERATION_link_NAME: after a crash its name
 * alone says whether the control map already switched to it. (bpffs allows no dot in names.)
 */
#define LINK_PREFIX "link_"
#define NEW_PREFIX  "new_"
#define NEW_FORMAT  NEW_PREFIX "%016llx_"
#define NEW_LENGTH  (sizeof(NEW_PREFIX) - 1 + 16 + 1)

static int pin_path(char ret[PATH_MAX], const struct pins *pins, const char *prefix,
		    const char *name)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s%s", pins->dir, prefix, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int pins_open(struct pins *ret, const char *pin_dir, const char *section)
{
	struct pins p = { .lock = -1 };

	if (snprintf(p.dir, sizeof(p.dir), "%s/%s", pin_dir, section) >= (int)sizeof(p.dir))
		return -ENAMETOOLONG;
	do {
		int r = pins_dir_create(pin_dir);

		if (r)
			return r;
		if (mkdir(p.dir, 0700) && errno != EEXIST && errno != ENOENT)
			return -errno;
		p.lock = pins_dir_lock(p.dir);
	} while (p.lock == -EAGAIN || p.lock == -ENOENT);
	if (p.lock < 0)
		return p.lock;
	*ret = p;
	return 0;
}

void pins_close(struct pins *pins)
{
	if (pins->lock >= 0)
		close(pins->lock);
	pins->lock = -1;
}

int pins_get(const struct pins *pins, const char *name)
{
	char path[PATH_MAX];
	int r = pin_path(path, pins, "", name);

	if (r)
		return r;
	r = bpf_obj_get(path);
	return r < 0 ? -errno : r;
}

int pins_get_all(const struct pins *pins, const char *const *names, int *ret_fds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int r = pins_get(pins, names[i]);

		ret_fds[i] = r;
		if (r >= 0)
			continue;
		while (i--)
			close(ret_fds[i]);
		return r;
	}
	return 0;
}

/* Removes the pins whose name starts with prefix. */
static int remove_pins(const struct pins *pins, const char *prefix)
{
	struct dirent **list;
	int n = scandir(pins->dir, &list, NULL, NULL), r = 0;

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];
		const char *name = list[i]->d_name;

		if (starts_with(name, prefix) && strcmp(name, ".") && strcmp(name, "..") &&
		    !pin_path(path, pins, "", name) && unlink(path) && errno != ENOENT)
			r = -errno;
		free(list[i]);
	}
	free(list);
	return r;
}

/* Ends what a killed pins_commit() began; returns the number of links then pinned, or -errno. */
static int links_settle(const struct pins *pins, __u64 generation)
{
	char current[NEW_LENGTH + 1];
	struct dirent **list;
	int n = scandir(pins->dir, &list, NULL, alphasort), links = 0;

	if (n < 0)
		return -errno;
	snprintf(current, sizeof(current), NEW_FORMAT, (unsigned long long)generation);
	for (int i = 0; i < n; i++) { /* sorted: link_ before new_ */
		char from[PATH_MAX], to[PATH_MAX];
		const char *name = list[i]->d_name;

		if (starts_with(name, LINK_PREFIX)) {
			links++;
		} else if (starts_with(name, current) && !pin_path(from, pins, "", name) &&
			   !pin_path(to, pins, "", name + NEW_LENGTH)) {
			links += access(to, F_OK) != 0;
			rename(from, to);
		}
		free(list[i]);
	}
	free(list);
	remove_pins(pins, NEW_PREFIX);
	return links;
}

static int maps_are_pinned(const struct pins *pins, const struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		char path[PATH_MAX];

		if (bpf_map__is_internal(map))
			continue;
		if (pin_path(path, pins, "", bpf_map__name(map)) || access(path, F_OK))
			return 0;
	}
	return 1;
}

int pins_compare(struct pins *pins, struct bpf_object *obj, const void *elf, size_t size,
		 __u64 *ret_generation, enum pins_state *ret)
{
	struct control pinned = {};
	__u64 known = pins_known_now(pins); /* first: a pin that goes meanwhile is missed then */
	int r, links;

	pins->layout = pins_hash_layout(obj);
	pins->generation = pins_hash_programs(obj, elf, size);
	r = pins_control_read(pins, &pinned);
	if (r && r != -ENOENT)
		return r;
	links = links_settle(pins, pinned.generation);
	if (links < 0)
		return links;
	if (r == -ENOENT || !pinned.generation)
		pins->state =
			PINS_NONE; /* pins_commit() was killed before its switch, or never ran */
	else if (pinned.layout != pins->layout || !maps_are_pinned(pins, obj))
		pins->state = PINS_OLD_LAYOUT;
	else if (pinned.generation != pins->generation || pinned.links != (__u64)links)
		pins->state = PINS_OLD_PROGRAMS;
	else
		pins->state = PINS_CURRENT;
	/* Someone removed a link. The others must not count beside their equals that are loaded
	 * now. */
	if (pins->state == PINS_OLD_PROGRAMS && pinned.generation == pins->generation)
		remove_pins(pins, LINK_PREFIX);
	if (pins->state == PINS_CURRENT && known)
		pins_control_note(pins, known);
	*ret_generation = pins->generation;
	*ret = pins->state;
	return 0;
}

int pins_reuse_maps(const struct pins *pins, struct bpf_object *obj)
{
	struct bpf_map *map;

	if (pins->state != PINS_OLD_PROGRAMS)
		return 0;
	bpf_object__for_each_map (map, obj) {
		int fd, r;

		if (bpf_map__is_internal(map))
			continue;
		fd = pins_get(pins, bpf_map__name(map));
		if (fd < 0)
			return fd;
		r = bpf_map__reuse_fd(map, fd);
		close(fd);
		if (r)
			return r;
	}
	return 0;
}

static int pin_maps(const struct pins *pins, const struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		char path[PATH_MAX];
		int r;

		if (bpf_map__is_internal(map))
			continue;
		r = pin_path(path, pins, "", bpf_map__name(map));
		if (r)
			return r;
		if (bpf_obj_pin(bpf_map__fd(map), path))
			return -errno;
	}
	return 0;
}

static int pin_links(const struct pins *pins, struct bpf_link *const *links,
		     const char *const *names, unsigned int n)
{
	char prefix[NEW_LENGTH + sizeof(LINK_PREFIX)], path[PATH_MAX];

	snprintf(prefix, sizeof(prefix), NEW_FORMAT LINK_PREFIX,
		 (unsigned long long)pins->generation);
	for (unsigned int i = 0; i < n; i++) {
		int r = pin_path(path, pins, prefix, names[i]);

		if (r)
			return r;
		if (bpf_obj_pin(bpf_link__fd(links[i]), path))
			return -errno;
	}
	return 0;
}

int pins_commit(const struct pins *pins, struct bpf_object *obj, struct bpf_link *const *links,
		const char *const *names, unsigned int n)
{
	int anew = pins->state != PINS_OLD_PROGRAMS, r = 0;

	if (anew)
		r = remove_pins(pins, "");
	if (!r && anew)
		r = pin_maps(pins, obj);
	if (!r)
		r = pin_links(pins, links, names, n);
	if (!r)
		r = pins_control_switch(pins, obj, n);
	if (r) {
		remove_pins(pins, anew ? "" : NEW_PREFIX);
		return r;
	}
	remove_pins(pins, LINK_PREFIX);
	r = links_settle(pins, pins->generation);
	return r < 0 ? r : 0;
}

int pins_remove(const char *pin_dir, const char *section)
{
	struct pins p = { .lock = -1 };
	int r;

	if (snprintf(p.dir, sizeof(p.dir), "%s/%s", pin_dir, section) >= (int)sizeof(p.dir))
		return -ENAMETOOLONG;
	r = pins_dir_is_bpffs(pin_dir);
	if (r <= 0)
		return r == 0 || r == -ENOENT ? 0 : r; /* nothing can be pinned there */
	do {
		p.lock = pins_dir_lock(p.dir);
	} while (p.lock == -EAGAIN);
	if (p.lock < 0)
		return p.lock == -ENOENT ? 0 : p.lock;
	r = remove_pins(&p, LINK_PREFIX); /* first: what counts stops */
	if (!r)
		r = remove_pins(&p, "");
	if (!r && rmdir(p.dir))
		r = -errno;
	pins_close(&p);
	if (!r)
		rmdir(pin_dir); /* fails while other collectors are in it, as it should */
	return r;
}
