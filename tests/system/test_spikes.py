#!/usr/bin/env python3
"""earshot spikes: what is printed for a series, what is told of a bad one, and that a huge one takes no memory."""
import datetime
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

from lib import EARSHOT, need, run_tests, same

BEGIN = datetime.datetime(2026, 3, 2)
HEADER = "timestamp,count\n"


def spikes(text, *words):
    return subprocess.run([EARSHOT, "spikes", "--series", "-", *words], input=text, capture_output=True, text=True, timeout=120)


def when(i, minutes=5, form="%Y-%m-%d %H:%M:%S"):
    return (BEGIN + datetime.timedelta(minutes=minutes * i)).strftime(form)


def counts(n, seed=1, mean=20):
    chance = random.Random(seed)
    return [max(0, round(chance.gauss(mean, mean ** 0.5))) for _ in range(n)]


def series(values):
    return HEADER + "".join(f"{when(i)},{value}\n" for i, value in enumerate(values))


def rows(done):
    same(done.stdout.splitlines()[0], "timestamp,count,score,alert", "header")
    return [line.split(",") for line in done.stdout.splitlines()[1:]]


def every_row_is_answered_in_order():
    values = counts(2000)
    values[1500:1512] = [400] * 12
    done = spikes(series(values))
    same((done.returncode, done.stderr), (0, ""), "a good series")
    found = rows(done)
    same([row[:2] for row in found], [[when(i), str(value)] for i, value in enumerate(values)], "times and counts")
    need(all(0 <= float(row[2]) <= 1 and (row[3] == "1") == (float(row[2]) >= 0.5) for row in found), "scores and alerts agree")
    alerts = [i for i, row in enumerate(found) if row[3] == "1"]
    need(alerts and 1500 <= alerts[0] < 1503 and alerts[-1] < 1512, f"alerts at {alerts}")


def the_same_from_a_file_and_again():
    text = series(counts(700))
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        done = [subprocess.run([EARSHOT, "spikes", "--series", file.name], capture_output=True, text=True, timeout=60) for _ in range(2)]
    same([d.returncode for d in done], [0, 0], "exit")
    same(done[0].stdout, done[1].stdout, "twice the same")
    same(done[0].stdout, spikes(text).stdout, "file and standard input")


def times_may_be_written_as_rfc_3339():
    values = counts(600)
    values[500:506] = [300] * 6
    plain = rows(spikes(series(values)))
    zoned = "\ufeffTimestamp, Count\r\n" + "".join(f'"{when(i, form="%Y-%m-%dT%H:%M:%SZ")}", {value}\r\n' for i, value in enumerate(values))
    same([row[1:] for row in rows(spikes(zoned))], [row[1:] for row in plain], "the same scores")


def json_tells_what_was_usual_and_silence():
    values = counts(900)
    values[600:640] = [0] * 40
    done = spikes(series(values), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    same((done.returncode, done.stderr, len(found)), (0, "", 900), "JSON")
    same(sorted(found[0]), ["alert", "count", "score", "silent", "timestamp", "usual"], "keys")
    same(found[0]["usual"], None, "too early to know")
    need(12 < found[500]["usual"] < 30, f"usual: {found[500]}")
    silent = [i for i, row in enumerate(found) if row["silent"]]
    need(silent and silent[0] < 606 and silent[-1] == 639, f"silent: {silent}")
    said = spikes(series(values)).stderr
    need("standard input:" in said and "has fallen silent" in said and "speaks again" in said, said)


def authors_and_base_are_used_where_they_are_known():
    lines = ["timestamp,count,authors,base\n"]
    for i, value in enumerate(counts(1500)):
        flood = 500 if i == 1200 else 0
        lines.append(f"{when(i)},{value + flood},{max(1, value)},{200 + flood}\n")
    done = spikes("".join(lines))
    same((done.returncode, [row for row in rows(done) if row[3] == "1"]), (0, []), "one author's flood")
    turn = ["count,base,timestamp\n"] + [f"{60 if i >= 1200 else 20},200,{when(i)}\n" for i in range(1300)]
    alerts = [i for i, row in enumerate(rows(spikes("".join(turn)))) if row[3] == "1"]
    need(alerts and 1200 <= alerts[0] < 1212, f"a turn: {alerts}")


def bad_rows_are_told_with_their_line():
    values = series(counts(20)).splitlines(keepends=True)
    values[4] = "yesterday,5\n"
    values[6] = f"{when(5)},many\n"
    values[8] = f"{when(7)},-3\n"
    values[10] = f"{when(9)}\n"
    values[12] = f"{when(11)},1,2\n"
    values[14] = values[13]
    values[16] = f"{when(2)},3\n"
    values[18] = f"{when(16)[:-2]}07,3\n"
    done = spikes("".join(values))
    same(done.returncode, 1, "exit")
    same([line.split(":")[1] for line in done.stderr.splitlines()], ["5", "7", "9", "11", "13", "15", "17", "19"], done.stderr)
    for word in ["the time is none", "no whole number", "fewer fields", "more fields", "the same time", "earlier", "7 s after"]:
        need(word in done.stderr, f"{word}: {done.stderr}")
    same(len(rows(done)), 15, "rows that can be read are answered")
    found = [json.loads(line) for line in spikes("".join(values), "--json").stdout.splitlines()]
    same([row["line"] for row in found if "error" in row], [5, 7, 9, 11, 13, 15, 17, 19], "JSON errors in their places")
    same(len(found), 20, "a line for a line")


def missing_rows_are_told_and_are_no_zeros():
    values = series(counts(3000)).splitlines(keepends=True)
    done = spikes("".join(values[:1000] + values[2200:]))
    same(done.returncode, 0, "exit")
    need("standard input:1001: rows are missing" in done.stderr and done.stderr.count("\n") == 1, done.stderr)
    same([row for row in rows(done) if row[3] == "1"], [], "no alert")


def what_is_no_series_is_said():
    for text, word in [("", "empty"), ("2026-03-02 00:00:00,5\n", "names the columns"), ("timestamp,value\n", "names the columns"),
                       ("timestamp,count,count\n", "names the columns"), ("count\n", "names the columns")]:
        done = spikes(text)
        same((done.returncode, done.stdout), (3, ""), repr(text))
        need(word in done.stderr, f"{text!r}: {done.stderr}")
    done = subprocess.run([EARSHOT, "spikes", "--series", "/no/such/file.csv"], capture_output=True, text=True)
    same(done.returncode, 3, "no file")
    need("/no/such/file.csv" in done.stderr, done.stderr)
    same(subprocess.run([EARSHOT, "spikes"], capture_output=True).returncode, 2, "no series")
    same(subprocess.run([EARSHOT, "spikes", "--series", "-", "x"], capture_output=True, stdin=subprocess.DEVNULL).returncode, 2, "two")


def a_header_alone_and_one_row_are_series():
    done = spikes(HEADER)
    same((done.returncode, rows(done)), (0, []), "no rows")
    same(rows(spikes(HEADER + f"{when(0)},5")), [[when(0), "5", "0.000", "0"]], "one row")
    same(rows(spikes(HEADER + f"{when(0)},9223372036854775807\n{when(1)},0\n"))[0][1], "9223372036854775807", "an enormous count")


def only_the_first_findings_are_told():
    done = spikes(HEADER + "x,1\n" * 500)
    same((done.returncode, len(done.stderr.splitlines())), (1, 21), "findings")
    need("480 more like these" in done.stderr, done.stderr)


def a_full_disk_is_told():
    with open("/dev/full", "w") as full:
        done = subprocess.run([EARSHOT, "spikes", "--series", "-"], input=series(counts(50)), stdout=full, stderr=subprocess.PIPE, text=True)
    same(done.returncode, 3, "exit")
    need("cannot write the output" in done.stderr, done.stderr)


def a_huge_series_takes_no_memory():
    writer = ("import sys\nprint('timestamp,count')\nfor i in range(400000):\n"
              " print('%04d-%02d-%02d %02d:%02d:00,%d' % (2000 + i // 40320 // 12, 1 + i // 40320 % 12, 1 + i // 1440 % 28, i // 60 % 24, i % 60, 20 + i % 7))\n")
    with subprocess.Popen([sys.executable, "-c", writer], stdout=subprocess.PIPE) as source:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        with subprocess.Popen([EARSHOT, "spikes", "--series", "-"], stdin=source.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as done:
            lines = sum(1 for _ in done.stdout)
            _, _, usage = os.wait4(done.pid, 0)
    need(lines > 399000, f"{lines} lines")
    need(usage.ru_maxrss < 60000 or "asan" in EARSHOT, f"{usage.ru_maxrss} KiB, others {before}")


if __name__ == "__main__":
    run_tests([every_row_is_answered_in_order, the_same_from_a_file_and_again, times_may_be_written_as_rfc_3339,
               json_tells_what_was_usual_and_silence, authors_and_base_are_used_where_they_are_known, bad_rows_are_told_with_their_line,
               missing_rows_are_told_and_are_no_zeros, what_is_no_series_is_said, a_header_alone_and_one_row_are_series,
               only_the_first_findings_are_told, a_full_disk_is_told, a_huge_series_takes_no_memory])
