#!/usr/bin/env python3
"""Segments through the real daemon: judged with the change, imported from a file, judged anew when other rules go live, and the same after kill -9."""
import math
import random
import time

from lib import need, run_tests, same, wait_for
from small_house import SmallHouse, ago

CUSTOMERS = 300
KILLS = 6
SEED = 20261123

RULES = """
segment gold "Gold"
  when customer.plan is "gold"
end

segment vip "Picked by hand" imported
end

segment best "Best"
  when all of
    customer is in segment gold
    customer is not in segment vip
  end
end
"""


def csv_of(plans):
    return "ChannelType,Address,OptOut,User.UserId,User.UserAttributes.plan\n" + "".join(
        f"EMAIL,p{n}@mail.example,NONE,u{n},{plan}\n" for n, plan in plans.items())


def house_of(plans):
    house = SmallHouse("segments", RULES, customers=csv_of(plans))
    house.start()
    return house


def segment(house, name):
    return house.call("GET", f"/api/v1/segments/{name}")[1]


def members(house, name):
    ids, after = set(), ""
    while True:
        answer = house.call("GET", f"/api/v1/segments/{name}/members?limit=100{after}")[1]
        ids |= {row["customer"] for row in answer["items"]}
        if answer["next"] is None:
            return ids
        after = f"&after={answer['next']}"


def take(house, plans):
    status, answer = house.call("POST", "/api/v1/customers/import", csv_of(plans).encode(), raw=True)
    same(status, 200, f"import: {answer}")


def settled(house):
    wait_for("everybody to be judged", lambda: all(s["finished"] for s in house.call("GET", "/api/v1/segments")[1]["items"]))


def gold_of(plans):
    return {f"u{n}" for n, plan in plans.items() if plan == "gold"}


def members_follow_the_change_and_a_file():
    plans = {n: "gold" if n % 3 == 0 else "basic" for n in range(30)}
    with house_of(plans) as house:
        settled(house)
        same(members(house, "gold"), gold_of(plans), "gold")
        shown = segment(house, "gold")
        same(shown["members"], 10, "how many")
        same([(v["attribute"], [(s["values"], s["customers"]) for s in v["seen"]]) for v in shown["values"]],
             [("plan", [(["basic"], 20), (["gold"], 10)])], "which values there are")
        need('"plan" is "gold"' in shown["in_words"], shown["in_words"])
        house.write("vip.csv", "customer_id\nu0\n\"u3\"\nnobody\n")
        said = house.verb("segments", "import", "vip", house.path("vip.csv"), code=0).stdout
        need("added:" in said and "nobody" in said, said)
        same(members(house, "vip"), {"u0", "u3"}, "vip")
        same(members(house, "best"), gold_of(plans) - {"u0", "u3"}, "best")
        status, answer = house.call("POST", "/api/v1/segments/vip/members", {"add": ["u0"]})
        same((status, answer["added"], answer["unchanged"]), (200, 0, 1), "sent again")
        status, answer = house.call("POST", "/api/v1/segments/vip/members", {"replace": ["u6"]})
        same((answer["added"], answer["removed"]), (1, 2), "replaced")
        same(members(house, "best"), gold_of(plans) - {"u6"}, "best")
        same(house.call("POST", "/api/v1/segments/gold/members", {"add": ["u1"]})[0], 409, "not imported")
        same(house.call("GET", "/api/v1/segments/nosuch")[0], 404, "no such segment")
        same(house.call("POST", "/api/v1/segments/vip/members", {"add": "u1"})[0], 400, "no array")
        same(house.call("POST", "/api/v1/segments/vip/members", {"add": [1]})[0], 400, "no id")
        take(house, {0: "basic", 1: "gold"})
        same("u0" in members(house, "gold"), False, "left with the change")
        same("u1" in members(house, "best"), True, "entered with the change")
        history = house.call("GET", "/api/v1/customers/u1")[1]["history"]
        need(any(h["field"] == "segment:best" and h["old"] is None for h in history), "the history says it")
        need("gold" in house.verb("segments", code=0).stdout, "the list")
        need("u1" in house.verb("segments", "members", "best", "--limit", "100", code=0).stdout, "members")
        house.verb("segments", "show", "nosuch", code=1)
        house.verb("segments", "import", "vip", code=2)


DRAFT = """
segment gold "Gold or silver"
  when customer.plan is one of "gold", "silver"
end

segment new "Not best"
  when customer is not in segment best
end
"""


def an_estimate_of_many_says_how_far_it_may_be_off():
    with house_of({}) as house:
        rows = "".join(f"EMAIL,p{n}@mail.example,NONE,m{n},{('gold', 'basic', 'basic', 'basic')[n % 4]}\n" for n in range(12000))
        house.verb("import", house.write("many.csv", "ChannelType,Address,OptOut,User.UserId,User.UserAttributes.plan\n" + rows), code=0)
        text = 'segment quarter "A quarter"\n  when customer.plan is "gold"\nend\nsegment none "Nobody"\n  when customer.plan is "iron"\nend\n'
        status, answer = house.call("POST", "/api/v1/segments/estimate", {"text": text})
        same((status, answer["is_estimate"]), (200, True), f"{answer}")
        of_all = answer["customers"] - answer["judged"]
        quarter, none = answer["segments"]
        exact = math.sqrt(0.25 * 0.75 / answer["judged"] * of_all / answer["customers"]) * answer["customers"]
        need(abs(quarter["margin"] - exact) <= 2 + exact / 20, f"margin {quarter['margin']}, by the formula {exact}")
        need(abs(quarter["would_have"] - 3000) <= 5 * quarter["margin"], f"{quarter}")
        need(none["would_have"] == 0 and none["margin"] >= 1, f"nobody of those judged: {none}")


def an_estimate_says_who_would_be_in_and_changes_nothing():
    plans = {n: ("gold", "silver", "basic")[n % 3] for n in range(30)}
    with house_of(plans) as house:
        settled(house)
        status, answer = house.call("POST", "/api/v1/segments/estimate", {"text": DRAFT})
        same((status, answer["customers"], answer["judged"], answer["is_estimate"]), (200, 30, 30, False), f"{answer}")
        same([(s["id"], s["members"], s["would_have"], s["come"], s["go"], s["share"]) for s in answer["segments"]],
             [("gold", 10, 20, 10, 0, 0.666), ("new", 0, 10, 10, 0, 0.333)], "gold with silver; best asks for gold")
        same([s["margin"] for s in answer["segments"]], [0, 0], "all were looked at")
        need(set(answer["segments"][1]["sample"]) <= {f"u{n}" for n in range(30) if n % 3 == 2}, "who")
        status, answer = house.call("POST", "/api/v1/segments/estimate", {"text": DRAFT, "id": "best"})
        same([(s["id"], s["members"], s["would_have"]) for s in answer["segments"]], [("best", 10, 20)], "a live one that follows")
        same(segment(house, "gold")["members"], 10, "nothing went live")
        for body, wanted in [({"text": "segment x \"X\"\n when sentiment is below 0\nend\n"}, 422), ({"text": "segment"}, 422),
                             ({"text": DRAFT, "id": "nosuch"}, 404), ({"text": DRAFT, "id": "vip"}, 400), ({"text": "# nothing\n"}, 400),
                             ({}, 400), ({"text": 5}, 400), ({"text": "", "file": "../x"}, 400)]:
            same(house.call("POST", "/api/v1/segments/estimate", body)[0], wanted, f"{body}")
        house.write("new.rules", DRAFT)
        said = house.verb("segments", "estimate", house.path("new.rules"), "new", code=0).stdout
        need("would_have" in said and "new" in said, said)
        house.write("wrong.rules", 'segment wrong "Wrong"\n  when custmer.plan is "gold"\nend\n')
        told = house.verb("segments", "estimate", house.path("wrong.rules"), code=1).stderr
        need("wrong.rules:2:" in told and "R0" in told, f"what is wrong is told: {told}")
        house.verb("segments", "estimate", code=2)
        house.verb("segments", "estimate", house.path("nosuch.rules"), code=3)
        house.write("rules/test.rules", RULES.replace('"gold"', '"silver"'))
        said = house.verb("plan", "--since", "0s", code=1).stdout
        need("segment gold: 10 members now, 10 then: 10 come, 10 go" in said, said)
        need("segment best: 10 members now, 10 then" in said, "what asks for it changes, too: " + said)


def a_customer_says_their_segments_now_and_then():
    with house_of({0: "gold", 1: "basic"}) as house:
        settled(house)
        time.sleep(1.1)  # times are told in whole seconds
        then = ago(0)
        time.sleep(1.1)
        take(house, {0: "basic", 1: "gold"})
        def ids(path):
            found = house.call("GET", path)[1]
            return [s["id"] for s in found.get("customer", found).get("segments", [])]
        same(ids("/api/v1/customers/u0"), [], "u0 now")
        same(ids("/api/v1/customers/u1"), ["best", "gold"], "u1 now")
        same(ids(f"/api/v1/customers/u0?at={then}"), ["best", "gold"], "u0 then")
        same(ids(f"/api/v1/customers/u1?at={then}"), [], "u1 then")
        now = house.call("GET", "/api/v1/customers/u1")[1]["segments"]
        need(all(s["since"] > then for s in now), f"since {now}")
        need("gold" in house.verb("people", "show", "u1", code=0).stdout, "people show")


def a_kill_leaves_members_as_judging_from_nothing_would():
    rng = random.Random(SEED)
    plans = {n: rng.choice(["gold", "basic"]) for n in range(CUSTOMERS)}
    with house_of(plans) as house:
        for _ in range(KILLS):
            change = {n: rng.choice(["gold", "basic"]) for n in rng.sample(range(CUSTOMERS), 40)}
            take(house, change)
            plans.update(change)
            house.kill()
            house.start()
            settled(house)
            same(members(house, "gold"), gold_of(plans), "gold after a kill")
            same(segment(house, "best")["members"], len(gold_of(plans)), "the count")


if __name__ == "__main__":
    run_tests([members_follow_the_change_and_a_file, an_estimate_of_many_says_how_far_it_may_be_off,
               an_estimate_says_who_would_be_in_and_changes_nothing,
               a_customer_says_their_segments_now_and_then, a_kill_leaves_members_as_judging_from_nothing_would])
