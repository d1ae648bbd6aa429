#!/usr/bin/env python3
"""Runs the test programs and the system tests and adds them up.

Every test speaks TAP: cmocka's programs (tests/<room>/test_*.c) and the black-box ones (tests/system/test_*.py), which start the real
binary. A failure prints what its program said. The last line is "N passed, N failed", with ", N skipped" when a peer is missing.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# What takes longest, by turns with what waits for others; all of it begins before the rest, so that none runs on alone at the end.
LONG_FIRST = ["system/test_disk_full", "store/test_power_cut", "system/test_crash", "store/test_memory", "system/test_mastodon_snac",
              "store/test_disk_full", "system/test_feed_nginx", "daemon/test_worker", "collectors/test_mastodon", "actions/test_outbox",
              "daemon/", "system/"]
RESULT = re.compile(r"^(ok|not ok)\b\s*\d*\s*-?\s*(.*)$")


def programs(build_dir, only):
    found = []
    for source in sorted(glob.glob(os.path.join(HERE, "*", "test_*.c"))):
        room = os.path.basename(os.path.dirname(source))
        name = os.path.splitext(os.path.basename(source))[0]
        found.append((f"{room}/{name}", [os.path.join(build_dir, "tests", room, name)]))
    for source in sorted(glob.glob(os.path.join(HERE, "system", "test_*.py"))):
        name = os.path.splitext(os.path.basename(source))[0]
        found.append((f"system/{name}", [sys.executable, source]))
    if not only:
        return found
    # A test's whole name means that one alone.
    names = {f[0] for f in found}
    fit = {w: {w} if w in names else {n for n in names if w in n} for w in only.split(",")}
    for word in (w for w in fit if not fit[w]):
        sys.exit(f"there is no test with '{word}' in its name")
    return [f for f in found if any(f[0] in n for n in fit.values())]


def rank(name):
    return next((i for i, begin in enumerate(LONG_FIRST) if name.startswith(begin)), len(LONG_FIRST))


def run(name, command, environment, limit_s):
    began = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=limit_s)
        output, code = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode("utf-8", "replace") + "\ntimed out\n", -1
    except OSError as error:
        output, code = f"cannot run: {error}\n", -1
    passed, failed, skipped = 0, [], []
    for line in output.splitlines():
        match = RESULT.match(line)
        if not match:
            continue
        text = match.group(2)
        if re.search(r"#\s*skip", text, re.I):
            skipped.append(text)
        elif match.group(1) == "ok":
            passed += 1
        else:
            failed.append(text)
    if code != 0 and not failed:
        failed.append(f"{name} ended with {code}")
    if code == 0 and passed == 0 and not failed and not skipped:
        failed.append(f"{name} ran no test")
    return name, passed, failed, skipped, output, time.monotonic() - began


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--no-system", action="store_true", help="only the test programs, not the real binary")
    given = parser.parse_args()
    is_long = os.environ.get("EARSHOT_LONG") == "1"
    limit_s = given.limit or (7200 if is_long else 900)
    environment = dict(os.environ)
    environment.update({
        "CMOCKA_MESSAGE_OUTPUT": "TAP",
        "EARSHOT": os.path.abspath(os.path.join(given.dir, "earshot")),
        "EARSHOT_PEERS": os.path.abspath(given.peers),
        "EARSHOT_BUILD": os.path.basename(os.path.abspath(given.dir)),
    })
    environment.setdefault("ASAN_OPTIONS", "allow_user_segv_handler=0:handle_segv=2:detect_leaks=1")
    environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    environment.setdefault("TSAN_OPTIONS", "halt_on_error=1")
    os.chdir(os.path.dirname(HERE))
    work = programs(os.path.abspath(given.dir), given.only)
    if given.no_system:
        work = [w for w in work if not w[0].startswith("system/")]
    passed = 0
    failed = []
    skipped = []
    # A third of them wait most of the time, for networks, timers and disks.
    cores = os.cpu_count() or 1
    lanes = cores + (cores + 1) // 2
    work.sort(key=lambda w: (rank(w[0]), w[0]))
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        jobs = [pool.submit(run, name, command, environment, limit_s) for name, command in work]
        for job in concurrent.futures.as_completed(jobs):
            name, good, bad, left, output, seconds = job.result()
            passed += good
            failed += [f"{name}: {b}" for b in bad]
            skipped += [f"{name}: {s}" for s in left]
            state = "FAILED" if bad else "ok"
            print(f"  {name:44s} {good:5d} passed {len(bad):3d} failed {seconds:7.1f} s  {state}", flush=True)
            if bad:
                print("\n".join("    | " + line for line in output.splitlines()[-60:]), flush=True)
    for line in skipped:
        print(f"skipped: {line}")
    for line in failed:
        print(f"failed: {line}")
    in_ci = os.environ.get("CI") == "true"
    print(f"{passed} passed, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 1 if failed or (in_ci and skipped) or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
