-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- wrk ... -- [ROUND [fast]]: no two requests have the same path, also of several rounds.
local threads = 0

function setup(thread)
	thread:set("id", threads)
	threads = threads + 1
end

local n, begin, pause = 0, "", 1

function init(args)
	begin = "/" .. (args[1] or 0) .. "-" .. id .. "-"
	pause = args[2] == "fast" and 0 or 1
end

function request()
	n = n + 1
	return wrk.format("GET", begin .. n)
end

-- As fast as it goes, two cores cannot also compress and write the log: the ring could overflow.
function delay()
	return pause
end
