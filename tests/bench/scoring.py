#!/usr/bin/env python3
"""How fast texts are scored, in one run on the same texts: nlp_score() beside npm's vader-sentiment, beside a scorer that calls
libstemmer for every word, and beside the limit of cutting and looking up; what it takes in memory; and `earshot score` from NDJSON to
NDJSON.  One core each, in turns; seconds are those a process used the processor, so that neighbours count little.  Prints JSON.

    tests/bench/scoring.py --speed build/release/tests/bench/score_speed [--texts FILE] [--seconds N]

FILE holds one text a line; without it the texts are those of texts.py.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "system")]
import texts  # noqa: E402
from lib import EARSHOT, Skip  # noqa: E402
import peers  # noqa: E402

MEMORY_LIMIT_KB = 30 * 1024
ROUNDS = 3


def one_core():
    """Whatever a peer would do beside: one core is what is compared."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, preexec_fn=one_core).stdout


def node_modules():
    """The folder with vader-sentiment, or None with a line why."""
    try:
        return peers.npm()
    except Skip as missing:
        print(f"scoring: vader-sentiment is skipped, it is not to be had: {missing}", file=sys.stderr)
        return None


def in_memory(program, path, seconds):
    """Texts a second of score_speed.c's kinds and of "vader", which is left out without npm; the best of the rounds."""
    home, best = node_modules(), {}
    for _ in range(ROUNDS):
        got = json.loads(output(program, path, str(seconds / ROUNDS)))
        if home:
            got["vader"] = json.loads(output("node", os.path.join(HERE, "vader.js"), home, path, str(seconds / ROUNDS)))["texts_per_s"]
        for name, value in got.items():
            best[name] = max(value, best.get(name, 0))
    return best


def post(number, text):
    """A post as collectors write it, with all its members."""
    handle = f"@a{number % 997}@social.example"
    at = f"2026-11-21T10:{number // 60 % 60:02}:{number % 60:02}Z"
    return {"id": f"https://social.example/users/a{number % 997}/statuses/{number}", "source": "mastodon",
            "url": f"https://social.example/@a{number % 997}/{number}", "text": text, "lang": "en", "created_at": at, "fetched_at": at,
            "author": {"id": f"https://social.example/users/a{number % 997}", "handle": handle, "name": f"Person {number % 997}",
                       "followers": number % 5000, "following": 80, "posts": 4100, "listed": None, "verified": False,
                       "created_at": "2023-08-06T00:00:00Z", "bio": "Slow mornings, fast bike.",
                       "url": f"https://social.example/@a{number % 997}"},
            "reply_to": None, "repost_of": None, "quote_of": None, "thread": None, "likes": 0, "replies": 0, "reposts": 0,
            "tags": [], "mentions": [], "place": None, "deleted": False}


def used_s(*command, out):
    """Processor time that a command takes."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, preexec_fn=one_core)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def ndjson(lines, seconds):
    """`earshot score` from a file of posts to a file; its start is left out by a shorter file's difference."""
    block = "".join(json.dumps(post(n, text), ensure_ascii=False) + "\n" for n, text in enumerate(lines)).encode()
    repeats = max(1, round(seconds * 100_000 / len(lines)))
    with tempfile.TemporaryDirectory() as folder:
        best = {}
        for times in (1, 1 + repeats):
            path = os.path.join(folder, f"posts-{times}.ndjson")
            with open(path, "wb") as out:
                for _ in range(times):
                    out.write(block)
            for _ in range(ROUNDS):
                with open(os.path.join(folder, "scored"), "wb") as out:
                    used = used_s(EARSHOT, "score", path, out=out)
                best[times] = min(used, best.get(times, used))
    return {"posts_per_s": round(repeats * len(lines) / (best[1 + repeats] - best[1])),
            "mean_line_bytes": round(len(block) / len(lines))}


def read(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        return [line for line in (raw.rstrip("\n") for raw in lines) if line]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", required=True)
    parser.add_argument("--texts")
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    lines = read(given.texts) if given.texts else texts.make()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        speed = in_memory(given.speed, file.name, given.seconds)
    ours, peer, kb = speed["score"], speed.get("vader"), speed["english_kb"] + speed["scorer_kb"]
    print(json.dumps({
        "scoring": {
            "texts": len(lines), "mean_bytes": round(sum(len(line.encode()) for line in lines) / len(lines)),
            "texts_per_s": {"nlp_score": ours, "nlp_score_256_answers_kept": speed["score_batch"], "vader_sentiment_npm": peer, "libstemmer_every_word": speed["split_and_stem"],
                            "our_tokens_and_look_up": speed["cut_and_look_up"], "words_and_look_up": speed["split_and_look_up"]},
            "times_vader_sentiment_npm": peer and round(ours / peer, 1),
            "times_libstemmer_every_word": round(ours / speed["split_and_stem"], 2),
            "share_of_our_tokens_and_look_up": round(ours / speed["cut_and_look_up"], 2),
            "share_of_words_and_look_up": round(ours / speed["split_and_look_up"], 2),
            "memory_kb": {"english": speed["english_kb"], "scorer": speed["scorer_kb"], "limit": MEMORY_LIMIT_KB,
                          "english_is_within": kb <= MEMORY_LIMIT_KB, "nine_languages": speed["lexicons_kb"]},
        },
        "earshot_score_ndjson": ndjson(lines, given.seconds),
    }, indent=1))


if __name__ == "__main__":
    main()
