#!/usr/bin/env python3
"""Accounts become customers through the real daemon: by an agent, by suggestions, and by codes that a kill uses neither twice nor up."""
import random
import threading
import time

from lib import Failure, need, post, run_tests, same
from small_house import SmallHouse

CUSTOMERS = 12
KILLS = 8
SEED = 20261122

RULES = """
rule who-is-it "Whom are we talking to?"
  when all of
    text contains "it is me"
    customer is not known
  end
  then suggest link
end
"""


def house_of(customers):
    rows = "".join(f"EMAIL,person{n}@mail.example,NONE,u{n},Person,\n" for n in range(customers))
    house = SmallHouse("links", RULES, more="people: {code_prefix: acme}",
                       customers="ChannelType,Address,OptOut,User.UserId,User.UserAttributes.FirstName,User.UserAttributes.SocialHandle\n" + rows)
    house.start()
    return house


def told(house, *posts):
    status, answer = house.call("POST", "/api/v1/posts", list(posts))
    need(status in (200, 201), f"posts: {status} {answer}")


def code_of(house, customer):
    status, answer = house.call("POST", f"/api/v1/customers/{customer}/link-codes", {"who": "mira"})
    same(status, 200, f"a code for {customer}")
    return answer["code"]


def links_of(house, customer):
    return house.call("GET", f"/api/v1/customers/{customer}/links")[1]["items"]


def a_code_links_whoever_posts_it_once():
    with house_of(2) as house:
        shown = house.verb("people", "code", "u0", "--for", "2 hours", "--as", "mira", code=0).stdout
        code = next(line.split()[1] for line in shown.splitlines() if line.startswith("code:"))
        told(house, post(1, "acme-2222-AAAA-AAAA"), post(2, f"I was given {code.lower()}!"), post(3, code))
        same([(l["author_id"][-2:], l["proof"], l["confidence"]) for l in links_of(house, "u0")], [("a2", "code", 98)], "links")
        need(code not in house.log(), "the code stands in the log")
        database = open(house.path("var", "earshot.db"), "rb").read() + open(house.path("var", "earshot.db-wal"), "rb").read()
        same(database.count(code.replace("-", "")[4:].encode()), 0, "the code without its hyphens in the database")
        table = house.verb("people", "codes", "u0", code=0).stdout
        need("used" in table and "mira" in table, table)
        # an agent displaces, and ends
        house.verb("people", "link", "u1", "@a2@social.example", "--basis", "looked twice", "--as", "mira", code=0)
        need("was linked to customer 'u1'" in links_of(house, "u0")[0]["unlink_reason"], "why it ended")
        house.verb("people", "unlink", "u1", "@a2@social.example", "--reason", "a namesake", code=0)
        house.verb("people", "unlink", "u1", "@a2@social.example", "--reason", "again", code=1)
        need("a namesake" in house.verb("people", "links", "u1", code=0).stdout, "the list says why")


def a_suggestion_is_a_link_when_somebody_accepts_it():
    with house_of(2) as house:
        told(house, post(1, "it is me, person0@mail.example"), post(2, "it is me, person1@mail.example"))
        found = house.items("/api/v1/link-suggestions")
        same([(s["customer_id"], s["confidence"]) for s in found], [("u1", 50), ("u0", 50)], "suggestions")
        same(links_of(house, "u0"), [], "nothing by itself")
        house.verb("people", "accept", str(found[1]["id"]), code=0)
        house.verb("people", "dismiss", str(found[0]["id"]), code=0)
        house.verb("people", "dismiss", str(found[0]["id"]), code=1)
        same([l["proof"] for l in links_of(house, "u0")], ["agent"], "accepted")
        told(house, post(3, "it is me, person1@mail.example", author=2), post(4, "it is me", author=1))
        same(house.items("/api/v1/link-suggestions"), [], "it does not come back")
        notes = {d["occurrence_id"][-1]: d["note"] for d in house.items("/api/v1/decisions")}
        same(notes["1"], "1 customer suggested, the best at 50 %", "what the rule says")
        same("4" in notes, False, "a customer is known now")


def hand_over(house, posts, answered):
    """Until all posts were acknowledged, whatever dies meanwhile."""
    waiting = list(posts)
    while waiting:
        batch = waiting[:3]
        try:
            status, _ = house.call("POST", "/api/v1/posts", batch)
            if status in (200, 201):
                waiting = waiting[len(batch):]
                answered.append(len(batch))
                continue
        except (OSError, Failure, AttributeError, ValueError):
            pass
        except Exception:  # half an answer of a daemon that was killed
            pass
        time.sleep(0.01)


def codes_are_good_exactly_once_however_often_the_daemon_dies():
    rng = random.Random(SEED)
    with house_of(CUSTOMERS) as house:
        codes = [code_of(house, f"u{n}") for n in range(CUSTOMERS)]
        posts = []
        for n in range(CUSTOMERS * 40):
            text = rng.choice(codes) if rng.random() < 0.2 else f"hello {n}"
            posts.append(post(n, f"look: {text}", author=n))
        answered = []
        giver = threading.Thread(target=hand_over, args=(house, posts, answered))
        giver.start()
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.02, 0.25))
            if not giver.is_alive():
                break
            house.kill()
            house.start()
        giver.join(120)
        need(not giver.is_alive(), "the posts were never taken")
        first = {}
        for p in posts:
            for n, code in enumerate(codes):
                if code in p["text"]:
                    first.setdefault(n, p["author"]["id"])
        for n in range(CUSTOMERS):
            links = [l["author_id"] for l in links_of(house, f"u{n}")]
            same(links, [first[n]] if n in first else [], f"links of u{n}")
            listed = house.call("GET", f"/api/v1/customers/u{n}/link-codes")[1]["items"]
            same([c["author_id"] for c in listed], [first.get(n)], f"code of u{n}")
        with house.database() as db:
            torn = db.execute("SELECT count(*) FROM links l WHERE proof = 'code' AND NOT EXISTS "
                              "(SELECT 1 FROM subject_joins j WHERE j.from_subject = 'a:' || l.author_id)").fetchone()[0]
            same(torn, 0, "links without their counters joined")
            seen = db.execute("SELECT count(*) FROM posts p JOIN links l ON l.linked_at_ms <= p.fetched_at_ms "
                              "JOIN authors a ON a.author_no = p.author_no AND a.id = l.author_id "
                              "WHERE p.subject <> 'c:' || l.customer_id").fetchone()[0]
            same(seen, 0, "posts that linked their author and are counted as a stranger's")


if __name__ == "__main__":
    run_tests([a_code_links_whoever_posts_it_once, a_suggestion_is_a_link_when_somebody_accepts_it,
               codes_are_good_exactly_once_however_often_the_daemon_dies])
