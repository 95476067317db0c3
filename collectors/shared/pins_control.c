// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pins_control.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Returns the mapped control page of a control map, or NULL with errno set. */
static struct control *control_map(int fd)
{
	void *p = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int pins_control_read(const struct pins *pins, struct control *ret)
{
	__u32 zero = 0, size = sizeof(struct bpf_map_info);
	struct bpf_map_info info = {};
	int fd = pins_get(pins, "control"), r = 0;

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		r = -errno;
	else if (info.value_size != sizeof(*ret))
		memset(ret, 0xff, sizeof(*ret)); /* another version's: its layout cannot be ours */
	else if (bpf_map_lookup_elem(fd, &zero, ret))
		r = -errno;
	close(fd);
	return r;
}

int pins_control_switch(const struct pins *pins, const struct bpf_object *obj, unsigned int links)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "control");
	struct control *control = map ? control_map(bpf_map__fd(map)) : NULL;

	if (!control)
		return map ? -errno : -ENOENT;
	__atomic_store_n(&control->known, 0, __ATOMIC_SEQ_CST); /* was said of the others */
	control->layout = pins->layout;
	control->links = links;
	__atomic_store_n(&control->generation, pins->generation, __ATOMIC_SEQ_CST);
	munmap(control, sizeof(*control));
	return 0;
}

void pins_control_note(const struct pins *pins, __u64 known)
{
	int fd = pins_get(pins, "control");
	struct control *control = fd < 0 ? NULL : control_map(fd);

	if (fd >= 0)
		close(fd);
	if (!control)
		return;
	__atomic_store_n(&control->known, known, __ATOMIC_SEQ_CST);
	munmap(control, sizeof(*control));
}
