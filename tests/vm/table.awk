# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The kernel matrix out of the guests' logs, oldest kernel first, in Markdown. POSIX awk.

/^kernel / { kernel = $2; kernels[++n] = kernel; next }
/^[a-z_]+\.bpf\.o [a-z0-9_]+ [0-9]+ [0-9]+/ {
	program = substr($1, 1, index($1, ".") - 1) ": " $2
	if (!(program in seen)) {
		seen[program] = 1
		programs[++m] = program
	}
	instructions[kernel, program] = $3
	loaded[kernel]++
	next
}
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped/ { passed[kernel] += $1; failed[kernel] += $3; skipped[kernel] += $5; next }
/^ok / { passed[kernel]++ }
/^not ok / { failed[kernel]++ }

function row(name, values) {
	printf "| %s", name
	for (i = 1; i <= n; i++)
		printf " | %s", kernels[i] in values ? values[kernels[i]] : 0
	print " |"
}

END {
	printf "|"
	for (i = 1; i <= n; i++)
		printf " | %s", kernels[i]
	print " |"
	printf "| ---"
	for (i = 1; i <= n; i++)
		printf " | ---:"
	print " |"
	row("programs loaded", loaded)
	row("tests passed", passed)
	row("tests failed", failed)
	row("tests skipped", skipped)
	for (j = 1; j <= m; j++) {
		for (i = 1; i <= n; i++)
			values[kernels[i]] = (kernels[i], programs[j]) in instructions ? instructions[kernels[i], programs[j]] : "-"
		row("`" programs[j] "`", values)
	}
}
