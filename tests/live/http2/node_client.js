// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A client of HTTP/2 whose header fields vary, so that the dynamic tables of both directions turn over. Prints each
// request in the tests' form (lib_http2.sh), with what it sent and received itself. No path comes twice.
// node_client.js ADDRESS PORT REQUESTS CONNECTIONS STREAMS SEED SERVER
//   STREAMS: in flight on each connection
//   SERVER: nginx, nghttpd, node, or haproxy (2.6 stalls on many uploads); what they can be asked for differs
"use strict";
const http2 = require("http2");

const address = process.argv[2], server = process.argv[8];
const [port, requests, connections, streams, seed] = process.argv.slice(3, 8).map(Number);
const statuses = [200, 204, 302, 304, 404, 500, 503];
let random = seed, made = 0, lines = [];

// Lehmer's generator: the same seed makes the same requests.
function below(n) {
	random = (random * 48271) % 2147483647;
	return random % n;
}

function next(n) {
	const dice = below(100);

	if (dice < 2)
		return { method: "GET", path: `/f/large?n=${n}` };
	if (dice < 10)
		return { method: "GET", path: `/f/medium?n=${n}` };
	if (dice < 20)
		return { method: "HEAD", path: `/f/medium?n=${n}` };
	if (dice < 30)
		return { method: "GET", path: `/missing/${below(50)}?n=${n}` };
	if (dice < 40 && server !== "haproxy")
		return { method: server === "nginx" ? "PUT" : "POST", size: 1 + below(dice < 31 ? 100000 : 2000),
			path: server === "nghttpd" ? `/f/small?n=${n}` : `/put/${n}` };
	if (dice < 80 && server !== "nghttpd")
		return { method: "GET", path: `/s/${statuses[below(statuses.length)]}?n=${n}` };
	return { method: "GET", path: `/f/small?n=${n}` };
}

function print(line) {
	lines.push(line);
	if (lines.length >= 1000)
		flush();
}

function flush() {
	if (lines.length)
		process.stdout.write(lines.join("\n") + "\n");
	lines = [];
}

function fail(why) {
	console.error(why);
	process.exitCode = 1;
}

function headersOf(request, n) {
	const headers = {
		":method": request.method, ":path": request.path, ":authority": `host-${n % 7}.test`,
		"user-agent": `agent-${below(300)}`, "x-turn": `turn-${n}`,
	};

	for (let i = below(4); i > 0; i--)
		headers[`x-filler-${i}`] = "f".repeat(below(200));
	if (request.size)
		headers["content-length"] = request.size;
	return headers;
}

function request(session, done) {
	const n = made++, what = next(n), headers = headersOf(what, n);
	const stream = session.request(headers, { endStream: !what.size });
	let status = 0, sent = 0;

	stream.on("response", (response) => (status = response[":status"]));
	stream.on("data", (chunk) => (sent += chunk.length));
	stream.on("error", (error) => fail(`${n}: ${error}`));
	stream.on("close", () => {
		print(`- HTTP/2 ${what.method} ${what.path} ${status} ${what.size || 0} ${sent} ` +
			`"${headers["user-agent"]}" "${headers[":authority"]}" "${headers["x-turn"]}"`);
		done();
	});
	if (what.size)
		stream.end(Buffer.alloc(what.size, "u"));
}

function connect() {
	const session = http2.connect(`http://${address}:${port}`);
	let open = 0;

	session.on("error", (error) => fail(`connection: ${error}`));
	const more = () => {
		open--;
		if (made < requests) {
			open++;
			request(session, more);
		} else if (open === 0) {
			session.close();
		}
	};
	for (open = 0; open < streams && made < requests; open++)
		request(session, more);
	if (!open)
		session.close();
}

for (let i = 0; i < connections; i++)
	connect();
process.on("exit", flush);
