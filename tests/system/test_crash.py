#!/usr/bin/env python3
"""Kills the daemon while it works, many times, and compares the end with what crash_expect.py computes.

Short form: 3,000 posts and 30 kills; long form (make test-crash): 20,000 posts and at least 200 kills.  Two thirds of the kills fall at
random instants at which there is work; the others wait for a phase that is still rare, so that none stays untried.
"""
import base64
import http.server
import json
import os
import random
import re
import signal
import threading
import time

from crash_expect import CAP_PER_DAY, OFTEN_MS, TOTAL_OF_FIRST, WAIT_MS, expect
from lib import IS_LONG, PHASES, Failure, House, free_port, need, run_tests, same, wait_for

POSTS = 20000 if IS_LONG else 3000
KILLS = 220 if IS_LONG else 30
CODES = 60
SPARE = 12
STORM = 40
SEED = int(os.environ.get("EARSHOT_SEED", "20261122"))

RULES = f"""
brand acme "Acme"
  called "acme"
  own accounts "@acme@social.example"
end

rule often "Often"
  when text contains "lunch"
  happening 2 times within {OFTEN_MS // 1000} seconds per author
  then
    tag author "often"
  end
end

rule unanswered "Unanswered"
  when text contains "broken"
  unless answered within {WAIT_MS // 60000} minutes
  then
    tag author "unanswered"
  end
end

watch storm "A crowd"
  over posts where text contains "awful"
  when all of
    count within 7 days is at least {STORM}
    authors within 7 days is at least {STORM}
  end
  then
    alert "pr" as critical
    pause promotions
  end
  until quiet for 7 days
end

rule help "Help"
  when text contains "refund"
  then
    alert "support" as high
  end
end

rule offer "Offer"
  when all of
    post.tag is "promo"
    customer is known
  end
  then
    send "offer-mail" by email to customer with offer ten
  end
  at most once every 30 days per customer
end

rule greet "Greet"
  when all of
    text contains "hello"
    author.followers is at least 1000
  end
  then
    send "greeting" by hello to customer
  end
end

rule early "Early"
  when text contains "first"
  then
    tag author "early"
  end
  at most {TOTAL_OF_FIRST} in total
end
"""


def zone_where_it_is_noon():
    """The cap is per day: no midnight may fall into the test."""
    hours = (12 - time.gmtime().tm_hour) % 24
    return f"Etc/GMT-{hours}" if hours <= 12 else f"Etc/GMT+{24 - hours}"


def moment(at_ms):
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at_ms // 1000))}.{at_ms % 1000:03d}Z"


def make_post(number, author, text, at_ms, **more):
    return {"id": f"https://social.example/posts/{number}", "source": "mastodon", "text": text, "tags": [], "created_at": moment(at_ms),
            "author": {"id": f"https://social.example/users/{author}", "handle": f"@{author}@social.example", "followers": 10}, **more}


def make_posts(rng):
    """Timers fall due all through the kills.  An answer comes before what it answers, so that it is known whenever the timer is judged."""
    posts = []
    begin_ms = int(time.time() * 1000) - WAIT_MS
    broken = None
    filler = ["the coffee was fine", "nothing to see here", "a walk in the rain", "who reads this anyway", "lunch again"]
    for number in range(POSTS):
        author = rng.randrange(600)
        said = [rng.choice(filler)]
        tags = []
        at_ms = begin_ms + 20 * number + number % 3
        if broken != number and number + 1 < POSTS and rng.random() < 0.04:
            broken = number + 1
            posts.append(make_post(number, "acme", "we are sorry", at_ms + 5000,
                                   reply_to=f"https://social.example/posts/{broken}"))
            continue
        if broken == number or rng.random() < 0.04:
            author += author % 3 == 0  # no customer: a message to them, whenever it is sent, would be an answer
            said.append("it is broken")
        if rng.random() < 0.10:
            said.append("I want a refund now")
        if rng.random() < 0.20:
            tags.append("promo")
        if rng.random() < 0.25:
            said.append("hello there")
        if rng.random() < 0.10:
            said.append("first")
        rng.shuffle(said)
        posts.append({"id": f"https://social.example/posts/{number}", "source": "mastodon", "text": " ".join(said), "tags": tags,
                      "created_at": moment(at_ms),
                      "author": {"id": f"https://social.example/users/a{author}", "handle": f"@a{author}@social.example",
                                 "followers": 2000 if author % 2 else 10}})
    return posts


def build(house, rng, channels):
    posts = make_posts(rng)
    customers = {}
    rows = ["ChannelType,Address,OptOut,User.UserId,User.UserAttributes.SocialHandle"]
    for author in range(0, 600, 3):
        takes_mail = author % 5 != 0
        customers[f"@a{author}@social.example"] = (f"u{author}", takes_mail)
        rows.append(f"EMAIL,u{author}@mail.example,{'NONE' if takes_mail else 'ALL'},u{author},@a{author}@social.example")
    house.write("customers.csv", "\n".join(rows) + "\n")
    house.write("codes.csv", "code\n" + "\n".join(f"TEN-{n:04d}" for n in range(CODES)) + "\n")
    house.write("posts.ndjson", "".join(json.dumps(p) + "\n" for p in posts))
    house.write("rules/test.rules", RULES)
    house.template("offer-mail", "marketing", subject="Ten", text="Your code: {{Offer.Code}}\n")
    house.template("greeting", "service", subject="Hello", text="Hello {{Author.Handle}}\n")
    configure(house, channels, 1000)
    return posts, customers


FILES = """
  email: {type: file, dir: out, endpoint: email, retry_first: 100 ms}
  hello: {type: file, dir: out, endpoint: email, retry_first: 100 ms}
"""


def configure(house, channels, rate, more=""):
    house.write("earshot.yaml", f"""
store: {{path: var/earshot.db}}
server: {{listen: "off"}}
timezone: {zone_where_it_is_noon()}
customers: {{import: customers.csv}}
offers: {{ten: {{codes: codes.csv}}}}
limits: {{per_person_per_day: {CAP_PER_DAY}}}
network: {{allow_private: ["127.0.0.1"]}}
log: {{level: debug}}
sources:
  feed: {{type: replay, file: posts.ndjson, rate: {rate}}}{more}
channels: {channels}
alerts:
  queues:
    support: {{notify: ["log:"], escalate_after: 7 days}}
    pr: {{notify: ["log:"], escalate_after: 7 days}}
""")


class Kills:
    def __init__(self):
        self.by_phase = {p: 0 for p in PHASES}
        self.by_phase.update({"claimed": 0, "sent before recorded": 0})
        self.total = self.busy = 0

    def note(self, house):
        _, phase, claimed, unrecorded = house.blackbox()
        self.total += 1
        self.busy += PHASES[phase] != "idle" or claimed > 0
        self.by_phase[PHASES[phase]] += 1
        if claimed > unrecorded:
            self.by_phase["claimed"] += 1
        if unrecorded > 0:
            self.by_phase["sent before recorded"] += 1

    def rarest(self):
        return min((p for p in self.by_phase if p != "idle"), key=lambda p: self.by_phase[p])

    def empty(self):
        return [p for p, n in self.by_phase.items() if n == 0 and p != "idle"]

    def text(self):
        return ", ".join(f"{p} {n}" for p, n in self.by_phase.items())


def is_in(house, wanted):
    _, phase, claimed, unrecorded = house.blackbox()
    if wanted is None:
        return PHASES[phase] != "idle" or claimed > 0
    if wanted == "claimed":
        return claimed > unrecorded
    if wanted == "sent before recorded":
        return unrecorded > 0
    return PHASES[phase] == wanted


def kill_once(house, rng, kills, wanted):
    """At a random instant of the life at which there is work; with wanted, at one that finds the daemon in that phase."""
    time.sleep(rng.uniform(0.0, 0.05))
    began = time.monotonic()
    while time.monotonic() - began < 2:
        if wanted and time.monotonic() - began > 0.5:
            wanted = None
        os.kill(house.process.pid, signal.SIGSTOP)
        os.waitpid(house.process.pid, os.WUNTRACED)  # it stands still now: what it notes is what it does
        if is_in(house, wanted):
            break
        os.kill(house.process.pid, signal.SIGCONT)
        time.sleep(rng.uniform(0, 0.0004))
    house.kill()
    kills.note(house)


def kill_many(house, rng, channels):
    kills = Kills()
    life_s = 0.1
    began = time.monotonic()
    # A phase that no kill has hit yet gets some more tries.
    while kills.total < KILLS or (kills.empty() and kills.total < KILLS + SPARE):
        # So fast that posts last until the last kill, judged by how long the lives have been so far.
        share = max(0, POSTS - stored(house)) / max(1, KILLS + SPARE - kills.total)
        configure(house, channels, int(min(5000, max(100, 0.6 * share / life_s))))
        house.start()
        born = time.monotonic()
        is_chosen = kills.total % 3 == 2 or kills.total >= KILLS
        kill_once(house, rng, kills, kills.rarest() if is_chosen else None)
        life_s = 0.8 * life_s + 0.2 * (time.monotonic() - born)
        need(time.monotonic() - began < (3000 if IS_LONG else 400), "the kills take too long")
    print(f"# {kills.total} kills, {kills.busy} of them in the middle of work; by phase: {kills.text()}", flush=True)
    return kills


def stored(house):
    try:
        return house.database().execute("SELECT count(*) FROM posts").fetchone()[0]
    except Exception:  # before the first start there is none
        return 0


def finish(house, channels):
    configure(house, channels, 5000)
    house.start()
    wait_for("all posts", lambda: stored(house) == POSTS, 120, 0.1)
    db = house.database()
    wait_for("the timers", lambda: db.execute("SELECT count(*) FROM timers").fetchone()[0] == 0, 120 + POSTS / 50, 0.1)
    wait_for("the outbox to empty",
             lambda: db.execute("SELECT count(*) FROM outbox WHERE state IN (1, 2, 4)").fetchone()[0] == 0, 120, 0.1)
    same(house.stop(), 0, "exit code")


STATES = ["held", "ready", "sending", "sent", "later", "rejected", "unknown", "suppressed", "expired", "dropped"]
OUTCOMES = ["done", "queued", "drafted", "alerted", "suppressed", "held", "shadow", "counted", "waiting"]


def compare(house, posts, customers):
    decisions, messages, with_code, alerts, answered = expect(posts, customers, CODES)
    db = house.database()
    same(db.execute("SELECT count(*), count(DISTINCT id) FROM posts").fetchone()[:], (POSTS, POSTS), "posts")
    rows = db.execute("SELECT rule_id, occurrence_id, outcome FROM decisions WHERE outcome != 5").fetchall()
    have = {(r[0], r[1], OUTCOMES[r[2]]) for r in rows}
    same(len(rows), len(have), "decisions are there once")
    if have != decisions:
        raise Failure(f"decisions differ: missing {sorted(decisions - have)[:5]}, too many {sorted(have - decisions)[:5]}")
    rows = db.execute("SELECT occurrence_id FROM decisions WHERE rule_id = 'unanswered' AND outcome = 5 AND occurrence_kind = 1").fetchall()
    same(len(rows), len(answered), "complaints that were answered")
    same({r[0] for r in rows}, answered, "complaints that were answered")
    rows = db.execute("SELECT d.rule_id, d.occurrence_id FROM outbox o JOIN decisions d ON d.id = o.decision_id WHERE o.kind = 0").fetchall()
    same(len(rows), len(messages), "messages")
    same({(r[0], r[1]) for r in rows}, messages, "messages")
    codes = db.execute("SELECT code, person FROM offer_codes WHERE person IS NOT NULL").fetchall()
    same({c["person"] for c in codes}, {f"c:{c}" for c in with_code}, "persons with a code")
    same(len(codes), len(with_code), "codes taken")
    found = {r["group_key"]: r["count"] for r in db.execute("SELECT group_key, count FROM alerts")}
    same(sum(found.values()), sum(len(p) for p in alerts.values()), "posts in alerts")
    same(len(found), len(alerts), "alerts")
    same(db.execute("PRAGMA integrity_check").fetchone()[0], "ok", "integrity")
    return messages


def storm(house, rng, channels):
    """A crowd comes up while the daemon is killed: it is one incident, one alert, and no promotion gets out any more."""
    now_ms = int(time.time() * 1000)
    crowd = [make_post(f"storm-{n}", f"s{n}", "awful", now_ms + n) for n in range(2 * STORM)]
    crowd[-1:] = [make_post("storm-last", "a3", "here", now_ms + 2 * STORM, tags=["promo"])]
    house.write("storm.ndjson", "".join(json.dumps(p) + "\n" for p in crowd))
    configure(house, channels, 5000, "\n  storm: {type: replay, file: storm.ndjson, rate: 40}")
    already = stored(house)
    while stored(house) < already + len(crowd):
        house.start()
        time.sleep(rng.uniform(0.05, 0.6))
        house.kill()
    house.start()
    time.sleep(1.5)  # a tick at least
    same(house.stop(), 0, "exit code")
    db = house.database()
    same([tuple(r) for r in db.execute("SELECT watch_id, ended_at_ms FROM incidents")], [("storm", None)], "incidents")
    same(db.execute("SELECT count(*), count(DISTINCT post_no) FROM watch_hits").fetchone()[:], (2 * STORM - 1,) * 2, "posts of the crowd")
    same([tuple(r) for r in db.execute("SELECT what, cause FROM pauses")], [("promotions", "watch storm")], "pauses")
    same([tuple(r) for r in db.execute("SELECT group_key, count, notices FROM alerts WHERE queue = 'pr'")], [("w:storm", 1, 1)], "alerts")
    same(sorted(r[0] for r in db.execute("SELECT outcome FROM decisions WHERE rule_id = 'storm'")), [0, 3], "decisions of the watch")
    need(db.execute("SELECT count(*) FROM outbox WHERE kind = 0 AND state = 3 AND decision_id IN (SELECT id FROM decisions WHERE "
                    "occurrence_id LIKE '%/storm-last')").fetchone()[0] == 0, "a promotion was sent during the incident")


def check_kills(kills):
    need(kills.busy >= 0.9 * kills.total, f"only {kills.busy} of {kills.total} kills hit work in progress")
    need(not kills.empty(), f"no kill in: {', '.join(kills.empty())} ({kills.text()})")


def kills_at_any_instant_change_nothing_of_what_was_decided():
    global POSTS, KILLS
    POSTS, KILLS = (20000, 220) if IS_LONG else (3000, 30)
    rng = random.Random(SEED)
    print(f"# seed {SEED}")
    house = House("crash")
    try:
        posts, customers = build(house, rng, FILES)
        kills = kill_many(house, rng, FILES)
        finish(house, FILES)
        messages = compare(house, posts, customers)
        files = [f for f in os.listdir(house.path("out")) if f.endswith(".txt")]
        same(len(files), len(messages), "files")
        db = house.database()
        ids = {r[0] for r in db.execute("SELECT id FROM outbox WHERE kind = 0")}
        same({f[:-4] for f in files}, ids, "files are named by decision")
        same(db.execute("SELECT count(*) FROM outbox WHERE kind = 0 AND state != 3").fetchone()[0], 0, "messages not sent")
        storm(house, rng, FILES)
        check_kills(kills)
    finally:
        house.close()


class Receiver(http.server.ThreadingHTTPServer):
    """Takes webhooks and notes their ids, one entry a delivery."""

    def __init__(self):
        self.ids = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.ids.append(self.headers["webhook-id"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def mail_server(ids):
    """aiosmtpd on a free port; notes the message's id of each mail it has taken."""
    import peers

    peers.use_aiosmtpd()
    from aiosmtpd.controller import Controller

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            found = re.search(rb"^Message-ID: <([0-9a-f]{32})@", envelope.content, re.M | re.I)
            ids.append(found.group(1).decode() if found else None)
            return "250 taken"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    return controller


def kills_lose_and_double_nothing_at_a_mail_server_and_a_webhook_receiver():
    global POSTS, KILLS
    rng = random.Random(SEED + 1)
    mails = []
    mail, hooks = mail_server(mails), Receiver()
    channels = f"""
  email: {{type: email, server: "smtp://127.0.0.1:{mail.port}", from: care@acme.example, require_tls: no, retry_first: 100 ms}}
  hello: {{type: webhook, url: "http://127.0.0.1:{hooks.server_port}/hook", secret: "${{HOOK_SECRET}}", endpoint: email, retry_first: 100 ms}}
"""
    POSTS, KILLS = (6000, 80) if IS_LONG else (1500, 15)
    house = House("crash-net")
    house.environment["HOOK_SECRET"] = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    try:
        posts, customers = build(house, rng, channels)
        kill_many(house, rng, channels)
        finish(house, channels)
        compare(house, posts, customers)
        states = {r["id"]: (r["channel"], STATES[r["state"]])
                  for r in house.database().execute("SELECT id, channel, state FROM outbox WHERE kind = 0")}
        need(None not in mails, "a mail without our id")
        need(set(mails) | set(hooks.ids) <= set(states), "something was delivered that nobody decided")
        for number, (channel, state) in states.items():
            taken = (mails if channel == "email" else hooks.ids).count(number)
            if channel == "email":
                need(taken <= 1, f"mail {number} arrived {taken} times")
                need(state in ("sent", "unknown"), f"mail {number} is {state}")
                need(taken == 1 or state == "unknown", f"mail {number} is sent but never arrived")
            else:  # a repeat carries the same webhook-id: that is its mark
                same(state, "sent", f"webhook {number}")
                need(taken >= 1, f"webhook {number} is sent but never arrived")
        unknown = sum(state == "unknown" for _, state in states.values())
        print(f"# {len(states)} messages, {unknown} unknown, {len(hooks.ids) - len(set(hooks.ids))} webhooks repeated under their id")
    finally:
        house.close()
        mail.stop()
        hooks.shutdown()


if __name__ == "__main__":
    run_tests([kills_lose_and_double_nothing_at_a_mail_server_and_a_webhook_receiver,
               kills_at_any_instant_change_nothing_of_what_was_decided])
