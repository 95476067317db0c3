#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The parsers that the live tests check the access log with accept good lines, and refuse bad ones.
set -u

cd "$(dirname "$0")/live/log" || exit 1
export PYTHONDONTWRITEBYTECODE=1
status=0
for checker in check_text.py check_json.py; do
	python3 "$checker" --self-test || status=1
done
exit "$status"
