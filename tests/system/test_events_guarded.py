#!/usr/bin/env python3
"""What customers do decides as posts do: shares, hours, offers, caps and approvals hold for events, and count together with posts."""
import time

from lib import need, post, run_tests, same, wait_for
from small_house import CUSTOMERS, RULES, SmallHouse

EVENT_RULE = """
rule {id} "A rule"
  when event is "{what}"
  then
    send "thanks" by mail to customer{offer}
  end
{guard}
end
"""


def rule(name, guard, offer="", what="ordered"):
    return EVENT_RULE.format(id=name, what=what, guard=guard, offer=offer)


NAMES = [f"k{n}" for n in range(60)] + [f"n{n}" for n in range(7)] + ["here", "away"]


def a_house(name, rules, **parts):
    """Everybody has agreed to mail."""
    return SmallHouse(name, rules, customers=CUSTOMERS + "".join(f"EMAIL,{n}@mail.example,NONE,{n},,\n" for n in NAMES), **parts)


def told(house, number, customer, what="ordered"):
    """One event, and what was decided on it: (outcome, reason and note)."""
    status, answer = house.call("POST", "/api/v1/events", {"id": f"o{number}", "customer": customer, "name": what})
    same((status, answer["stored"]), (201, 1), f"event {number}: {answer}")
    return decided(house, f"e:o{number}")


def decided(house, occurrence):
    found = [d for d in house.items("/api/v1/decisions") if d["occurrence_id"] == occurrence]
    return [(d["outcome"], f"{d['reason']} {d['note']}") for d in found]


def a_share_of_customers_is_the_same_for_every_event():
    rules = rule("share", "  canary 50%")
    with a_house("events-canary", rules) as house:
        house.start()
        first = {n: told(house, n, f"k{n}") for n in range(60)}
        ins = {n for n, d in first.items() if d[0][0] == "queued"}
        need(12 < len(ins) < 48, f"{len(ins)} of 60 are in a half")
        need(all("canary 50%" in d[0][1] for n, d in first.items() if n not in ins), f"{first}")
        again = {n for n in range(60) if told(house, 100 + n, f"k{n}")[0][0] == "queued"}
        same(again, ins, "the same customers again")
        why = house.verb("why", f"e:o{min(set(range(60)) - ins)}", "share", code=0).stdout
        need("canary" in why, why)


def hours_are_the_customers_own():
    hour = time.gmtime().tm_hour
    with a_house("events-hours", rule("noon", f"  not between {hour:02d}:00 and {(hour + 2) % 24:02d}:00 customer time")) as house:
        house.start()
        for name, zone in (("here", "Etc/UTC"), ("away", "Etc/GMT-6")):
            same(house.call("PUT", f"/api/v1/customers/{name}", {"timezone": zone})[0], 200, name)
        told(house, 1, "here")
        told(house, 2, "away")
        sent = wait_for("the message", lambda: house.items("/api/v1/outbox?state=sent"))
        same([m["customer_id"] for m in sent], ["away"], "where it is another hour")
        waits = [m for m in house.items("/api/v1/outbox") if m["customer_id"] == "here"]
        need(len(waits) == 1 and waits[0]["state"] in ("ready", "held") and waits[0]["next_at"] > sent[0]["created_at"], f"{waits}")


def codes_of_an_offer_are_one_each_until_none_is_left():
    rules = rule("gift", "", " with offer ten")
    with a_house("events-offer", rules, more="offers: {ten: {codes: codes.csv}}") as house:
        house.write("codes.csv", "code\nA-1\nA-2\nA-3\n")
        house.template("thanks", "service", subject="Ten", text="Your code: {{Offer.Code}}\n")
        house.start()
        got = [told(house, n, f"k{n}")[0] for n in range(5)]
        same([o for o, _ in got], 3 * ["queued"] + 2 * ["suppressed"], f"{got}")
        need(all("code" in words or "offer" in words for _, words in got[3:]), f"{got[3:]}")
        outcome, words = told(house, 10, "k0")[0]
        same(outcome, "suppressed", f"one a person: {words}")
        same(sorted(m["offer_code"] for m in house.items("/api/v1/outbox")), ["A-1", "A-2", "A-3"], "codes")


def caps_count_events_and_posts_together():
    rules = RULES + rule("two", "  at most 2 per day per customer") + rule("five", "  at most 5 in total", what="signed up")
    with a_house("events-caps", rules, limits="{per_person_per_day: 3}") as house:
        house.start()
        got = [told(house, n, "k1")[0] for n in range(4)]
        same([o for o, _ in got], ["queued", "queued", "held", "held"], f"{got}")
        need("at most 2 per day" in got[2][1], got[2][1])
        # the person's day: two by events, one by the post of the account, then none of either
        same([told(house, 10 + n, "u1")[0][0] for n in range(2)], ["queued", "queued"], "of u1")
        house.send(post(1, "I love it", author=1))
        same([o for o, _ in decided(house, post(1, "x")["id"])], ["queued"], "the third is a post's")
        outcome, words = told(house, 20, "u1", "signed up")[0]
        same(outcome, "suppressed", f"the day of a person: {words}")
        house.send(post(2, "I love it", author=1))
        same([o for o, _ in decided(house, post(2, "x")["id"])], ["suppressed"], "and for posts")
        got = [told(house, 30 + n, f"n{n}", "signed up")[0] for n in range(7)]
        same([o for o, _ in got].count("queued"), 5, f"what was suppressed has used up nothing: {got}")


def messages_of_an_event_wait_for_approval():
    with a_house("events-approval", rule("ask", '  approval by "social team"')) as house:
        house.start()
        outcome, words = told(house, 1, "k1")[0]
        need("approval by 'social team'" in words, f"{outcome}: {words}")
        waits = house.items("/api/v1/outbox")
        same([(m["state"], m["team"]) for m in waits], [("held", "social team")], "it waits")
        house.verb("outbox", "approve", waits[0]["id"], code=0)
        wait_for("it to be sent", lambda: house.items("/api/v1/outbox?state=sent"))
        shown = house.verb("why", waits[0]["id"], code=0).stdout
        need("ordered" in shown, shown)


if __name__ == "__main__":
    run_tests([a_share_of_customers_is_the_same_for_every_event, hours_are_the_customers_own,
               codes_of_an_offer_are_one_each_until_none_is_left, caps_count_events_and_posts_together, messages_of_an_event_wait_for_approval])
