// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// node_server.js PORT: files from the working directory
"use strict";
const fs = require("fs");
const http = require("http");

function serve(request, response) {
	const name = request.url.split("?")[0].split("/").pop();

	if (request.method === "POST") {
		const length = request.headers["content-length"];

		if (length !== undefined)
			response.setHeader("Content-Length", length);
		request.pipe(response); // chunked as the request is
	} else if (!fs.existsSync(name)) {
		response.writeHead(404, { "Content-Length": 3 }).end("no\n");
	} else {
		if (!request.url.startsWith("/chunked/"))
			response.setHeader("Content-Length", fs.statSync(name).size);
		if (request.method === "HEAD")
			response.end();
		else
			fs.createReadStream(name).pipe(response);
	}
}

http.createServer(serve).listen(Number(process.argv[2]), () => console.log("ready"));
