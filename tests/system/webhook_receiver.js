// Takes webhooks and has each one verified by the reference library; one JSON object a line says what came.
//   node webhook_receiver.js PORT SECRET
// POST /script with a JSON list such as [503, [429, 2], 204]: the answers to come, with Retry-After; then 204.
// What does not verify is answered with 401.
"use strict";
const http = require("http");
const { Webhook } = require("standardwebhooks");
const [port, secret] = process.argv.slice(2);
const hook = new Webhook(secret);
let script = [];

function tell(event, more) {
	process.stdout.write(JSON.stringify({ event, ...more }) + "\n");
}

function verify(body, headers) {
	try {
		return { verified: true, body: hook.verify(body, headers) };
	} catch (error) {
		return { verified: false, why: error.message };
	}
}

const server = http.createServer((request, response) => {
	const chunks = [];
	request.on("data", (chunk) => chunks.push(chunk));
	request.on("end", () => {
		const body = Buffer.concat(chunks).toString("utf8");
		if (request.url === "/script") {
			script = JSON.parse(body);
			return response.writeHead(204).end();
		}
		const found = verify(body, request.headers);
		const next = found.verified ? [script.shift() ?? 204].flat() : [401];
		tell("hook", {
			...found, status: next[0], id: request.headers["webhook-id"], timestamp: request.headers["webhook-timestamp"],
			signature: request.headers["webhook-signature"], type: request.headers["content-type"], at: Date.now(),
		});
		if (next[0] === 0)
			return request.socket.destroy();
		response.writeHead(next[0], next.length > 1 ? { "Retry-After": String(next[1]) } : {}).end();
	});
});
server.listen(Number(port), "127.0.0.1", () => tell("listening", {}));
process.on("SIGTERM", () => process.exit(0));
