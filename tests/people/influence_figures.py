#!/usr/bin/env python3
"""How well the influence formula says whom people call the more influential, and what weights the pairs themselves would give.

    tests/people/influence_figures.py FOLDER [--earshot build/earshot]

FOLDER holds influence_pairs*.csv.gz: pairs of accounts with the columns Choice, A_follower_count, ... Each is measured with the program;
beside it stand formulas with weights fitted to the same pairs: followers alone, the logarithms of all eight counts, and the five parts of
ours that the file can show. They are fitted ten times on nine tenths of the pairs and measured on the tenth left out, and twenty times on
the pairs among one random half of the persons and measured on those among the other half.
"""
import argparse
import csv
import glob
import gzip
import json
import math
import os
import random
import subprocess

PARTS = ["reach", "standing", "draw", "company", "talk"]
COUNTS = ["follower_count", "following_count", "listed_count", "mentions_received", "retweets_received", "mentions_sent", "retweets_sent", "posts"]
PENALTY = 0.001  # ridge


def auc(truth, score):
    order = sorted(range(len(truth)), key=lambda i: score[i])
    ones, ranks, at = sum(truth), 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and score[order[end]] == score[order[at]]:
            end += 1
        ranks += sum(truth[i] for i in order[at:end]) * (at + end + 1) / 2
        at = end
    return (ranks - ones * (ones + 1) / 2) / (ones * (len(truth) - ones))


def solve(matrix):
    n = len(matrix)
    for i in range(n):
        for j in range(i + 1, n):
            share = matrix[j][i] / matrix[i][i]
            matrix[j] = [b - share * a for a, b in zip(matrix[i], matrix[j])]
    answer = [0.0] * n
    for i in reversed(range(n)):
        answer[i] = (matrix[i][n] - sum(matrix[i][j] * answer[j] for j in range(i + 1, n))) / matrix[i][i]
    return answer


def fit(rows, truth):
    """Logistic regression without a constant, so that swapping A and B swaps the answer."""
    n = len(rows[0])
    weights = [0.0] * n
    for _ in range(8):
        matrix = [[PENALTY * (i == j) for j in range(n)] + [-PENALTY * weights[i]] for i in range(n)]
        for row, is_a in zip(rows, truth):
            p = 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, row))))
            for i in range(n):
                matrix[i][n] += (is_a - p) * row[i]
                for j in range(n):
                    matrix[i][j] += p * (1 - p) * row[i] * row[j]
        weights = [w + d for w, d in zip(weights, solve(matrix))]
    return weights


def score(weights, rows):
    return [sum(w * x for w, x in zip(weights, row)) for row in rows]


def tenths(rows, truth):
    chance = random.Random(1)
    fold = [chance.randrange(10) for _ in rows]
    out = [0.0] * len(rows)
    for k in range(10):
        kept = [i for i, f in enumerate(fold) if f != k]
        weights = fit([rows[i] for i in kept], [truth[i] for i in kept])
        for i, f in enumerate(fold):
            if f == k:
                out[i] = score(weights, [rows[i]])[0]
    return auc(truth, out)


def halves(persons):
    """Pairs to learn from and pairs of other persons to measure on."""
    chance = random.Random(2)
    known = sorted({p for pair in persons for p in pair})
    for _ in range(20):
        half = {p for p in known if chance.random() < 0.5}
        yield ([i for i, (a, b) in enumerate(persons) if a in half and b in half],
               [i for i, (a, b) in enumerate(persons) if a not in half and b not in half])


def strangers(rows, truth, persons):
    found = []
    for learn, check in halves(persons):
        weights = fit([rows[i] for i in learn], [truth[i] for i in learn])
        found.append(auc([truth[i] for i in check], score(weights, [rows[i] for i in check])))
    return sum(found) / len(found)


def logs(line, names):
    return [math.log1p(float(line["A_" + name])) - math.log1p(float(line["B_" + name])) for name in names]


def measure(path, earshot):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as source:
        text = source.read()
    lines = list(csv.DictReader(text.splitlines()))
    truth = [int(line["Choice"]) for line in lines]
    done = subprocess.run([earshot, "people", "influence", "--pairs", "-", "--json"], input=text, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    ours = [answer["probability"] for answer in answers]
    parts = [[a["a"]["parts"][part] - a["b"]["parts"][part] for part in PARTS] for a in answers]
    persons = [tuple(tuple(line[f"{side}_{name}"] for name in COUNTS) for side in "AB") for line in lines]
    loss = -sum(math.log(max(1e-9, p if t else 1 - p)) for t, p in zip(truth, ours)) / len(truth)
    among = [auc([truth[i] for i in check], [ours[i] for i in check]) for _, check in halves(persons)]

    print(f"{os.path.basename(path)}: {len(lines)} pairs, {len({p for pair in persons for p in pair})} persons; log loss of the program {loss:.4f}")
    print("AUC                       all pairs   tenth left out   persons left out")
    print(f"the program                  {auc(truth, ours):.4f}                -             {sum(among) / len(among):.4f}")
    for name, rows in [("followers alone", [logs(line, COUNTS[:1]) for line in lines]), ("eight logarithms", [logs(line, COUNTS) for line in lines]),
                       ("our parts", parts)]:
        whole = auc(truth, score(fit(rows, truth), rows))
        print(f"{name + ', fitted':26}   {whole:.4f}           {tenths(rows, truth):.4f}             {strangers(rows, truth, persons):.4f}")
    print("weights a point, fitted on all (the program has 0.108): " + ", ".join(f"{p} {w:.3f}" for p, w in zip(PARTS, fit(parts, truth))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--earshot", default=os.path.join(os.path.dirname(__file__), "..", "..", "build", "earshot"))
    given = parser.parse_args()
    for path in sorted(glob.glob(os.path.join(given.folder, "influence_pairs*.csv.gz"))):
        measure(path, given.earshot)


if __name__ == "__main__":
    main()
