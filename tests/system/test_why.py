#!/usr/bin/env python3
"""earshot why: windows, timers, hours, pauses, crowds, old versions and rollbacks, after restarts as well."""
import json
import time

from lib import need, post, run_tests, same, wait_for
from small_house import RULES, SmallHouse, ago, post_id

BRAND = """
brand acme "Acme"
  called "acme"
  own accounts "@acme@brand.example"
end
"""


def says(house, wanted, *words, unwanted=()):
    said = house.verb("why", *words, code=0).stdout
    for text in wanted:
        need(text in said, f"why {' '.join(words)}: '{text}' is missing:\n{said}")
    for text in unwanted:
        need(text not in said, f"why {' '.join(words)}: '{text}' is there:\n{said}")
    return said


def clock(minutes):
    """A time of the day so many minutes from now, in UTC."""
    return time.strftime("%H:%M", time.gmtime(time.time() + 60 * minutes))


def a_window_says_how_many_it_has_counted_also_after_a_restart():
    rules = BRAND + """
rule again "Twice in a week"
  when text contains "broken"
  happening 2 times within 7 days per customer
  then
    send "thanks" by mail to customer
  end
end
"""
    with SmallHouse("why-window", rules) as house:
        house.start()
        house.send(post(1, "it is broken", author=1), post(2, "it is broken", author=99))
        counted = ["is true, and not enough yet", "counted: 1 of 2 within 7 days per customer", 'true     text contains "broken"']
        says(house, counted, post_id(1), "again")
        says(house, ["no customer to count per: the author is not linked to one"], post_id(2), "again")
        house.kill()
        house.start()
        house.send(post(3, "still broken", author=1))
        says(house, ["again \"Twice in a week\": fires", "queued: send \"thanks\" by mail to customer"], post_id(3), "again")
        says(house, counted, post_id(1), "again")


def a_rule_that_waits_says_until_when_and_then_what_came_of_it():
    rules = BRAND + """
rule silence "Nobody answered"
  when text contains "question"
  unless answered within 1 minute
  then
    alert "support" as normal
  end
end

rule later "In an hour"
  when text contains "question"
  unless answered within 1 hour
  then
    alert "support" as normal
  end
end

rule after "Praise, then a question"
  when text contains "question"
  after a post within 3 days where text contains "lovely"
  then
    alert "support" as normal
  end
end
"""
    with SmallHouse("why-timer", rules) as house:
        house.start()
        answer = post(2, "we are on it", created_at=ago(80), reply_to=post_id(1))
        answer["author"] = {"id": "https://brand.example/acme", "handle": "@acme@brand.example"}
        house.send(post(1, "a question", created_at=ago(90), author=1), answer, post(3, "a question", created_at=ago(90), author=2))
        wait_for("both timers", lambda: len([d for d in house.decisions() if d["rule_id"] == "silence"]) >= 4)
        says(house, ["is held back", "waiting: waits until", "held: answered at"], post_id(1), "silence")
        says(house, ["fires", "not answered within 1 minute", "alerted: alert"], post_id(3), "silence")
        says(house, ["is true, and waits", "waiting: waits until", "for an answer"], post_id(3), "later")
        says(house, ["there was no such post before", "after: does not count", 'false    text contains "lovely"'], post_id(3), "after")
        house.send(post(4, "lovely", author=3), post(5, "a question", author=3))
        says(house, ["after \"Praise, then a question\": fires"], post_id(5), "after")
        says(house, ["rule 'after' remembers it for its author"], post_id(4))
        house.kill()
        house.start()
        house.send({"id": post_id(3), "text": "", "deleted": True})
        says(house, ["it no longer waits", "no longer known"], post_id(3), "later", unwanted=["a question"])


def hours_pauses_and_limits_say_what_held_it():
    rules = BRAND + f"""
rule quiet "In quiet hours"
  when text contains "night"
  then
    send "thanks" by mail to customer
  end
  not between {clock(-60)} and {clock(120)} customer time
end

rule limited "At most one"
  when text contains "limit"
  then
    alert "support" as low
  end
  at most 1 per day
end

rule promo "A promotion"
  when text contains "promo"
  then
    send "offer" by mail to customer
  end
end
"""
    with SmallHouse("why-held", rules) as house:
        house.template("offer", "marketing", subject="An offer", text="Buy\n")
        house.start()
        house.send(post(1, "late at night", author=1), post(2, "limit", author=1), post(3, "limit", author=2))
        says(house, ["fires", "waits until", "not between"], post_id(1), "quiet")
        message = next(m["id"] for m in house.messages(kind="send"))
        says(house, ["decided", "by rule quiet of rules version 1, applied", "waited for the hours its rule allows, until", post_id(1)], message[:8])
        says(house, ["is held back", "held: at most 1 per day"], post_id(3), "limited")
        house.verb("pause", "limited", "--reason", "it says too much", code=0)
        house.verb("pause", "promotions", "--reason", "bad news", code=0)
        house.send(post(4, "limit", author=3), post(5, "promo", author=1))
        said = says(house, ["is held back", "the rule is paused", "it says too much"], post_id(4), "limited")
        need("at most 1 per day" not in said, f"two reasons at once:\n{said}")
        house.verb("resume", "limited", code=0)
        house.verb("resume", "promotions", code=0)
        # What held it then is said, not what is so now.
        says(house, ["the rule is paused", "it says too much"], post_id(4), "limited")
        says(house, ["suppressed: send \"offer\" by mail to customer", "promotions are paused", "bad news"], post_id(5), "promo")


def what_an_old_version_decided_is_told_by_that_version_also_after_a_rollback():
    with SmallHouse("why-version", RULES) as house:
        house.start()
        house.send(post(1, "I love it", author=1))
        newer = RULES.replace('contains "love"', 'contains "hate"') + """
rule fresh "Fresh"
  when text contains "love"
  then
    alert "support" as low
  end
end
"""
        house.write("rules/test.rules", newer)
        house.verb("apply", "--reason", "love is out", code=0)
        house.send(post(2, "I love it", author=2))
        says(house, ['true     text contains "love"', "rules version 1"], post_id(1), "thanks", unwanted=["hate"])
        says(house, ["it came with version 2"], post_id(1), "fresh")
        said = says(house, ["does not fire", 'because text contains "hate" was false', "rules version 2"], "not", post_id(2), "thanks")
        need("fires" not in said.replace("does not fire", ""), f"why not:\n{said}")
        house.verb("rollback", "1", code=0)
        house.send(post(3, "I love it", author=3))
        says(house, ["rules version 3", 'true     text contains "love"'], post_id(3), "thanks")
        says(house, ['text contains "hate" was false'], post_id(2), "thanks")
        says(house, ["rules version 2", "fires"], post_id(2), "fresh")
        house.kill()
        house.start()
        says(house, ['text contains "hate" was false'], post_id(2), "thanks")
        found = json.loads(house.verb("why", post_id(2), "thanks", "--json", code=0).stdout)
        same(found["rules"][0]["first_missing"], {"condition": 'text contains "hate"', "truth": "false", "seen": "none of them"}, "as JSON")
        need("no rule 'nobody'" in house.verb("why", post_id(1), "nobody", code=1).stderr, "a rule that never was")


def a_crowd_tells_what_it_saw_then_and_sees_now():
    rules = BRAND + """
watch storm "A crowd"
  over posts where text contains "awful"
  when all of
    count within 10 minutes is at least 3
    authors within 10 minutes is at least 2
  end
  then
    alert "support" as critical
    pause promotions
  end
  until quiet for 30 minutes
end

rule promo "A promotion"
  when text contains "promo"
  then
    send "offer" by mail to customer
  end
end
"""
    customers = """ChannelType,Address,OptOut,User.UserId,User.UserAttributes.FirstName,User.UserAttributes.SocialHandle
EMAIL,one@mail.example,NONE,u1,One,@a1@social.example
"""
    with SmallHouse("why-crowd", rules, customers=customers) as house:
        house.template("offer", "marketing", subject="An offer", text="Buy\n")
        house.start()
        says(house, ["watch storm", "it saw no crowd yet", "(seen: 0)"], "storm")
        house.send(*[post(n, "awful service", author=n) for n in range(1, 4)])
        wait_for("the incident", lambda: house.items("/api/v1/incidents"))
        house.send(post(4, "promo", author=1), post(5, "awful again", author=7))
        then = ["incident 1, since", "under way", "count within 10 minutes 3 is at least 3", "authors within 10 minutes 3 is at least 2",
                "alerted: alert", "done: pause promotions", "(seen: 4)", "it counted 4 posts:", post_id(1), "awful service"]
        says(house, then, "storm")
        says(house, then, "incident", "1")
        says(house, ["watch storm \"A crowd\", over posts: counts"], post_id(1))
        says(house, ["over posts: does not count"], post_id(4), "storm")
        says(house, ["suppressed: send \"offer\" by mail to customer", "promotions are paused", "watch storm"], post_id(4), "promo")
        house.kill()
        house.start()
        says(house, then, "incident", "1")
        found = json.loads(house.verb("why", "storm", "--json", code=0).stdout)
        same((found["incident"]["id"], len(found["incident"]["began"]), found["posts_counted"]), (1, 2, 4), "as JSON")
        # Another watch under the same id: the incident is told by the one of then.
        house.write("rules/test.rules", rules.replace('"awful"', '"dreadful"'))
        house.verb("apply", code=0)
        said = says(house, ["now", "(seen:"], "incident", "1")
        need("dreadful" not in said.split("\nnow\n")[0], f"told by the watch of now:\n{said}")
        same(house.verb("why", "incident", "9", code=1).returncode, 1, "no such incident")


run_tests([a_window_says_how_many_it_has_counted_also_after_a_restart, a_rule_that_waits_says_until_when_and_then_what_came_of_it,
           hours_pauses_and_limits_say_what_held_it, what_an_old_version_decided_is_told_by_that_version_also_after_a_rollback,
           a_crowd_tells_what_it_saw_then_and_sees_now])
