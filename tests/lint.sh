#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# "make lint": format of C, shell scripts, what cppcheck finds, and whether Prometheus's and Grafana's files can be read. Runs
# all, fails if any does.
set -eu

cd "$(dirname "$0")/.."
status=0

sources() { # find(1) expression
	find . \( -path ./build -o -path ./run -o -path ./.git \) -prune -o -type f \( "$@" \) -print
}

mkdir -p build
sources -name '*.c' -o -name '*.h' >build/lint.files
echo "clang-format: $(wc -l <build/lint.files) files"
if [ -s build/lint.files ]; then
	xargs clang-format --dry-run -Werror <build/lint.files || status=1
fi

sources -name '*.sh' -o -path './.ci/run' -o -path './completions/*' -o -name '*.prerm' -o -name '*.postrm' >build/lint.files
echo "shellcheck: $(wc -l <build/lint.files) files"
xargs shellcheck <build/lint.files || status=1

# Headers too, each by itself; missing system headers are no finding.
echo "cppcheck: collectors/ tools/"
cppcheck --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -q --std=c11 \
	-D_GNU_SOURCE -DMESHTAP_VERSION='"0"' -Ibpf -Icollectors/shared collectors/ tools/ || status=1

# Every key once: the later of two would win silently.
echo "JSON and YAML: conf/, tests/prometheus/"
python3 tests/prometheus/check_syntax.py conf/grafana/*.json conf/prometheus/*.yml tests/prometheus/*.yml || status=1
promtool check rules conf/prometheus/*.rules.yml >build/lint.files || {
	cat build/lint.files
	status=1
}

rm -f build/lint.files
[ "$status" = 0 ] || echo "lint: findings above" >&2
exit "$status"
