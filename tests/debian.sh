#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# This machine's Debian: its release, the archive that it comes from and the key of that. Sourced by scripts that make others of it.
# shellcheck disable=SC2034 # the scripts use them

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

# The first of apt's archives that has the release itself
# shellcheck disable=SC2016 # apt's variables
mirror() {
	apt-get indextargets --format '$(SITE) $(RELEASE) $(CREATED_BY)' |
		awk -v suite="$suite" '$2 == suite && $3 == "Packages" { print $1; exit }'
}
