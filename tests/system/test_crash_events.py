#!/usr/bin/env python3
"""Kills the daemon while apps and shops tell it things: what was acknowledged is there, once, and decided once.

Four senders tell batches, in our own words and in Segment's, and tell a batch again until it is acknowledged, as a
library does; some batches are told once more behind that.  Short form: 12 kills; long form (make test-crash): 120.
"""
import json
import os
import random
import threading
import time

from lib import IS_LONG, PHASES, need, run_tests, same, wait_for
from small_house import SmallHouse

KILLS = 120 if IS_LONG else 12
SENDERS = 4
CUSTOMERS = 150
TOTAL = 60
SEED = int(os.environ.get("EARSHOT_SEED", "20261122"))

RULES = f"""
rule each "Each order"
  when event is "order placed"
  then
    tag customer "ordered"
  end
end

rule sorry "A large order was cancelled"
  when all of
    event is "order cancelled"
    event.total is at least 20
  end
  then
    send "thanks" by mail to customer
    alert "support" as high
  end
  at most once every 30 days per customer
end

rule pair "Refund upon refund"
  when event is "refund"
  happening 2 times within 7 days per customer
  then
    set customer "refunds" to "several"
  end
end

rule few "The first ones"
  when event is "signed up"
  then
    tag customer "early"
  end
  at most {TOTAL} in total
end
"""

NAMES = ["order placed", "order cancelled", "refund", "signed up", "page viewed"]


class Told:
    """What all senders told so far, by id."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = {}  # acknowledged ones
        self.stored = 0  # as the answers say
        self.repeats = 0
        self.ends = False
        self.faults = []


def make_batch(rng, sender, number):
    batch = []
    for k in range(rng.randrange(1, 12)):
        name = rng.choice(NAMES)
        batch.append({"id": f"s{sender}-{number}-{k}", "customer": f"k{rng.randrange(CUSTOMERS)}", "name": name,
                      "total": rng.choice([5, 25]) if name == "order cancelled" else None})
    return batch


def in_our_words(batch):
    return "/api/v1/events", [{"id": e["id"], "customer": e["customer"], "name": e["name"],
                               "properties": {"total": e["total"]} if e["total"] else {}, "attributes": {"last": e["id"]},
                               "endpoints": [{"channel": "email", "address": f"{e['customer']}@mail.example"}]} for e in batch]


def in_segments_words(batch):
    return "/api/v1/segment/v1/batch", {"batch": [
        {"type": "track", "messageId": e["id"], "userId": e["customer"], "event": e["name"],
         "properties": {"total": e["total"]} if e["total"] else {}} for e in batch]}


def tell(house, told, batch, path, body, is_again):
    """Until it is acknowledged; the daemon may die at any moment, and be away for a while."""
    while True:
        try:
            status, answer = house.call("POST", path, body)
        except OSError:
            time.sleep(0.01)
            continue
        except Exception as fault:  # half an answer is none
            if "http.client" not in type(fault).__module__:
                raise
            continue
        if status in (200, 201):
            break
        if status != 503:
            raise RuntimeError(f"{path}: {status} {answer}")
        time.sleep(0.02)
    with told.lock:
        for e in batch:
            told.events[e["id"]] = e
        told.stored += answer["stored"]
        if is_again and answer["stored"] != 0:
            told.faults.append(f"stored again: {answer}")
        if answer["stored"] + answer["duplicates"] != len(batch):
            told.faults.append(f"{len(batch)} were told, answer {answer}")


def send_all(house, told, sender):
    rng = random.Random(SEED * 100 + sender)
    number = 0
    try:
        while not told.ends:
            batch = make_batch(rng, sender, number)
            path, body = rng.choice([in_our_words, in_segments_words])(batch)
            tell(house, told, batch, path, body, False)
            if rng.random() < 0.2:
                with told.lock:
                    told.repeats += 1
                tell(house, told, batch, path, body, True)
            number += 1
    except Exception as fault:
        with told.lock:
            told.faults.append(repr(fault))


def check_acknowledged(house, told):
    """Between a kill and the next start."""
    with told.lock:
        ids = set(told.events)
    have = {r[0] for r in house.database().execute("SELECT id FROM events")}
    need(ids <= have, f"acknowledged and lost: {sorted(ids - have)[:5]}")


def kill_many(house, told, rng):
    phases = {p: 0 for p in PHASES}
    for _ in range(KILLS):
        house.start()
        with told.lock:
            before = len(told.events)
        wait_for("some events", lambda: len(told.events) > before + 40 or told.faults, 60, 0.005)
        time.sleep(rng.uniform(0, 0.2))
        house.kill()
        phases[PHASES[house.blackbox()[1]]] += 1
        check_acknowledged(house, told)
        same(told.faults, [], "faults")
    print(f"# {KILLS} kills, {len(told.events)} events, {told.repeats} batches told again; by phase: "
          + ", ".join(f"{p} {n}" for p, n in phases.items()), flush=True)
    need(phases["idle"] < KILLS, "no kill hit work in progress")


def in_order(house):
    return [tuple(r) for r in house.database().execute("SELECT id, customer_id, name, properties FROM events ORDER BY event_no")]


def expected(events):
    """Each rule over the events in the order in which they were stored: (rule, event) of what was done."""
    done, sorry, refunds, few = set(), set(), {}, 0
    for name, customer, what, properties in events:
        if what == "order placed":
            done.add(("each", name))
        elif what == "order cancelled" and "25" in (properties or "") and customer not in sorry:
            sorry.add(customer)
            done |= {("sorry", name)}
        elif what == "refund":
            refunds[customer] = refunds.get(customer, 0) + 1
            if refunds[customer] >= 2:
                done.add(("pair", name))
        elif what == "signed up" and few < TOTAL:
            few += 1
            done.add(("few", name))
    return done


def compare(house, told):
    events = in_order(house)
    same(len(events), len({e[0] for e in events}), "ids that are there once")
    same({e[0]: (e[1], e[2]) for e in events}, {i: (e["customer"], e["name"]) for i, e in told.events.items()}, "events")
    need(told.stored <= len(events), f"{told.stored} acknowledged as new, {len(events)} stored")
    db = house.database()
    rows = [tuple(r) for r in db.execute("SELECT rule_id, substr(occurrence_id, 3), action, outcome FROM decisions WHERE outcome IN (0, 1, 3)")]
    same(len(rows), len(set(r[:3] for r in rows)), "decisions that are there once")
    have = {r[:2] for r in rows}
    want = expected(events)
    need(have == want, f"missing {sorted(want - have)[:5]}, too many {sorted(have - want)[:5]}")
    messages = [r[0] for r in db.execute("SELECT customer_id FROM outbox WHERE kind = 0")]
    same(len(messages), len(set(messages)), "one message a customer")
    alerted = db.execute("SELECT sum(count) FROM alerts").fetchone()[0]
    same(alerted, sum(r == "sorry" for r, _ in want), "events in alerts")
    same(db.execute("PRAGMA integrity_check").fetchone()[0], "ok", "integrity")


def what_apps_told_is_there_once_and_decided_once_whenever_the_daemon_dies():
    rng = random.Random(SEED)
    print(f"# seed {SEED}")
    told = Told()
    with SmallHouse("crash-events", RULES, limits="{per_person_per_day: 1000}") as house:
        senders = [threading.Thread(target=send_all, args=(house, told, n), daemon=True) for n in range(SENDERS)]
        house.start()
        house.stop()
        for sender in senders:
            sender.start()
        try:
            kill_many(house, told, rng)
        finally:
            told.ends = True
            house.start()
            for sender in senders:
                sender.join(60)
        same(told.faults, [], "faults")
        need(not any(s.is_alive() for s in senders), "a sender is not done")
        same(house.stop(), 0, "exit code")
        compare(house, told)


if __name__ == "__main__":
    run_tests([what_apps_told_is_there_once_and_decided_once_whenever_the_daemon_dies])
