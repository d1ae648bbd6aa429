/* npm's vader-sentiment on the texts of a file, one a line: texts a second.
 *
 *   node vader.js FOLDER-OF-NODE-MODULES FILE SECONDS
 */
'use strict';

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const [home, file, seconds] = process.argv.slice(2);
const { SentimentIntensityAnalyzer } = createRequire(path.join(home, 'package.json'))('vader-sentiment');
const texts = fs.readFileSync(file, 'utf8').split('\n').filter((line) => line.length > 0);
const score = (n) => SentimentIntensityAnalyzer.polarity_scores(texts[n % texts.length]).compound;

let sum = 0;
for (let n = 0; n < 1000; n++) /* for the compiler of node to warm up */
  sum += score(n);
const began = process.hrtime.bigint();
const until = began + BigInt(Math.round(Number(seconds) * 1e9));
let done = 0;
let now = began;
while (now < until) {
  for (let k = 0; k < 64; k++)
    sum += score(done++);
  now = process.hrtime.bigint();
}
console.log(JSON.stringify({ texts_per_s: Math.round(done * 1e9 / Number(now - began)), sum }));
