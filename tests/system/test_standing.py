#!/usr/bin/env python3
"""Who is listened to and who is early: counted for each post, shown, asked by rules, and after kill -9 what the posts say."""
import json
import random
import re
import threading

from lib import House, need, post, run_tests, same

RULES = """
brand acme "Acme"
  called "acme"
  own accounts "@acmecoffee@social.example"
end

rule early "Thank those who come early"
  when author is an early adopter
  then
    tag author "early"
  end
end

rule heard "Those who are listened to about it"
  when author.topic_influence is at least 40
  then
    tag author "heard"
  end
end
"""

CONFIG = """
sources: {}
people:
  adoption: {authors: 20, burn_in: 0 seconds}
"""


def house(name, rules=RULES):
    made = House(name)
    with open(made.config, "a", encoding="utf-8") as out:
        out.write(CONFIG)
    made.write("rules/acme.rules", rules)
    made.start()
    return made


def say(made, posts):
    status, answer = made.call("POST", "/api/v1/posts", posts)
    need(status in (200, 201), f"posts were answered with {status}: {answer}")


def weeks(standing):
    return {kind: round(standing[kind]["weeks"], 2) for kind in ("reposts", "quotes", "replies", "mentions")} if standing else None


def who_is_spoken_of_has_influence_on_that_topic():
    h = house("standing")
    try:
        say(h, [post(1, "a recipe #coffee", author=1)])
        say(h, [post(100 + n, "so true #coffee", author=100 + n, reply_to="https://social.example/posts/1") for n in range(30)])
        say(h, [post(200, "hello @acmecoffee@social.example and @nobody@social.example", author=200)])
        seen = json.loads(h.verb("people", "influence", "@a1@social.example", "--json", code=0).stdout)
        same(weeks(seen["endorsements"]), {"reposts": 0, "quotes": 0, "replies": 30, "mentions": 0}, "endorsements")
        need(26 <= seen["endorsements"]["endorsers"] <= 34, f"endorsers: {seen['endorsements']['endorsers']}")
        same(seen["topics"][0]["topic"], "#coffee", "topic")
        need("endorsed" not in seen["influence"]["assumed"], "the endorsed part is not assumed")
        say(h, [post(300, "more of it #Coffee", author=1)])
        tags = h.call("GET", "/api/v1/authors/@a1@social.example")[1]["tags"]
        same(tags, ["heard"], "tags by the rule")
        why = h.verb("why", "https://social.example/posts/300", code=0).stdout
        need(re.search(r"influence \d+ of 100 on what the post is about", why), why)
        text = h.verb("people", "influence", "@a1@social.example", code=0).stdout
        need("#coffee" in text, text)
    finally:
        h.close()


def who_is_early_again_and_again_is_named_and_told_why():
    h = house("adopters")
    try:
        number = 1000
        for tag in ("one", "two", "three", "four"):
            for author in [7] + [1000 + number + n for n in range(24)]:
                say(h, [post(number, f"look #{tag}", author=author)])
                number += 1
        say(h, [post(number, "hello again", author=7)])
        same(h.call("GET", "/api/v1/authors/@a7@social.example")[1]["tags"], ["early"], "tags by the rule")
        found = json.loads(h.verb("people", "adopters", "--json", code=0).stdout)["items"]
        same([one["handle"] for one in found], ["@a7@social.example"], "early adopters")
        same(found[0]["early_on"], "the first 5 % on #four and three others", "in words")
        why = h.verb("why", f"https://social.example/posts/{number}", code=0).stdout
        need("an early adopter: was among the first 5 % on #four and three others" in why, why)
        need("@a7@social.example" in h.verb("people", "adopters", code=0).stdout, "the list names them")
    finally:
        h.close()


WORDS = RULES + """
list drinks "Drinks"
  "cold brew", "Nitro Latte", "espresso tonic", "affogato", "#tagged"
end

list lands "Countries, which are words of English as well"
  "at", "it", "look"
end

rule drinkers "Who speaks of drinks"
  when text contains any of list drinks
  then
    tag author "drinks"
  end
end

rule near "Near"
  when customer.plan is one of list lands
  then
    tag author "near"
  end
end
"""


def words_of_lists_are_what_people_are_early_on():
    h = house("adopters-words", WORDS)
    try:
        number = 5000
        for word in ("a cold brew", "NITRO latte!", "Espresso Tonic", "affogatos? no: affogato"):
            for author in [7] + [number + n for n in range(24)]:
                say(h, [post(number, f"look at {word}, it is new", author=author)])
                number += 1
        say(h, [post(number, "again", author=8, repost_of="https://social.example/posts/5000"), post(number + 1, "hello again", author=7)])
        names = sorted(r[0] for r in h.database().execute("SELECT name FROM items WHERE state <> 4"))
        same(names, ["t:affogato", "t:cold brew", "t:espresso tonic", "t:nitro latte"], "items")
        same(h.call("GET", "/api/v1/authors/@a7@social.example")[1]["tags"], ["drinks", "early"], "tags by the rules")
        found = json.loads(h.verb("people", "adopters", "--json", code=0).stdout)["items"]
        same([(one["handle"], one["early_on"]) for one in found], [("@a7@social.example", "the first 5 % on affogato and three others")], "early adopters")
    finally:
        h.close()


def after_kills_standing_is_what_the_posts_say():
    h = house("standing-kills")
    rng = random.Random(20261122)
    posts = [post(n, "first", author=n) for n in range(20)]
    for n in range(20, 900):
        target = rng.randrange(20)
        how = rng.choice(["reply_to", "repost_of", "quote_of", "mentions"])
        value = [f"@a{target}@social.example"] if how == "mentions" else f"https://social.example/posts/{target}"
        posts.append(post(n, f"word {n} #t{rng.randrange(5)}", author=20 + rng.randrange(200), **{how: value}))
    try:
        for kill in range(8):
            timer = threading.Timer(0.05 + rng.random() * 0.4, h.kill)
            timer.start()
            try:
                for at in range(0, len(posts), 30):
                    h.call("POST", "/api/v1/posts", posts[at:at + 30])
            except OSError:
                pass
            timer.join()
            h.start()
        for at in range(0, len(posts), 30):
            say(h, posts[at:at + 30])
        want = {n: {"reposts": 0, "quotes": 0, "replies": 0, "mentions": 0} for n in range(20)}
        names = {"reply_to": "replies", "repost_of": "reposts", "quote_of": "quotes"}
        for p in posts[20:]:
            for member, kind in names.items():
                if p.get(member):
                    want[int(p[member].rsplit("/", 1)[1])][kind] += 1
            for mention in p.get("mentions", []):
                want[int(mention.split("@")[1][1:])]["mentions"] += 1
        for n, counts in want.items():
            seen = h.call("GET", f"/api/v1/authors/@a{n}@social.example/influence")[1]
            have = weeks(seen["endorsements"])
            for kind, count in counts.items():
                need(abs(have[kind] - count) < 0.02 * count + 0.01, f"a{n}: {kind} {have[kind]}, want {count}")
    finally:
        h.close()


run_tests([who_is_spoken_of_has_influence_on_that_topic, who_is_early_again_and_again_is_named_and_told_why, words_of_lists_are_what_people_are_early_on,
           after_kills_standing_is_what_the_posts_say])
