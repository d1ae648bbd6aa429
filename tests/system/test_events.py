#!/usr/bin/env python3
"""What customers do in apps and shops: taken once, seen by rules, explained, and bounded."""
import json
import os
import time

from lib import need, post, run_tests, same, wait_for
from small_house import SmallHouse, ago

RULES = """
rule win-back "A large order was cancelled"
  when all of
    event is "order cancelled"
    event.total is at least 20
    customer.plan is "gold"
  end
  then
    send "sorry" by file to customer
    tag customer "cancelled"
    alert "support" as high
  end
  at most once every 30 days per customer
  fires on event "Order cancelled" where event.total is 25, customer.plan is "gold"
  does not fire on event "order placed" where event.total is 25, customer.plan is "gold"
end

rule twice "Two refunds"
  when all of
    event is "refund"
  end
  happening 2 times within 1 day per customer
  then
    tag customer "refunds"
  end
end

rule after-anger "Cancelled after an angry post"
  when all of
    event.name starts with "order"
  end
  after a post within 1 day where text contains "broken"
  then
    tag customer "angry"
  end
end

rule quiet "No answer"
  when event is "ticket opened"
  unless answered within 1 minute
  then
    alert "support" as low
  end
end

rule posts-only "A post"
  when text contains "broken"
  then
    alert "support" as low
  end
end
"""


def house_of(name, rules=RULES):
    house = SmallHouse(name, rules)
    house.template("sorry", "service", text="You cancelled an order of {{Event.Properties.total}}: {{Event.Name}} ({{Event.Source}})")
    house.start()
    return house


def told(house, *events, status=201, **headers):
    body = json.dumps(events[0] if len(events) == 1 else list(events))
    have, answer = house.call("POST", "/api/v1/events", body, headers)
    same(have, status, f"status of {body[:300]}: {answer}")
    return answer


def event(number, name, customer="7", **more):
    return {"id": f"o{number}", "customer": customer, "name": name, **more}


COUNTED = ("after-anger", "", "counted")


def outcomes(house, number):
    return sorted((d["rule_id"], (d["action"].split() or [""])[0], d["outcome"]) for d in house.items("/api/v1/decisions")
                  if d["occurrence_id"] == f"e:o{number}")


def an_event_is_taken_once_and_rules_see_it():
    with house_of("events") as house:
        first = event(1, "Order Cancelled", properties={"total": 24.5, "items": [{"sku": "a"}, {"sku": "b"}]},
                      attributes={"plan": "gold"}, source="shop")
        answer = told(house, first)
        same([answer[k] for k in ("stored", "duplicates", "refused", "customers_created")], [1, 0, 0, 1], "first time")
        same(outcomes(house, 1), [COUNTED, ("win-back", "alert", "alerted"), ("win-back", "send", "queued"), ("win-back", "tag", "done")], "decisions")
        answer = told(house, first)
        same([answer[k] for k in ("stored", "duplicates")], [0, 1], "again")
        same(len(house.items("/api/v1/events")), 1, "events")
        # a cool-down holds the next one, and says so
        told(house, event(2, "order cancelled", properties={"total": "30"}))
        same({o for r, _, o in outcomes(house, 2) if r == "win-back"}, {"held"}, "the second")
        # without the conditions nothing is decided
        told(house, event(3, "order cancelled", properties={"total": 5}), event(4, "order placed", customer="8"))
        same(outcomes(house, 3) + outcomes(house, 4), [COUNTED, COUNTED], "nothing")
        status, shown = house.call("GET", "/api/v1/events/o1")
        same((status, shown["properties"]), (200, {"total": ["24.5"], "items.sku": ["a", "b"]}), "properties")
        same([e["id"] for e in house.items("/api/v1/customers/7/events")], ["o3", "o2", "o1"], "of the customer")
        status, customer = house.call("GET", "/api/v1/customers/7")
        same(customer["tags"], ["cancelled"], "tags")
        need(any(h["field"] == "attribute:plan" and h["source"] == "shop" for h in customer["history"]), f"history: {customer['history']}")
        message = wait_for("the message", lambda: house.items("/api/v1/outbox"))[-1]
        status, whole = house.call("GET", f"/api/v1/outbox/{message['id']}")
        need("order of 24.5: Order Cancelled (shop)" in json.dumps(whole), f"message: {whole}")
        alerts = house.items("/api/v1/alerts")
        same([(a["post_id"], a["count"]) for a in alerts], [("e:o1", 1)], "alert")
        status, story = house.call("GET", f"/api/v1/alerts/{alerts[0]['id']}")
        need("Order Cancelled" in json.dumps(story), f"story: {story}")


def why_tells_of_an_event():
    with house_of("events-why") as house:
        told(house, event(1, "order cancelled", properties={"total": 24}, attributes={"plan": "gold"}))
        told(house, event(2, "order cancelled", properties={"total": 5}))
        lines = house.verb("why", "e:o1", code=0).stdout
        for words in ('event is "order cancelled"', "event.total", "win-back", "fires", "order cancelled"):
            need(words in lines, f"'{words}' is missing in\n{lines}")
        need("posts-only" not in lines, f"a rule that sees posts is told of:\n{lines}")
        lines = house.verb("why", "e:o2", "win-back", code=0).stdout
        need("5" in lines and "event.total is at least 20" in lines, lines)
        status, answer = house.call("GET", "/api/v1/why?event=o1&rule=win-back")
        same((status, answer["rules"][0]["verdict"]), (200, "fired"), "as JSON")
        same(house.call("GET", "/api/v1/why?event=nothing")[0], 404, "an unknown event")
        message = house.items("/api/v1/outbox")[-1]
        need("order cancelled" in house.verb("why", message["id"], code=0).stdout, "of its message")


def windows_and_what_came_before_count_for_events():
    with house_of("events-window") as house:
        told(house, event(1, "refund"))
        same(outcomes(house, 1), [("twice", "", "counted")], "the first refund")
        told(house, event(2, "refund"))
        same(outcomes(house, 2), [("twice", "tag", "done")], "the second refund")
        told(house, event(3, "order placed", customer="c1"))
        same([o for _, _, o in outcomes(house, 3)], ["counted"], "without a post before")
        status, found = house.call("GET", "/api/v1/customers/c1")
        same(status, 200, "c1")
        linked = house.call("POST", "/api/v1/customers/c1/links", {"author": "@a1@social.example", "proof": "agent", "basis": "told us"})
        need(linked[0] < 300, f"link: {linked}")
        house.send(post(1, "it is broken", author=1))
        told(house, event(4, "order placed", customer="c1"))
        same(outcomes(house, 4), [("after-anger", "tag", "done")], "after the post")
        # the account names its customer
        told(house, {"id": "o5", "author": "@a1@social.example", "name": "order placed"})
        same([e["id"] for e in house.items("/api/v1/customers/c1/events")], ["o5", "o4", "o3"], "by the account")


def a_rule_waits_after_an_event():
    with house_of("events-wait") as house:
        told(house, event(1, "ticket opened", at=ago(59)))
        same([o for _, _, o in outcomes(house, 1)], ["waiting"], "it waits")
        house.kill()
        house.start()
        wait_for("the timer", lambda: ("quiet", "alert", "alerted") in outcomes(house, 1))
        need("not answered" in house.verb("why", "e:o1", code=0).stdout, "why")


def what_cannot_be_taken_is_told_one_by_one():
    with house_of("events-bad") as house:
        answer = told(house, {"id": "a", "customer": "7", "name": "x"}, {"name": "x"}, {"customer": "7"},
                      {"customer": "7", "name": "x", "at": "yesterday"}, {"customer": "7", "name": "x", "propertys": {}},
                      {"endpoint": {"channel": "email", "address": "nobody@example.org"}, "name": "x"}, 5,
                      {"author": "@nobody@social.example", "name": "x"}, {"customer": "7", "name": "y" * 300})
        same((answer["stored"], answer["refused"]), (1, 8), f"{answer}")
        same([e["index"] for e in answer["errors"]], [1, 2, 3, 4, 6, 8, 5, 7], "places")
        need("did you mean" in answer["errors"][3]["reason"], f"{answer['errors'][3]}")
        told(house, {"name": "x"}, status=400)
        same(house.call("POST", "/api/v1/events", "{")[0], 400, "a broken body")
        same(house.call("POST", "/api/v1/events", "")[0], 400, "an empty body")
        lines = '{"id":"l1","customer":"7","name":"x"}\n\n{"bad\n{"id":"l2","customer":"7","name":"x"}\n'
        status, answer = house.call("POST", "/api/v1/events", lines)
        same((status, answer["stored"], answer["refused"]), (201, 2, 1), "lines")
        # the address leads to the customer who has it
        told(house, {"id": "e1", "customer": "9", "name": "x", "endpoints": [{"channel": "EMAIL", "address": "nine@example.org"}]})
        told(house, {"id": "e2", "endpoint": {"channel": "email", "address": "nine@example.org"}, "name": "y"})
        same([e["id"] for e in house.items("/api/v1/customers/9/events")], ["e2", "e1"], "by the address")
        same(house.verb("people", "events", "9", "--json", code=0).stdout.count('"id"'), 2, "people events")
        need("nine" in house.verb("people", "show", "9", code=0).stdout, "the address")
        # an answer that was lost is given again
        one = told(house, event(50, "x"), **{"Idempotency-Key": "k"})
        same(told(house, event(50, "x"), **{"Idempotency-Key": "k"}), one, "the same answer")


def old_events_decide_nothing_and_say_why():
    with house_of("events-old") as house:
        told(house, event(1, "refund", at=ago(3 * 3600)), event(2, "refund", at=ago(-3600)))
        stored = {e["id"]: e for e in house.items("/api/v1/events")}
        need(stored["o2"]["at"] <= ago(-2), "the future is now")
        held = [d for d in house.items("/api/v1/decisions") if d["occurrence_id"] == "e:o1"]
        same([d["outcome"] for d in held], ["held"], "the old one")
        need("older than" in held[0]["note"], f"note: {held[0]}")


def a_backtest_replays_events_among_posts():
    with house_of("events-backtest", RULES.replace("30 days per", "2 days per")) as house:
        told(house, event(1, "order cancelled", properties={"total": 24}, attributes={"plan": "gold"}))
        house.send(post(1, "it is broken", author=1))
        told(house, event(2, "refund"), event(3, "refund"))
        house.write("draft.rules", RULES.replace("at least 20", "at least 50"))
        report = json.loads(house.verb("backtest", "--since", "1d", "--json", "draft.rules").stdout)
        rules = {r["id"]: r for r in report["rules"]}
        same((rules["win-back"]["fired"], rules["win-back"]["live"]["fired"]), (0, 1), f"{rules['win-back']}")
        same((rules["twice"]["fired"], rules["twice"]["counted"]), (1, 1), f"{rules['twice']}")
        same(report["events"], 3, "events")
        same(rules["posts-only"]["fired"], 1, "posts")


if __name__ == "__main__":
    run_tests([an_event_is_taken_once_and_rules_see_it, why_tells_of_an_event, windows_and_what_came_before_count_for_events,
               a_rule_waits_after_an_event, what_cannot_be_taken_is_told_one_by_one, old_events_decide_nothing_and_say_why,
               a_backtest_replays_events_among_posts])
