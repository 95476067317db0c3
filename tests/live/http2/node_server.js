// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A server of HTTP/2 without TLS that logs each request in the tests' form (lib_http2.sh) when its stream has closed.
// node_server.js PORT LOG: says "ready" when it listens
// Answers /s/STATUS, /f/NAME (bytes: small 1000, medium 20000, large 1000000) and uploads to /put/.
"use strict";
const fs = require("fs");
const http2 = require("http2");

const log = fs.createWriteStream(process.argv[3], { flags: "a" });
const filler = "#".repeat(100); // the table turns over
const files = { small: 1000, medium: 20000, large: 1000000 };

function answer(path) {
	const [, kind, what] = path.split("?")[0].split("/");
	if (kind === "s")
		return { status: Number(what), size: what === "204" || what === "304" ? 0 : 3 };
	if (kind === "f" && files[what])
		return { status: 200, size: files[what] };
	if (kind === "put")
		return { status: 201, size: 0 };
	return { status: 404, size: 10 };
}

function write(stream, headers, status, received, sent) {
	log.write(`- HTTP/2 ${headers[":method"]} ${headers[":path"]} ${status} ${received} ${sent} ` +
		`"${headers["user-agent"] || "-"}" "${headers[":authority"]}" "${headers["x-turn"] || "-"}"\n`);
}

const server = http2.createServer({ maxSessionMemory: 1000, settings: { maxConcurrentStreams: 256 } });
server.on("stream", (stream, headers) => {
	const { status, size } = answer(headers[":path"]);
	const isHead = headers[":method"] === "HEAD";
	let received = 0;

	stream.on("error", () => {});
	stream.on("data", (chunk) => (received += chunk.length));
	stream.on("end", () => {
		stream.respond({ ":status": status, "x-served-by": "node", "content-location": headers[":path"] + filler },
			{ endStream: size === 0 });
		if (size !== 0)
			stream.end(isHead ? undefined : Buffer.alloc(size, "x"));
	});
	stream.on("close", () => write(stream, headers, status, received, isHead ? 0 : size));
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
process.on("SIGTERM", () => process.exit(0));
