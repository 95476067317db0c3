#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs inside the guest, from the tree's top: every program is loaded, then the collectors watch traffic.
set -u

echo "kernel $(uname -r)"
ip link set lo up
set --
for skeleton in build/bpf/*.skel.h; do
	set -- "$@" "${skeleton%.skel.h}.bpf.o"
done
build/tests/verifier --max 250000 "$@" || exit 1
sh tests/vm/http.sh
