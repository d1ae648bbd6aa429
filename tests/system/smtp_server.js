// A mail server that wants STARTTLS and a login; one JSON object a line says what it was told.
//   node smtp_server.js PORT CERT KEY USER PASSWORD
"use strict";
const fs = require("fs");
const { SMTPServer } = require("smtp-server");
const [port, cert, key, user, password] = process.argv.slice(2);

function tell(event, more) {
	process.stdout.write(JSON.stringify({ event, ...more }) + "\n");
}

const server = new SMTPServer({
	cert: fs.readFileSync(cert),
	key: fs.readFileSync(key),
	authMethods: ["PLAIN", "LOGIN"],
	logger: false,
	onAuth(auth, session, done) {
		const isGood = auth.username === user && auth.password === password;
		tell("login", { user: auth.username, good: isGood, secure: session.secure });
		if (isGood)
			return done(null, { user: auth.username });
		const refusal = new Error("5.7.8 authentication failed");
		refusal.responseCode = 535;
		return done(refusal);
	},
	onRcptTo(address, session, done) {
		tell("recipient", { address: address.address });
		if (!address.address.startsWith("nobody"))
			return done();
		const refusal = new Error("no such user here");
		refusal.responseCode = 550;
		return done(refusal);
	},
	onData(stream, session, done) {
		const chunks = [];
		stream.on("data", (chunk) => chunks.push(chunk));
		stream.on("end", () => {
			tell("mail", { secure: session.secure, text: Buffer.concat(chunks).toString("utf8") });
			done(null, "taken");
		});
	},
});
server.on("error", (error) => tell("error", { text: error.message }));
server.listen(Number(port), "127.0.0.1", () => tell("listening", {}));
process.on("SIGTERM", () => process.exit(0));
