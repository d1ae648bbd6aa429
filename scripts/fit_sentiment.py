#!/usr/bin/env python3
"""Fits the table MODEL of nlp/sentiment.c: three classes over the features of a post, all classes counting alike.

    measure_nlp --features < labelled.tsv > features
    scripts/fit_sentiment.py features

labelled.tsv is label<TAB>text; which posts may be used, corpora/README.md says.  Reads for each post its label (0, 1, 2),
language, whether it was scored, the effects of its words in thousandths, a bar, and its signs (w for a word,
punctuation, u for a link).  Newton's method with a small ridge, no randomness: the same input gives the same table.
"""
import math
import sys

HALF = 4000
HALF_PER_WORD = 500
RIDGE = 3.0


def squash(total):
    return total / (total + HALF)


def features(effects, signs):
    """As sentiment_features() in nlp/sentiment.c."""
    positive = sum(e for e in effects if e > 0)
    negative = -sum(e for e in effects if e < 0)
    balance = squash(positive - negative) if positive > negative else -squash(negative - positive)
    room = HALF_PER_WORD * (signs.count("w") + 1)
    return [1.0, positive / (positive + room), negative / (negative + room), balance, float("!" in signs),
            float("?" in signs), float("u" in signs)]


def read(path):
    rows = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            columns = line.rstrip("\n").split("\t")
            bar = columns.index("|")
            effects = [int(c) for c in columns[3:bar]]
            if int(columns[0]) >= 0 and columns[2] == "1" and any(effects):
                rows.append((int(columns[0]), features(effects, columns[bar + 1:])))
    return rows


def probabilities(w, x):
    logits = [sum(a * b for a, b in zip(w[0], x)), 0.0, sum(a * b for a, b in zip(w[1], x))]
    top = max(logits)
    e = [math.exp(v - top) for v in logits]
    return [v / sum(e) for v in e]


def solve(a, b):
    """Gaussian elimination with pivoting."""
    n = len(b)
    m = [row[:] + [b[i]] for i, row in enumerate(a)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[pivot] = m[pivot], m[i]
        for r in range(i + 1, n):
            f = m[r][i] / m[i][i]
            for c in range(i, n + 1):
                m[r][c] -= f * m[i][c]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (m[i][n] - sum(m[i][c] * x[c] for c in range(i + 1, n))) / m[i][i]
    return x


def fit(rows, share):
    n = len(rows[0][1])
    w = [[0.0] * n, [0.0] * n]
    for _ in range(7):
        gradient = [[RIDGE * v for v in side] for side in w]
        hessian = [[0.0] * (2 * n) for _ in range(2 * n)]
        for i in range(2 * n):
            hessian[i][i] = RIDGE
        for label, x in rows:
            p = probabilities(w, x)
            q = (p[0], p[2])
            s = share[label]
            for a in range(2):
                d = s * (q[a] - (label == 2 * a))
                for i in range(n):
                    gradient[a][i] += d * x[i]
                for b in range(2):
                    h = s * q[a] * ((a == b) - q[b])
                    row = [h * v for v in x]
                    for i in range(n):
                        if x[i] != 0.0:
                            target = hessian[a * n + i]
                            for j in range(n):
                                target[b * n + j] += x[i] * row[j]
        step = solve(hessian, gradient[0] + gradient[1])
        w = [[v - step[a * n + i] for i, v in enumerate(w[a])] for a in range(2)]
    return w


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = read(sys.argv[1])
    counts = [sum(1 for label, _ in rows if label == k) for k in range(3)]
    w = fit(rows, [len(rows) / (3 * c) for c in counts])
    right = [0, 0, 0]
    for label, x in rows:
        p = probabilities(w, x)
        right[label] += p[label] == max(p)
    print("/* %d posts with evidence; macro recall on them %.1f */" %
          (len(rows), sum(100 * r / c for r, c in zip(right, counts)) / 3))
    for side, name in zip(w, ("negative", "positive")):
        milli_bits = [round(v / math.log(2) * 1000) for v in side]
        # A side never helps the other: weakening a word must not strengthen its side (sentiment.c).
        other = 2 if name == "positive" else 1
        milli_bits[other] = min(milli_bits[other], 0)
        print("\t{%d, {%s}},\t/* %s */" % (milli_bits[0], ", ".join(str(v) for v in milli_bits[1:]), name))


main()
