#!/usr/bin/env python3
"""One person among many: how long the page takes, and erasing them.  erase.py [POSTS [CUSTOMERS]], 1 M and 100 k unless given.

The database is filled by SQL: rows as the daemon writes them, each author with 200 posts spread over the whole, one post in ten with a
decision and one in a hundred with a message.  Figures are of the running daemon's answers, over its socket.
"""
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from lib import need, same  # noqa: E402
from small_house import SmallHouse  # noqa: E402

POSTS_EACH = 200
BEGAN_MS = 1_790_000_000_000

ROWS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "


def fill(path, posts, customers):
    authors = max(posts // POSTS_EACH, 1)
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ["journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "locking_mode=EXCLUSIVE"]:
        db.execute(f"PRAGMA {pragma}").fetchall()
    tables = ("posts", "decisions", "customers", "endpoints", "customer_history", "customer_attributes", "links", "outbox", "authors")
    indexes = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN "
                         f"({','.join('?' * len(tables))})", tables).fetchall()
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    db.execute("BEGIN")
    db.execute(ROWS.format(count=authors) + "INSERT INTO authors (author_no, id, handle, handle_key, name, followers, first_seen_at_ms, "
               "last_seen_at_ms, posts_seen) SELECT i, printf('https://social.example/users/p%07d', i), printf('@p%07d@social.example', i), "
               f"printf('@p%07d@social.example', i), 'Somebody', i % 5000, {BEGAN_MS}, {BEGAN_MS}, {POSTS_EACH} FROM n")
    db.execute(ROWS.format(count=posts) + "INSERT INTO posts (post_no, id, feed, source, author_no, subject, event_at_ms, created_at_ms, "
               "fetched_at_ms, text, text_hash, lang, label, score_milli, brands, rules_version, post_json, score_json) "
               f"SELECT i, printf('https://social.example/statuses/%010d', i), 'town', 'mastodon', i % {authors} + 1, "
               f"printf('a:https://social.example/users/p%07d', i % {authors} + 1), {BEGAN_MS} + i, {BEGAN_MS} + i, {BEGAN_MS} + i, "
               "printf('the parcel of acme number %d came late once more and nobody answers the telephone', i), i, 'en', 0, -400, 'acme', 1, "
               f"printf('{{\"author\":{{\"id\":\"https://social.example/users/p%07d\",\"handle\":\"@p%07d@social.example\"}}}}', "
               f"i % {authors} + 1, i % {authors} + 1), '{{\"label\":0}}' FROM n")
    db.execute(ROWS.format(count=posts // 10) + "INSERT INTO decisions (decision_no, id, rule_id, rules_version, occurrence_kind, "
               "occurrence_id, post_no, subject, action, verb, outcome, reason, at_ms, event_at_ms) SELECT i, printf('%032x', i * 2654435761), "
               "'help', 1, 0, printf('https://social.example/statuses/%010d', i * 10), i * 10, "
               f"printf('a:https://social.example/users/p%07d', i * 10 % {authors} + 1), 'alert \"support\"', 1, 3, 'text contains \"late\"', "
               f"{BEGAN_MS} + i, {BEGAN_MS} + i FROM n ORDER BY 2")
    db.execute(ROWS.format(count=posts // 100) + "INSERT INTO outbox (id, kind, decision_id, channel, address, purpose, parts, state, "
               "next_at_ms, created_at_ms, updated_at_ms) SELECT printf('%032x', i * 10 * 2654435761), 1, printf('%032x', i * 10 * 2654435761), "
               f"'social', 'x', 0, '{{\"text\":\"sorry\"}}', 3, 0, {BEGAN_MS}, {BEGAN_MS} FROM n ORDER BY 1")
    db.execute(ROWS.format(count=customers) + "INSERT INTO customers (id, created_at_ms, updated_at_ms) SELECT printf('c%08d', i), 1, 1 FROM n")
    db.execute(ROWS.format(count=customers) + "INSERT INTO endpoints (id, customer_id, channel, address) "
               "SELECT printf('e%08d', i), printf('c%08d', i), 'email', printf('c%08d@mail.example', i) FROM n")
    db.execute(ROWS.format(count=customers) + "INSERT INTO customer_history (customer_id, at_ms, field, new, source) "
               "SELECT printf('c%08d', i), 1, 'endpoint', '{}', 'import' FROM n")
    db.execute(ROWS.format(count=min(authors, customers)) + "INSERT INTO links (customer_id, handle_key, author_id, proof, linked_at_ms) "
               "SELECT printf('c%08d', i), printf('@p%07d@social.example', i), printf('https://social.example/users/p%07d', i), 'imported', 1 FROM n")
    db.execute("COMMIT")
    for _, sql in indexes:
        db.execute(sql)
    db.close()


def timed(call):
    began = time.monotonic()
    answer = call()
    return (time.monotonic() - began) * 1000, answer


def main():
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    customers = int(sys.argv[2]) if len(sys.argv) > 2 else max(posts // 10, 1000)
    with SmallHouse("bench-erase", customers="ChannelType,Address,User.UserId\n") as house:
        house.start()
        house.stop()
        began = time.monotonic()
        fill(house.path("var", "earshot.db"), posts, customers)
        size = os.path.getsize(house.path("var", "earshot.db")) / 1e9
        print(f"{posts:,} posts, {customers:,} customers, {size:.1f} GB, filled in {time.monotonic() - began:.0f} s", flush=True)
        house.start()
        for name in ["page", "erase"]:
            times = []
            for who in range(11, 31):
                path = f"/api/v1/people/c{who:08d}"
                if name == "page":
                    ms, (status, answer) = timed(lambda: house.call("GET", path))
                    need(status == 200 and len(answer["sections"]) >= 6, f"{status} {answer}")
                    ms = min(ms, timed(lambda: house.call("GET", path))[0])
                else:
                    ms, (status, answer) = timed(lambda: house.call("POST", path + "/erase", "{}"))
                    same((status, answer["rows"]["posts"]), (200, POSTS_EACH), "erased")
                times.append(ms)
            times.sort()
            print(f"{name}: median {times[len(times) // 2]:.1f} ms, slowest {times[-1]:.1f} ms of {len(times)}", flush=True)


main()
