// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Connections that live long, with one call after the other on each, and a pause between. Some values stay the same for some
// calls, others are new in each, so that what a table held is soon sent anew. x-turn is left out long enough for its name to
// leave the table too: a new value refers to the name of the one before. At SIGTERM no more calls are made. Prints each call in
// the tests' form (lib_http2.sh), and when it began and ended, in milliseconds.
// steady_client.js PORT CONNECTIONS PAUSE: in milliseconds, on average
"use strict";
const http2 = require("http2");

const [port, connections, pause] = process.argv.slice(2, 5).map(Number);
const statuses = [200, 200, 204, 302, 404, 503];
let made = 0, stopped = false;

function headersOf(connection, call, path) {
	const headers = {
		":method": "GET", ":path": path, ":authority": `host-${connection % 7}.test`,
		"user-agent": `agent-${connection}-${Math.floor(call / 50)}`,
		"accept-language": "f".repeat(50 + ((call * 37) % 150)) + made,
	};

	if ((call >> 5) & 1)
		headers["x-turn"] = `turn-${made}`;
	return headers;
}

function call(session, connection, number) {
	if (stopped)
		return session.close();
	const path = number % 3 ? `/s/${statuses[number % statuses.length]}?n=${++made}` : `/f/small?n=${++made}`;
	const headers = headersOf(connection, number, path), began = Date.now();
	const stream = session.request(headers);
	let status = 0, sent = 0;

	stream.on("response", (response) => (status = response[":status"]));
	stream.on("data", (chunk) => (sent += chunk.length));
	stream.on("error", (error) => console.error(`${path}: ${error}`));
	stream.on("close", () => {
		process.stdout.write(`- HTTP/2 GET ${path} ${status} 0 ${sent} "${headers["user-agent"]}" ` +
			`"${headers[":authority"]}" "${headers["x-turn"] || "-"}" ${began} ${Date.now()}\n`);
		setTimeout(call, Math.random() * pause * 2, session, connection, number + 1);
	});
}

for (let i = 0; i < connections; i++)
	call(http2.connect(`http://127.0.0.1:${port}`), i, i);
process.on("SIGTERM", () => (stopped = true));
