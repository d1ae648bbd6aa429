#!/usr/bin/env python3
"""How well `earshot spikes` finds labelled anomalies: the Numenta Anomaly Benchmark's standard profile.

    score_spikes.py DIRECTORY [--verbose]

DIRECTORY holds NAME.csv or NAME.csv.gz (timestamp,count) and windows.json: {"NAME": [["begin", "end"], ...], ...}. EARSHOT names the program.

The benchmark's rules (github.com/numenta/NAB, its paper of 2015): the first 15 % of a series, at most 750 rows, are not judged. In a window
the earliest alert counts, 1 at its begin and falling along a sigmoid to 0 at its end; a window without one costs 1. Each alert outside of
windows costs up to 0.11, less while it follows closely on one. 100 is every window found at its begin and no false alarm, 0 is silence.
"""
import argparse
import bisect
import csv
import datetime
import glob
import gzip
import json
import math
import os
import subprocess
import sys

EARSHOT = os.environ.get("EARSHOT", os.path.join(os.path.dirname(__file__), "..", "..", "build", "earshot"))
PROBATION, PROBATION_ROWS = 0.15, 5000
COST_OF_FALSE, COST_OF_MISSED = 0.11, 1.0
THRESHOLDS = [0.5 + 0.01 * i for i in range(40)]


def falling(position):
    """1 far before 0, 0 there, -1 far behind it."""
    return -1.0 if position >= 3 else 2 / (1 + math.exp(5 * position)) - 1


class Series:
    def __init__(self, path, windows):
        opened = gzip.open if path.endswith(".gz") else open
        with opened(path, "rt") as file:
            text = file.read()
        done = subprocess.run([EARSHOT, "spikes", "--series", "-"], input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if done.returncode not in (0, 1):
            sys.exit(f"{path}: earshot spikes ended with {done.returncode}")
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.times = [datetime.datetime.fromisoformat(row["timestamp"]) for row in rows]
        self.scores = [float(row["score"]) if row["alert"] == "1" else 0.0 for row in rows]
        self.first = int(min(PROBATION * len(rows), PROBATION * PROBATION_ROWS))
        self.windows = []
        for begin, end in windows:
            left = bisect.bisect_left(self.times, datetime.datetime.fromisoformat(begin))
            right = bisect.bisect_right(self.times, datetime.datetime.fromisoformat(end)) - 1
            if right >= self.first:
                self.windows.append((left, right))

    def judge(self, threshold):
        """(points, windows found, false alarms)"""
        best = [-COST_OF_MISSED] * len(self.windows)
        points, false = 0.0, 0
        for i, score in enumerate(self.scores):
            if score < threshold or i < self.first:
                continue
            inside = [k for k, (left, right) in enumerate(self.windows) if left <= i <= right]
            if inside:
                left, right = self.windows[inside[0]]
                best[inside[0]] = max(best[inside[0]], falling((i - right - 1) / (right - left + 1)) / falling(-1))
                continue
            passed = [(left, right) for left, right in self.windows if right < i]
            position = (i - passed[-1][1]) / (passed[-1][1] - passed[-1][0]) if passed else 3
            points += COST_OF_FALSE * falling(position)
            false += 1
        return points + sum(best), sum(b > -COST_OF_MISSED for b in best), false


def normal(points, windows):
    return 100 * (points + COST_OF_MISSED * windows) / ((1 + COST_OF_MISSED) * windows)


def total(series, threshold):
    return normal(sum(s.judge(threshold)[0] for s in series), sum(len(s.windows) for s in series))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--verbose", action="store_true", help="every alert")
    given = parser.parse_args()
    with open(os.path.join(given.directory, "windows.json")) as file:
        windows = json.load(file)
    series = {}
    for name in sorted(windows):
        found = glob.glob(os.path.join(given.directory, glob.escape(name) + ".csv*"))
        if not found:
            sys.exit(f"there is no series '{name}' in {given.directory}")
        series[name] = Series(found[0], windows[name])
    for name, s in series.items():
        points, hits, false = s.judge(0.5)
        print(f"{name:10} {normal(points, len(s.windows)):6.1f}   windows found {hits}/{len(s.windows)}, false alarms {false} in {(s.times[-1] - s.times[0]).days} days")
        for i, score in enumerate(s.scores):
            if given.verbose and score > 0:
                where = [k for k, (left, right) in enumerate(s.windows) if left <= i <= right]
                print(f"           {s.times[i]}  {score:.3f}  {'window ' + str(where[0] + 1) if where else 'not judged' if i < s.first else ''}")
    print(f"{'all':10} {total(series.values(), 0.5):6.1f}")
    # Each series with the threshold that is best for the others.
    left_out = 0.0
    for name, s in series.items():
        others = [o for other, o in series.items() if other != name]
        if not others:
            return
        left_out += s.judge(max(THRESHOLDS, key=lambda t: total(others, t)))[0]
    print(f"{'left out':10} {normal(left_out, sum(len(s.windows) for s in series.values())):6.1f}   each with the threshold that is best for the others")


if __name__ == "__main__":
    main()
