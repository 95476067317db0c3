# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Counts the tests in what one test printed (see run.sh): "passed failed skipped". POSIX awk.

{ gsub(/\033\[[0-9;]*m/, "") }
function close_test() {
	if (name == "")
		return
	if (bad)
		failed++
	else if (skip)
		skipped++
	else
		passed++
	name = ""
	bad = skip = 0
}
/^test[A-Za-z0-9_]*$/ { close_test(); name = $0; functions++; next }
/^(ASSERT:|shunit2:ERROR)/ { if (name != "") bad = 1; else loose = 1 }
/^SKIP: / { skip = said_skip = 1 }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { lines++; passed += $1; failed += $3; skipped += $5; next }
/^not ok( |$)/ { lines++; failed++; next }
/^ok( |$)/ { lines++; if (/# SKIP/) skipped++; else passed++; next }
/^Ran [0-9]+ tests?\./ { ran = $2; close_test(); next }
/^FAILED/ { said_failed = 1 }
/skipped=[0-9]+/ { asserts_skipped = 1 }
END {
	if (is_shunit && !functions && status == 0 && said_skip) { # as a whole
		skipped++
	} else if (is_shunit || functions) {
		if (ran == "") { # died in the middle
			bad = 1
			if (name == "")
				name = "end"
			close_test()
		} else if ((status || said_failed || loose) && !failed)
			failed++
		if (asserts_skipped && !skipped && passed) {
			passed--
			skipped++
		}
	} else if (lines) {
		if (status && !failed)
			failed++
	} else if (status == 77 || (status == 0 && said_skip))
		skipped++
	else if (status)
		failed++
	else
		passed++
	print passed + 0, failed + 0, skipped + 0
}