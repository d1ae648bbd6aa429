/* npm's json-rules-engine on the rules and posts that `earshot bench --export DIR` wrote: posts a second of the process's own time.
 *
 *   node rules_peer.js FOLDER-OF-NODE-MODULES DIR SECONDS
 *
 * A condition becomes the engine's nearest one; what Earshot found in a post (brands, words, intents, tags) is handed in as facts, so that
 * both only decide.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const [home, dir, seconds] = process.argv.slice(2);
const { Engine } = createRequire(path.join(home, 'package.json'))('json-rules-engine');
const { items } = JSON.parse(fs.readFileSync(path.join(dir, 'rules.json'), 'utf8'));
const posts = fs.readFileSync(path.join(dir, 'facts.ndjson'), 'utf8').split('\n').filter((line) => line.length > 0)
  .map((line) => JSON.parse(line));
const lists = new Map(items.filter((item) => item.list).map((item) => [item.list, item.items]));

const has = (fact, value) => ({ fact, operator: 'contains', value });
const hasAny = (fact, values) => ({ any: values.map((value) => has(fact, value)) });

function condition({ field, op, value, values }) {
  switch (`${field} ${op}`) {
  case 'brand is': case 'intent is': case 'post.tag is': return has(field, value);
  case 'intent one of': case 'text contains any of': return hasAny(field, values);
  case 'language one of': return { fact: field, operator: 'in', value: values };
  case 'sentiment below': return { fact: field, operator: 'lessThan', value };
  case 'sentiment at least': case 'author.followers at least':
    return { fact: field, operator: 'greaterThanInclusive', value };
  case 'author.verified is': return { fact: 'verified', operator: 'equal', value: true };
  case 'author.list is': return { fact: 'handle', operator: 'in', value: lists.get(value.list) };
  default: throw new Error(`no condition of json-rules-engine for '${field} ${op}'`);
  }
}

function convert(node) {
  if (node.all) return { all: node.all.map(convert) };
  if (node.any) return { any: node.any.map(convert) };
  if (node.not) return { not: convert(node.not) };
  return condition(node);
}

const engine = new Engine();
for (const item of items.filter((one) => one.rule)) {
  const when = convert(item.when);
  engine.addRule({ conditions: when.all || when.any ? when : { all: [when] }, event: { type: item.rule } });
}

(async () => {
  const began = process.cpuUsage();
  let done = 0;
  let fired = 0;
  let took = 0;
  do {
    fired += (await engine.run(posts[done % posts.length])).events.length;
    done++;
    const used = process.cpuUsage(began); /* microseconds */
    took = used.user + used.system;
  } while (took < Number(seconds) * 1e6);
  console.log(JSON.stringify({ posts_per_s: done * 1e6 / took, true_per_post: fired / done, posts: done }));
})();
