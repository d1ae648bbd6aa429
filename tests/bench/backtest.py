#!/usr/bin/env python3
"""A backtest beside what is live: posts of texts.py are sent to a running daemon with a hundred rules, rules with windows, rests, caps
and a watch; then a draft that says some things differently runs over all of them, while the daemon works on.  Prints JSON.

    tests/bench/backtest.py [POSTS]         300,000 unless told
    KEEP=DIR tests/bench/backtest.py ...    the house is kept there, or found there from before: another program, the same posts
"""
import http.client
import json
import os
import resource
import subprocess
import sys
import threading
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system")]
import lib  # noqa: E402
from lib import House, free_port, wait_for  # noqa: E402
import texts  # noqa: E402

POSTS = 300_000
TEXTS = 20_000
RULES = 100
AUTHORS = 40_000
CUSTOMERS = 4_000
BODY = 2_000  # posts of one request
BRAND = 'brand acme "Acme"\n  called "acme", "@acmecoffee", "coffee"\n  own accounts "@acme@brand.example"\nend\n\n'
WATCH = '''watch storm "A crowd"
  over posts where sentiment is below -0.3
  when count within 1 hour is at least 60000
  then
    alert "support" as critical
  end
  until quiet for 1 hour
end
'''


def rules(words, is_draft):
    """A third counts, a third rests, a third is capped; the draft asks for less or more here and there."""
    made = [BRAND]
    for i in range(RULES):
        more = ["", "    sentiment is below 0\n", "    brand is acme\n", "    author.followers is at least 500\n"][(i + (is_draft and i % 10 == 0)) % 4]
        limit = (f"  happening {2 + (i % 2) + is_draft} times within 1 day per author\n", "", "")[i % 3]
        rest = ("", "  at most once every 1 day per author\n", f"  at most {500 + 100 * is_draft} per day\n")[i % 3]
        action = ('tag author "seen" for 7 days', 'send "hi" by mail to customer', 'alert "support" as low', 'draft reply "hi" for approval by "care"')[i % 4]
        made.append(f'rule r{i} "Rule {i}"\n  when all of\n    text contains "{words[i]}"\n{more}  end\n{limit}'
                    f'  then\n    {action}\n  end\n{rest}end\n\n')
    return "".join(made) + WATCH


def make_house(house):
    source = texts.Texts()
    words = [w for w in source.words[4 * texts.KEEP_RANK:] if len(w) > 3][:3 * RULES:3]
    house.write("rules/bench.rules", rules(words, False))
    house.write("draft/bench.rules", rules(words, True))
    house.write("customers.csv", "ChannelType,Address,User.UserId,User.UserAttributes.SocialHandle\n" +
                "".join(f"EMAIL,u{n}@mail.example,u{n},@a{n}@social.example\n" for n in range(CUSTOMERS)))
    house.template("hi", "service", subject="Hi", text="Hi {{Author.Handle}}\n", reply="Hi {{Author.Handle}}!\n")


def configure(house):
    port = free_port()
    house.write("earshot.yaml", f"""
store: {{path: var/earshot.db}}
server: {{listen: "127.0.0.1:{port}"}}
customers: {{import: customers.csv}}
reply_channel: social
channels:
  mail: {{type: file, dir: out, endpoint: email, retry_first: 1 h}}
  social: {{type: file, dir: replies, endpoint: none}}
alerts:
  queues:
    support: {{notify: [], escalate_after: 7 days}}
    care: {{notify: [], escalate_after: 7 days}}
log: {{level: warn}}
""")
    return port


def body(said, first, count):
    """Each thousandth number is the author most posts come from, as it is outside: few write much."""
    lines = []
    for n in range(first, first + count):
        author = (n * 7919) % AUTHORS if n % 3 else (n * 31) % (AUTHORS // 100)
        lines.append(json.dumps({"id": f"https://social.example/posts/{n}", "source": "bench", "text": said[(n * 13) % len(said)],
                                 "lang": "en", "author": {"id": f"https://social.example/users/{author}",
                                                          "handle": f"@a{author}@social.example", "followers": author % 5000}}))
    return "\n".join(lines).encode() + b"\n"


def send(port, payload):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    while True:
        connection.request("POST", "/api/v1/posts", payload, {"Content-Type": "application/x-ndjson"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status not in (429, 503):
            break
        time.sleep(0.05)
    assert answer.status == 201, (answer.status, said[:500])
    connection.close()


def fill(port, count):
    said = texts.make(TEXTS)
    for first in range(0, count, BODY):
        send(port, body(said, first, min(BODY, count - first)))
    return said


def keep_working(port, said, is_done, sent):
    """What goes on meanwhile: some hundred posts a second."""
    number = 1_000_000_000
    while not is_done.is_set():
        send(port, body(said, number, 20))
        number += 20
        sent.append(20)
        is_done.wait(0.1)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else POSTS
    house = House("backbench")
    kept = os.environ.get("KEEP")
    if kept:
        house.dir, house.config, house.log_path = kept, os.path.join(kept, "earshot.yaml"), os.path.join(kept, "log")
        os.makedirs(kept, exist_ok=True)
    try:
        is_new = not os.path.exists(house.path("var", "earshot.db"))
        if is_new:
            make_house(house)
        port = configure(house)
        house.start(wait=False, limit_s=120)
        wait_for("the daemon", lambda: house.process.poll() is not None or os.path.exists(house.path("var", "earshot.sock")), 120)
        assert house.process.poll() is None, house.log_since_start()[-2000:]
        time.sleep(0.5)
        said = fill(port, count) if is_new else texts.make(1000)
        is_done, sent = threading.Event(), []
        worker = threading.Thread(target=keep_working, args=(port, said, is_done, sent))
        if not kept:
            worker.start()
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        run = subprocess.run([lib.EARSHOT, "backtest", "--since", "2d", "--json", "-c", house.config, house.path("draft")],
                             capture_output=True, cwd=house.dir, text=True)
        took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        is_done.set()
        if not kept:
            worker.join()
        assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
        report = json.loads(run.stdout)
        if kept:
            with open(os.path.join(kept, "report.json"), "w", encoding="utf-8") as out:
                out.write(run.stdout)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(json.dumps({"backtest": {
            "posts": report["posts"], "rules": RULES, "lanes": 2, "fired": report["draft"]["fired"],
            "matched": report["draft"]["matched"], "only_draft": report["draft"]["only_here"],
            "seconds": round(took, 2), "cpu_seconds": round(cpu, 2), "posts_per_s": round(report["posts"] / took),
            "million_in_s": round(took * 1e6 / report["posts"], 1), "posts_taken_meanwhile": sum(sent),
            "peak_mb": round(after.ru_maxrss / 1024)}}))
    finally:
        if kept:
            house.stop()
        else:
            house.close()


if __name__ == "__main__":
    main()
