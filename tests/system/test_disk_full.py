#!/usr/bin/env python3
"""A commit fails because the database may not grow; nothing is lost, everything says so, and when there is room again it goes on by itself.

The limit is the kernel's own for the size of files (RLIMIT_FSIZE), set and lifted on the running daemon.
"""
import concurrent.futures
import json
import os
import random
import resource
import signal
import time

import test_crash
from crash_expect import expect
from lib import House, need, run_tests, same, wait_for

test_crash.POSTS = 3000


def settle(house):
    return test_crash.finish(house, test_crash.FILES)


def decisions_of(house):
    return {tuple(r) for r in house.database().execute("SELECT rule_id, occurrence_id, action, outcome FROM decisions")}


def undisturbed_decisions(channel):
    house = House("undisturbed")
    try:
        test_crash.build(house, random.Random(test_crash.SEED), channel)
        test_crash.finish(house, channel)
        return decisions_of(house)
    finally:
        house.close()


def a_full_disk_stops_intake_and_nothing_is_lost_when_there_is_room_again():
    rng = random.Random(test_crash.SEED)
    channel = test_crash.FILES
    house = House("full")
    # Side by side: both wait for the same timers.
    pool = concurrent.futures.ThreadPoolExecutor(1)
    undisturbed = pool.submit(undisturbed_decisions, channel)
    try:
        posts, customers = test_crash.build(house, rng, channel)
        test_crash.configure(house, channel, 2000)
        house.writes_log_itself = False
        house.start()
        pid = house.process.pid
        wait_for("some posts", lambda: test_crash.stored(house) > 500)
        size = os.path.getsize(house.path("var", "earshot.db-wal"))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        wait_for("the daemon to notice", lambda: " store.failing " in house.log_since_start())
        at_failure = test_crash.stored(house)
        same(house.call("GET", "/healthz")[0], 200, "/healthz while the disk is full")
        same(house.call("GET", "/readyz")[0], 503, "/readyz while the disk is full")
        status, _ = house.call("POST", "/api/v1/posts", {"text": "while it is full", "id": "urn:test:full"})
        same(status, 503, "a post while the disk is full")
        status, answer = house.call("GET", "/api/v1/status")
        same((status, answer["store"]["failing"]), (200, True), "the status page says so")
        time.sleep(1.0)
        same(test_crash.stored(house), at_failure, "posts while the disk is full")
        need(at_failure < test_crash.POSTS and size > 0, "the disk was full too late")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for("the daemon to go on", lambda: " store.recovered " in house.log_since_start())
        wait_for("all posts", lambda: test_crash.stored(house) == test_crash.POSTS, 60)
        same(house.stop(), 0, "exit code")
        settle(house)
        test_crash.compare(house, posts, customers)
        have, want = decisions_of(house), undisturbed.result()
        need(have == want, f"{len(have ^ want)} decisions differ from the undisturbed run")
    finally:
        pool.shutdown()
        house.close()


if __name__ == "__main__":
    run_tests([a_full_disk_stops_intake_and_nothing_is_lost_when_there_is_room_again])
