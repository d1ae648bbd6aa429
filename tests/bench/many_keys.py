#!/usr/bin/env python3
"""What many live keys cost: the same posts are sent to a daemon that remembers few people and to one that remembers millions of them
(rests and windows per author), each post by one of those who are remembered, nearly none of whom is in a cache.  Prints JSON: how long
each took to start, its time per post, and its largest size in memory.

    tests/bench/many_keys.py [KEYS [POSTS]]       2,000,000 unless told, 10,000,000 with EARSHOT_LONG=1; 20,000
"""
import json
import os
import sqlite3
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "system")]
from lib import IS_LONG, House, free_port  # noqa: E402
from backtest import send  # noqa: E402

FEW = 20_000
BODY = 1_000
DAY_MS = 86_400_000
RULES = """
rule rest "Rest"
  when text contains "coffee"
  then
    tag author "seen"
  end
  at most once every 30 days per author
end

rule often "Often"
  when text contains "coffee"
  happening 5 times within 30 days per author
  then
    tag author "often"
  end
end
"""
FILL = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :keys)
INSERT INTO {} SELECT {} FROM n
"""
KEY = "'a:https://social.example/users/' || printf('%09d', i)"


def fill(path, keys):
    """What the daemon would have written had all of them said it a while ago."""
    now_ms = int(time.time() * 1000)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA cache_size=-200000")
    db.execute("BEGIN")
    db.execute(FILL.format("rule_state (rule_id, kind, key, last_at_ms, count)", f"'rest', 1, {KEY}, :at + i % 1000, 1"),
               {"keys": keys, "at": now_ms - DAY_MS})
    db.execute(FILL.format("rule_times (rule_id, part, key, last_at_ms, times)", f"'often', 0, {KEY}, :at, :times"),
               {"keys": keys, "at": now_ms - DAY_MS, "times": (now_ms - DAY_MS).to_bytes(8, "little")})
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def status_of(process):
    """User and system seconds, and the largest resident size in MB."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick, peak / 1024


def bodies(keys, count):
    for first in range(0, count, BODY):
        lines = []
        for n in range(first, min(first + BODY, count)):
            who = (n * 7_368_787) % keys  # a prime: all over the table
            lines.append(json.dumps({"id": f"https://social.example/posts/{n}", "source": "bench", "text": "coffee again",
                                     "author": {"id": f"https://social.example/users/{who:09d}", "handle": f"@a{who}@social.example"}}))
        yield "\n".join(lines).encode() + b"\n"


def measure(keys, posts):
    house = House("keys")
    try:
        port = free_port()
        house.write("earshot.yaml", f'store: {{path: var/earshot.db}}\nserver: {{listen: "127.0.0.1:{port}"}}\n')
        house.write("rules/keys.rules", RULES)
        house.start()
        house.stop()
        fill(house.path("var", "earshot.db"), keys)
        starts = []
        for _ in range(3):  # the first one reads what was just written
            house.stop()
            began = time.monotonic()
            house.start(limit_s=120)
            starts.append(time.monotonic() - began)
        idle_mb = status_of(house.process)[2]
        payloads = list(bodies(keys, posts))
        user, system, _ = status_of(house.process)
        began = time.monotonic()
        for payload in payloads:
            send(port, payload)
        took = time.monotonic() - began
        user_after, system_after, peak = status_of(house.process)
        db = house.database()
        held = db.execute("SELECT count(*) FROM decisions WHERE rule_id = 'rest' AND note LIKE 'at most once%'").fetchone()[0]
        twice = db.execute("SELECT count(*) FROM rule_times WHERE length(times) > 8").fetchone()[0]
        assert held == posts and twice == min(posts, keys), (held, twice, posts)  # what was filled in is what it works with
        return {"keys": 2 * keys, "start_s": round(min(starts), 3), "cpu_us_per_post": round((user_after + system_after - user - system) / posts * 1e6, 1),
                "user_us_per_post": round((user_after - user) / posts * 1e6, 1), "us_per_post": round(took / posts * 1e6, 1),
                "idle_mb": round(idle_mb), "peak_mb": round(peak), "database_mb": os.path.getsize(house.path("var", "earshot.db")) >> 20}
    finally:
        house.close()


def main():
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000 if IS_LONG else 2_000_000
    posts = int(sys.argv[2]) if len(sys.argv) > 2 else FEW
    few, many = measure(FEW, posts), measure(keys // 2, posts)
    print(json.dumps({"many_keys": {"few": few, "many": many,
                                    "cpu_ratio": round(many["cpu_us_per_post"] / few["cpu_us_per_post"], 2)}}))


if __name__ == "__main__":
    main()
