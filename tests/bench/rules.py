#!/usr/bin/env python3
"""The rule engine beside npm's json-rules-engine, in one run on the same 10,000 rules and posts.  One core each; seconds are those a
process used the processor.  Prints JSON.

    tests/bench/rules.py [--texts FILE] [--seconds N]
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "system")]
from lib import EARSHOT, Skip  # noqa: E402
import peers  # noqa: E402


def one_core():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def output(*command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                     preexec_fn=one_core).stdout)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--texts")
    options.add_argument("--seconds", type=float, default=6)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="earshot-rules-") as place:
        ours = output(EARSHOT, "bench", "--only", "rules", "--rules", "10000", "--seconds", "2", "--export", place,
                      *(["--texts", given.texts] if given.texts else []))["rules"]["stateless"][0]
        found = {"rules": 10000, "earshot_posts_per_s": ours["posts_per_s_with_look_up"], "earshot_true_per_post": ours["true_per_post"]}
        try:
            peer = output("node", os.path.join(HERE, "rules_peer.js"), peers.npm(), place, str(given.seconds))
        except Skip as missing:
            print(f"rules: json-rules-engine is skipped, it is not to be had: {missing}", file=sys.stderr)
        else:
            found |= {"json_rules_engine_posts_per_s": round(peer["posts_per_s"], 2), "json_rules_engine_true_per_post": peer["true_per_post"],
                      "json_rules_engine_posts": peer["posts"], "ratio": round(ours["posts_per_s_with_look_up"] / peer["posts_per_s"])}
    print(json.dumps({"rules_beside_a_peer": found}))


if __name__ == "__main__":
    main()
