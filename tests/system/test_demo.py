#!/usr/bin/env python3
"""The demo shows what its README says: its folder is fine, and its posts, given out as `make run` does, meet every case within two minutes."""
import datetime
import json
import os
import re
import subprocess

from lib import EARSHOT, ROOT, need, run_tests, same

DEMO = os.path.join(ROOT, "corpora", "demo")
CONFIG = os.path.join(DEMO, "earshot.yaml")
# Noon, for the quiet hours of customers.
START = datetime.datetime(2026, 11, 21, 11, 0, 0)


def earshot(*words, text=None):
    done = subprocess.run([EARSHOT, words[0], "-c", CONFIG, *words[1:]], input=text, capture_output=True, text=True, timeout=120)
    same(done.returncode, 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def rate():
    with open(CONFIG, encoding="utf-8") as config:
        return int(re.search(r"^ +rate: (\d+)", config.read(), re.M).group(1))


def dated(rounds):
    """The posts as the source `demo` gives them out: so many a second, in rounds with fresh ids."""
    lines, number = [], 0
    with open(os.path.join(DEMO, "posts.ndjson"), encoding="utf-8") as posts:
        file = [json.loads(line) for line in posts]
    for turn in range(1, rounds + 1):
        for known in file:
            post = dict(known)
            for ref in ("id", "reply_to", "repost_of", "quote_of", "thread"):
                if turn > 1 and post.get(ref):
                    post[ref] += f"#r{turn}"
            at = START + datetime.timedelta(seconds=number / rate())
            if "@late_larry" not in str(known.get("author")):
                post["created_at"] = at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            number += 1
            lines.append(json.dumps(post))
    return "\n".join(lines) + "\n"


def seconds(decision):
    at = decision["at"].rstrip("Z")
    return (datetime.datetime.fromisoformat(at) - START).total_seconds()


def lived(rounds):
    return [json.loads(line) for line in earshot("replay", "--posts", "-", "--all", text=dated(rounds)).splitlines()]


def the_folder_is_fine():
    need(", 0 warnings" in earshot("check"), "no warning")


def every_case_is_there_within_two_minutes():
    found = [d for d in lived(1) if seconds(d) <= 120]
    seen = {(d["rule_id"], d["action"].split(" ")[0], d["outcome"]) for d in found}
    wanted = {("care-influencers", "tag", "done"), ("care-influencers", "draft", "drafted"), ("launch-day", "send", "queued"),
              ("launch-day", "send", "suppressed"), ("launch-regulars", "", "counted"), ("launch-regulars", "send", "queued"),
              ("launch-regulars", "send", "held"), ("support-issue", "alert", "alerted"), ("support-issue", "send", "queued"),
              ("support-issue", "send", "suppressed"), ("still-waiting", "", "waiting"), ("still-waiting", "", "held"),
              ("still-waiting", "alert", "alerted"), ("make-it-right", "", "counted"), ("make-it-right", "send", "queued"),
              ("make-it-right", "set", "done"), ("storm", "alert", "alerted"), ("storm", "pause", "done")}
    same(sorted(wanted - seen), [], "cases that are missing")
    notes = " ".join(d["note"] for d in found)
    for words in ("own account", "canary 50%", "goes first for this person", "promotions are paused", "answered at", "older than"):
        need(words in notes, f"'{words}' is in no decision")


def the_crowd_comes_and_goes_in_every_round():
    found = lived(3)
    same(len([d for d in found if d["rule_id"] == "storm" and d["outcome"] == "alerted"]), 3, "crowds")
    offers = [d["outcome"] for d in found if d["rule_id"] == "launch-day"]
    need(offers.count("queued") >= 20, f"offers between the crowds: {offers.count('queued')}")


if __name__ == "__main__":
    run_tests([the_folder_is_fine, every_case_is_there_within_two_minutes, the_crowd_comes_and_goes_in_every_round])
