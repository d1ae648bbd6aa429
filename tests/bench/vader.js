/* npm's vader-sentiment on the texts of a file, one a line: texts a second of the process's own time, the best of some turns.
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

const turns = 8;
const now = () => {
  const used = process.cpuUsage(); /* microseconds */
  return used.user + used.system;
};

let sum = 0;
let done = 0;
for (; done < 1000; done++) /* for node's compiler to warm up */
  sum += score(done);
let best = 0;
for (let turn = 0; turn < turns; turn++) {
  const began = now();
  const before = done;
  let took = 0;
  do {
    for (let k = 0; k < 64; k++)
      sum += score(done++);
    took = now() - began;
  } while (took < Number(seconds) * 1e6 / turns);
  best = Math.max(best, (done - before) * 1e6 / took);
}
console.log(JSON.stringify({ texts_per_s: Math.round(best), sum }));
