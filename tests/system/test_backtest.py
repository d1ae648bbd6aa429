#!/usr/bin/env python3
"""Backtests of the real binary: the same as live, what a draft changes, the state of that day, and through the API."""
import json
import os

from lib import need, run_tests, same, wait_for
from small_house import RULES, SmallHouse

REST = RULES.replace('  then\n    send "thanks" by mail to customer\n  end',
                     '  then\n    send "thanks" by mail to customer\n  end\n  at most once every 1 hour per customer')
TWICE = RULES.replace('when text contains "broken"\n', 'when text contains "broken"\n  happening 2 times within 1 day per author\n')
WAITS = RULES.replace('when text contains "broken"\n', 'when text contains "broken"\n  unless answered within 1 minute\n')


def post(number, text, author=1, **more):
    return {"id": f"https://social.example/posts/{number}", "text": text, "source": "test",
            "author": {"id": f"https://social.example/users/{author}", "handle": f"@a{author}@social.example"}, **more}


def report(house, *words):
    return json.loads(house.verb("backtest", "--since", "1d", "--json", *words, code=0).stdout)


def rule(found, rule_id):
    return next(r for r in found["rules"] if r["id"] == rule_id)


def what_is_live_would_do_again_what_it_did():
    with SmallHouse("backtest", REST) as house:
        house.start()
        house.send(*[post(n, "I love it" if n % 2 else "it is broken", author=n % 4) for n in range(1, 41)])
        found = report(house)
        same((found["posts"], found["posts_no_longer_known"]), (40, 0), "posts")
        for r in found["rules"]:
            same((r["only_draft"], r["only_live"]), (0, 0), f"difference of {r['id']}")
        done = {}
        for d in house.items("/api/v1/decisions"):
            done[(d["rule_id"], d["outcome"])] = done.get((d["rule_id"], d["outcome"]), 0) + 1
        thanks, help_ = rule(found, "thanks"), rule(found, "help")
        same(thanks["messages"], done.get(("thanks", "queued"), 0), "messages as decided live")
        same(thanks["held"], done.get(("thanks", "held"), 0), "held as decided live")
        same(thanks["suppressed"], done.get(("thanks", "suppressed"), 0), "suppressed as decided live")
        same(help_["alerts"], done[("help", "alerted")], "alerts as decided live")
        need(thanks["messages"] > 0 and thanks["held"] > 0, f"there is something to compare: {thanks}")
        need("consent" in " ".join(found["could_not_know"]), "what could not be known")
        said = house.verb("backtest", "--since", "1d", code=0).stdout
        need("40 posts" in said and "thanks" in said and "could not be known" in said, f"for people:\n{said}")


def a_draft_differs_where_it_says_something_else():
    with SmallHouse("backdraft") as house:
        house.start()
        house.send(post(1, "I love it", 1), post(2, "I hate it", 2), post(3, "it is broken", 3), post(4, "nothing", 1))
        house.write("rules/test.rules", RULES.replace('"love"', '"hate"').replace("rule help", "rule aid"))
        found = report(house)
        thanks = rule(found, "thanks")
        same((thanks["messages"], thanks["live"]["messages"], thanks["only_draft"], thanks["only_live"]), (1, 1, 1, 1), "thanks")
        same(thanks["samples"][0]["text"], "I hate it", "a sample")
        same((rule(found, "aid")["is_live"], rule(found, "aid")["alerts"], rule(found, "help")["is_draft"]), (False, 1, False), "new and removed")
        same(len(house.items("/api/v1/decisions")), 2, "decisions afterwards")
        same([m["address"] for m in house.messages(kind="send")], ["one@mail.example"], "messages afterwards")
        # A brand that is called something else finds other posts.
        house.write("rules/test.rules", RULES.replace('called "acme"', 'called "nothing", "acme"').replace(
            'when text contains "love"', "when brand is acme"))
        same(rule(report(house), "thanks")["samples"][0]["text"], "nothing", "a changed brand matches again")


def windows_and_waiting_begin_as_they_were():
    with SmallHouse("backstate", TWICE) as house:
        house.start()
        house.send(post(1, "it is broken", 1), post(2, "it is broken", 2), post(3, "still broken", 1))
        found = rule(report(house), "help")
        same((found["fired"], found["counted"]), (1, 2), "a window")
        house.write("rules/test.rules", WAITS)
        found = rule(report(house), "help")
        same((found["waiting"], found["fired"]), (3, 0), "what is not due yet waits")


def it_runs_beside_the_daemon_through_the_api():
    with SmallHouse("backapi") as house:
        house.start()
        house.send(*[post(n, "I love it", author=n % 4) for n in range(1, 501)])
        bundle = {"rules": {"test.rules": RULES.replace('"love"', '"it"')},
                  "templates": {"thanks": {"text.hbs": "Thanks\n", "purpose": "service"}}}
        for name in os.listdir(house.path("templates", "thanks")):
            with open(house.path("templates", "thanks", name), encoding="utf-8") as text:
                bundle["templates"]["thanks"][name] = text.read()
        del bundle["templates"]["thanks"]["purpose"]
        status, answer = house.call("POST", "/api/v1/backtests", {"since": "1d", "bundle": bundle})
        same((status, answer["state"]), (202, "running"), f"started: {answer}")
        path = f"/api/v1/backtests/{answer['id']}"
        house.send(post(1000, "I love it"))
        wait_for("the backtest to end", lambda: house.call("GET", path)[1]["state"] != "running")
        status, answer = house.call("GET", path)
        same((status, answer["state"]), (200, "done"), f"ended: {answer.get('error')}")
        need(answer["report"]["posts"] >= 500, f"posts {answer['report']['posts']}")
        same(house.call("POST", path + "/stop")[0], 409, "stopping what has ended")
        same(house.call("GET", "/api/v1/backtests/99")[0], 404, "an unknown one")
        status, answer = house.call("POST", "/api/v1/backtests", {"since": "soon", "version": 1})
        same((status, answer["at"]), (400, "since"), "a time that cannot be read")
        status, answer = house.call("POST", "/api/v1/backtests", {"since": "1d", "bundle": {"rules": {"x.rules": "rule"}, "templates": {}}})
        same(status, 422, "rules with errors")


def wrong_use_is_said():
    with SmallHouse("backwrong") as house:
        for words, wanted in [(["backtest"], "--since"), (["backtest", "--since", "soon"], "soon"), (["backtest", "--since", "1d", "--until", "3d"], "before")]:
            done = house.verb(*words, code=2)
            need(wanted in done.stderr, f"{words}: {done.stderr}")
        done = house.verb("backtest", "--since", "1d", code=3)
        need("earshot.db" in done.stderr, f"no database: {done.stderr}")
        house.start()
        house.write("rules/broken.rules", 'rule oops "Oops"\n  when text contians "x"\n')
        done = house.verb("backtest", "--since", "1d", code=1)
        need("broken.rules:2:" in done.stderr, f"broken rules: {done.stderr}")


if __name__ == "__main__":
    run_tests([what_is_live_would_do_again_what_it_did, a_draft_differs_where_it_says_something_else, windows_and_waiting_begin_as_they_were,
               it_runs_beside_the_daemon_through_the_api, wrong_use_is_said])
