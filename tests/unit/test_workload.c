/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which cgroup on the way to the root names a workload: cgroups as systemd, docker, podman,
 * containerd, CRI-O and Kubernetes make them. */
#include "check.h"
#include "bpf_user.h"
#include "kernel_types.h"
#include "workload.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define DEPTH 64
#define TEXT  2048

#define NOBODY	  "(none)"
#define NOT_KNOWN "(unknown)"

static struct kernfs_node nodes[DEPTH];

/* The path's cgroups, root first. Returns the last one. */
static struct kernfs_node *cgroups(char *path)
{
	int n = 0;

	nodes[n++] = (struct kernfs_node){ .name = "" };
	for (char *name = strtok(path, "/"); name && n < DEPTH; name = strtok(NULL, "/")) {
		nodes[n] = (struct kernfs_node){ .parent = &nodes[n - 1], .name = name, .id = n };
		n++;
	}
	return &nodes[n - 1];
}

static const char *name_of(__u64 id)
{
	const struct workload *w = bpf_map_lookup_elem(&workloads, &id);

	if (id == WORKLOAD_NONE)
		return NOBODY;
	if (id == WORKLOAD_OVERFLOW)
		return NOT_KNOWN;
	return w ? w->name : "(not registered)";
}

static const char *workload_at(const char *path)
{
	static char text[TEXT];

	user_maps_reset();
	snprintf(text, sizeof(text), "%s", path);
	return name_of(workload_of_kernfs(cgroups(text)));
}

static void test_units(void)
{
	CHECK_STRING(workload_at("/"), NOBODY);
	CHECK_STRING(workload_at("/user.slice"), NOBODY);
	CHECK_STRING(workload_at("/system.slice/nginx.service"), "nginx.service");
	CHECK_STRING(workload_at("/system.slice/app@1.service/worker/deep"), "app@1.service");
	CHECK_STRING(workload_at("/user.slice/user-1000.slice/session-2.scope"), "session-2.scope");
	CHECK_STRING(workload_at("/user.slice/user@1000.service/app.slice/web.service"),
		     "web.service");
	CHECK_STRING(workload_at("/user.slice/user@1000.service/app.slice"), "user@1000.service");
	CHECK_STRING(workload_at("/a.service/b.slice/c.scope/d"), "c.scope");
	CHECK_STRING(workload_at("/service"), NOBODY);
	CHECK_STRING(workload_at("/.scope"), NOBODY); /* no name, hence no unit */
	CHECK_STRING(workload_at("/a.scope"), "a.scope");
	CHECK_STRING(workload_at("/a.services"), NOBODY);
	CHECK_STRING(workload_at("/a.scope.d"), NOBODY);
}

static void test_containers(void)
{
	CHECK_STRING(workload_at("/docker/" ID), ID);
	CHECK_STRING(workload_at("/docker/" ID "/sub"), ID);
	CHECK_STRING(workload_at("/system.slice/docker-" ID ".scope"), "docker-" ID ".scope");
	CHECK_STRING(workload_at("/kubepods/burstable/pod8a1c8d3e-31a7-4d62-9c8f-2f3a1c0d9e11/" ID),
		     ID);
	CHECK_STRING(
		workload_at("/kubepods.slice/kubepods-pod8a1c.slice/cri-containerd-" ID ".scope"),
		"cri-containerd-" ID ".scope");
	CHECK_STRING(workload_at("/kubepods/pod1/crio-" ID), "crio-" ID);
	CHECK_STRING(workload_at("/kubepods/pod1/crio-conmon-" ID), "crio-conmon-" ID);
	CHECK_STRING(workload_at("/kubepods.slice/crio-conmon-" ID ".scope"),
		     "crio-conmon-" ID ".scope");
	CHECK_STRING(workload_at("/libpod_parent/libpod-" ID), "libpod-" ID);
	CHECK_STRING(workload_at("/machine.slice/libpod-" ID ".scope/container"),
		     "libpod-" ID ".scope");
	CHECK_STRING(workload_at("/system.slice/containerd.service/cri-containerd-" ID),
		     "cri-containerd-" ID);
	CHECK_STRING(workload_at("/docker/" ID "/docker/" OTHER), OTHER); /* docker in docker */
}

static void test_no_container(void)
{
	CHECK_STRING(workload_at("/kubepods/burstable/pod8a1c8d3e-31a7-4d62-9c8f-2f3a1c0d9e11"),
		     NOBODY);
	CHECK_STRING(workload_at("/docker/0123456789abcdef"), NOBODY);
	CHECK_STRING(workload_at("/docker/123456789abcdef0123456789abcdef0123456789abcdef0123456789"
				 "abcdef"),
		     NOBODY); /* 63 */
	CHECK_STRING(workload_at("/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef012345678"
				 "9abcdef"),
		     NOBODY);
	CHECK_STRING(workload_at("/docker/g123456789abcdef0123456789abcdef0123456789abcdef012345678"
				 "9abcdef"),
		     NOBODY);
	CHECK_STRING(workload_at("/docker/0123456789abcdef0123456789abcdef0123456789abcdef012345678"
				 "9abcde\xe6"),
		     NOBODY);
	CHECK_STRING(workload_at("/docker/" ID ".mount"), NOBODY);
}

/* A manager's own scope, and podman's payload in a unit that started it. */
static void test_weak(void)
{
	CHECK_STRING(workload_at("/init.scope"), "init.scope");
	CHECK_STRING(workload_at("/user.slice/user@1000.service/init.scope"), "user@1000.service");
	CHECK_STRING(workload_at("/system.slice/docker-" ID ".scope/init.scope"),
		     "docker-" ID ".scope");
	CHECK_STRING(workload_at("/docker/" ID "/init.scope"), ID);
	CHECK_STRING(workload_at("/docker/" ID "/system.slice/nginx.service"), "nginx.service");
	CHECK_STRING(workload_at("/lxc/box/init.scope"), "init.scope");
	CHECK_STRING(workload_at("/system.slice/my-init.scope"), "my-init.scope");
	CHECK_STRING(workload_at("/system.slice/web.service/libpod-payload-" ID), "web.service");
	CHECK_STRING(workload_at("/podman/libpod-payload-" ID), "libpod-payload-" ID);
	CHECK_STRING(workload_at("/podman/libpod-payload-" ID "/init.scope"), "init.scope");
}

/* What cannot be read whole is unknown: not another's name, and not the unit's above. */
static void test_unreadable(void)
{
	char path[TEXT], name[256];

	memset(name, 'a', sizeof(name));
	snprintf(path, sizeof(path), "/x.service/%.118s.service", name);
	CHECK_STRING(workload_at(path), strrchr(path, '/') + 1); /* 126 */
	snprintf(path, sizeof(path), "/x.service/%.119s.service", name);
	CHECK_STRING(workload_at(path), NOT_KNOWN);
	snprintf(path, sizeof(path), "/x.service/%.200s.service", name);
	CHECK_STRING(workload_at(path), NOT_KNOWN);
	snprintf(path, sizeof(path), "/x.service/%.118s.serviced", name);
	CHECK_STRING(workload_at(path), NOT_KNOWN);
	nodes[1].name = NULL;
	CHECK_STRING(name_of(workload_of_kernfs(&nodes[1])), NOT_KNOWN);
}

static void test_depth(void)
{
	char path[TEXT] = "/kind.scope";

	for (int i = 0; i < CGROUP_DEPTH_MAX - 1; i++)
		strcat(path, "/a");
	CHECK_STRING(workload_at(path), "kind.scope");
	strcat(path, "/a");
	CHECK_STRING(workload_at(path), NOT_KNOWN);
}

static void test_ids(void)
{
	struct workload a = { "a.service" }, b = { "b.service" };

	CHECK(workload_id(&a) == workload_id(&a) && workload_id(&a) != workload_id(&b));
	CHECK(workload_id(&a) > SERIES_OVERFLOW);
	user_map_named("workloads")->full = 1;
	CHECK_STRING(name_of(workload_of_kernfs(&(struct kernfs_node){ .name = "c.service" })),
		     NOT_KNOWN);
}

int main(void)
{
	test_units();
	test_containers();
	test_no_container();
	test_weak();
	test_unreadable();
	test_depth();
	test_ids();
	user_maps_reset();
	return check_end();
}
