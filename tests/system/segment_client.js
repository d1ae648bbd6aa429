// Speaks to a server with Segment's own library: reads calls as JSON lines, prints what became of each.
const { Analytics } = require('@segment/analytics-node');
const readline = require('readline');

const [host, path, writeKey] = process.argv.slice(2);
const client = new Analytics({ writeKey, host, path, flushAt: 4, maxRetries: 0, flushInterval: 200 });

client.on('error', (error) => console.log(JSON.stringify({ error: String(error.reason ?? error.code ?? error) })));
client.on('http_request', (request) =>
  console.log(JSON.stringify({ request: { url: request.url, headers: Object.keys(request.headers), body: Object.keys(request.body) } })));

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { call, ...message } = JSON.parse(line);
    if (message.timestamp) message.timestamp = new Date(message.timestamp);
    client[call](message, (error, context) =>
      console.log(JSON.stringify({ call, messageId: context?.event?.messageId, failed: error ? String(error) : null })));
  }
  await client.closeAndFlush({ timeout: 10000 });
}

main();
