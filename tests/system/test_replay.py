#!/usr/bin/env python3
"""earshot replay: rules over a file of posts on a virtual clock; decisions as NDJSON; nothing is sent, nothing is written."""
import json
import os

from lib import need, post, run_tests, same
from small_house import SmallHouse

RULES = """
rule weekly "Weekly"
  when text contains "love"
  then
    send "thanks" by mail to customer
  end
  at most once every 3 days per customer
end

rule window "Window"
  from 2026-03-02 09:00 until 2026-03-03 09:00 in Europe/Berlin
  when text contains "launch"
  then
    tag author "there"
  end
end

rule first-two "First two"
  when text contains "first"
  then
    tag author "early"
  end
  at most 2 in total
end
"""


def day(number, hour=12, minute=0):
    return f"2026-03-{number:02d}T{hour:02d}:{minute:02d}:00Z"


def replay(house, posts, *words, code=0, text=None):
    """The decisions of a replay."""
    if posts is not None:
        house.write("posts.ndjson", "".join((p if isinstance(p, str) else json.dumps(p)) + "\n" for p in posts))
    done = house.verb("replay", "--posts", "posts.ndjson" if text is None else "-", *words, code=code, text=text)
    return [json.loads(line) for line in done.stdout.splitlines()], done


def brief(decisions):
    return [(d["rule_id"], d["occurrence_id"].rsplit("/", 1)[1], d["outcome"]) for d in decisions]


def a_cool_down_runs_over_days_from_the_last_firing():
    with SmallHouse("cool", RULES) as house:
        posts = [post(n, "I love it", author=1, created_at=day(n)) for n in range(1, 9)]
        posts.append(post(20, "I love it", author=2, created_at=day(8, 13)))
        found, _ = replay(house, posts)
        same(brief(found), [("weekly", "1", "queued"), ("weekly", "4", "queued"), ("weekly", "7", "queued"), ("weekly", "20", "queued")],
             "decisions")
        same([d["at"] for d in found][:2], [day(1), day(4)], "at")
        same(found[0]["subject"], "c:u1", "subject")
        need(found[0]["reason"] and found[0]["action"], f"reason and action: {found[0]}")
        held, _ = replay(house, None, "--all")
        same(len(held), 9, "with what was held")
        need(all(d["outcome"] == "held" and d["note"] for d in held if d not in found), "held ones say why")


def a_window_opens_and_closes_at_its_minute_in_its_zone():
    with SmallHouse("window", RULES) as house:
        times = [day(2, 7, 59), day(2, 8, 0), day(3, 7, 59), day(3, 8, 0)]  # Berlin is an hour ahead
        found, _ = replay(house, [post(n, "launch", created_at=at) for n, at in enumerate(times)])
        same(brief(found), [("window", "1", "done"), ("window", "2", "done")], "decisions")


def a_total_is_a_total():
    with SmallHouse("total", RULES) as house:
        found, _ = replay(house, [post(n, "first", created_at=day(n)) for n in range(1, 5)], "--all")
        same(brief(found), [("first-two", str(n), "done" if n < 3 else "held") for n in range(1, 5)], "decisions")


def a_person_who_takes_no_mail_gets_none():
    with SmallHouse("consent", RULES) as house:
        found, _ = replay(house, [post(1, "I love it", author=3, created_at=day(1)), post(2, "I love it", author=77, created_at=day(1))], "--all")
        same(brief(found), [("weekly", "1", "suppressed"), ("weekly", "2", "held")], "decisions")
        need("customer" in found[1]["note"], f"note: {found[1]['note']}")
        need("opted out" in found[0]["note"] or "consent" in found[0]["note"], f"note: {found[0]['note']}")


def other_customers_may_be_given():
    with SmallHouse("customers", RULES) as house:
        house.write("other.csv", "ChannelType,Address,OptOut,User.UserId,User.UserAttributes.FirstName,User.UserAttributes.SocialHandle\n"
                                 "EMAIL,x@mail.example,NONE,x77,Xena,@a77@social.example\n")
        posts = [post(1, "I love it", author=77, created_at=day(1)), post(2, "I love it", author=1, created_at=day(1))]
        found, _ = replay(house, posts, "--customers", "other.csv")
        same([(d["subject"], d["outcome"]) for d in found],
             [("c:x77", "queued")], "decisions")
        bad, done = replay(house, None, "--customers", "none.csv", code=3)
        need("none.csv" in done.stderr and not bad, f"said: {done.stderr}")


def other_customers_get_the_configured_codes():
    rules = 'rule gift "Gift"\n  when text contains "love"\n  then\n    send "gift" by mail to customer with offer ten\n  end\nend\n'
    with SmallHouse("gifts", rules, more="offers: {ten: {codes: codes.csv}}") as house:
        house.write("codes.csv", "code\nAA11\n")
        house.template("gift", "service", subject="Gift", text="{{Offer.Code}}\n")
        house.write("other.csv", "ChannelType,Address,OptOut,User.UserId,User.UserAttributes.SocialHandle\n"
                                 "EMAIL,x@mail.example,NONE,x77,@a77@social.example\nEMAIL,y@mail.example,NONE,x78,@a78@social.example\n")
        posts = [post(1, "I love it", author=77, created_at=day(1)), post(2, "I love it", author=78, created_at=day(1))]
        found, _ = replay(house, posts, "--customers", "other.csv")
        same([(d["subject"], d["outcome"]) for d in found], [("c:x77", "queued"), ("c:x78", "suppressed")], "decisions")
        need("no code left" in found[1]["note"], f"note: {found[1]['note']}")


def the_same_file_gives_the_same_bytes():
    with SmallHouse("same", RULES) as house:
        posts = [post(n, ["I love it", "launch", "first"][n % 3], author=n % 5, created_at=day(1 + n // 10, n % 10)) for n in range(60)]
        one = replay(house, posts, "--all")[1].stdout
        two = replay(house, None, "--all")[1].stdout
        need(one == two and len(one.splitlines()) > 20, "two replays differ")
        piped = replay(house, None, "--all", text=open(house.path("posts.ndjson")).read())[1].stdout
        same(piped, one, "from standard input")


def nothing_is_written_and_nothing_sent():
    with SmallHouse("nothing", RULES) as house:
        before = sorted(os.listdir(house.dir)) + ["posts.ndjson"]
        replay(house, [post(1, "I love it", author=1, created_at=day(1))])
        same(sorted(os.listdir(house.dir)), sorted(before), "files")


def bad_lines_are_told_and_the_others_go_on():
    with SmallHouse("bad", RULES) as house:
        posts = ["{not json", post(1, "I love it", author=1, created_at=day(1)), '{"text": 5}', "",
                 post(2, "I love it", author=2, created_at=day(1))]
        found, done = replay(house, posts, code=1)
        same(brief(found), [("weekly", "1", "queued"), ("weekly", "2", "queued")], "decisions")
        need("line 1" in done.stderr and "line 3" in done.stderr, f"said: {done.stderr}")


def a_text_is_all_a_post_needs():
    with SmallHouse("text", RULES) as house:
        found, _ = replay(house, [{"text": "the first"}, {"text": "the first", "created_at": day(2)}, {"text": "first", "id": "x/3"}], "--all")
        same([(d["rule_id"], d["outcome"]) for d in found], [("first-two", "suppressed")] * 3, "nobody is tagged: nothing counts")


def hashtags_and_mentions_in_the_text_are_tags_and_mentions():
    rules = """
rule tag "Tag"
  when post.tag is "acmelaunch"
  then
    tag author "there"
  end
end

rule mention "Mention"
  when post.mention is "@acme"
  then
    tag author "spoke"
  end
end
"""
    with SmallHouse("tags", rules) as house:
        posts = [post(1, "at #AcmeLaunch with @Acme"), post(2, "nothing", tags=["acmelaunch"], mentions=["acme"]),
                 post(3, "at #acmelaunch", tags=["other"]), post(4, "acmelaunch"), post(5, "\uff03acmelaunch")]
        found, _ = replay(house, posts)
        same(sorted(brief(found)), [("mention", "1", "done"), ("mention", "2", "done"), ("tag", "1", "done"), ("tag", "2", "done"),
                                    ("tag", "5", "done")], "decisions")


def an_own_account_is_known_by_handle_id_and_address():
    own = '''
brand shop "Shop"
  called "shop"
  own accounts "@shop@brand.example", "https://brand.example/users/77", "https://brand.example/@store"
end

rule all "All"
  when brand is shop
  then
    tag author "seen"
  end
end
'''
    authors = [{"id": "x:1", "handle": "Shop@Brand.example"}, {"id": "https://brand.example/users/77"},
               {"id": "x:3", "url": "https://brand.example/@store"}, {"id": "x:4", "handle": "@store@brand.example"},
               {"id": "x:5", "url": "https://brand.example/@shop"}, {"id": "x:6", "handle": "@shop@else.example"},
               {"id": "x:7", "url": "https://brand.example/@shopper", "name": "shop"}]
    with SmallHouse("own", own) as house:
        posts = [dict(post(n + 1, "shop"), author=a) for n, a in enumerate(authors)]
        found, _ = replay(house, posts, "--all")
        same(brief(found), [("all", str(n), "held" if n < 6 else "done") for n in range(1, 8)], "decisions")


REMEMBERED = """
brand acme "Acme"
  called "acme"
  own accounts "@acme@social.example"
end

rule sorry "Sorry"
  when text contains "awful"
  then
    send "thanks" by mail to customer
  end
  at most once every 30 days per customer
end

rule stayed "It did not help"
  when text contains "awful"
  after "thanks" was sent within 7 days
  then
    tag author "lost"
  end
end

rule unanswered "Unanswered"
  when text contains "broken"
  unless answered within 2 hours
  then
    alert "support" as high
  end
end

rule first-a "First A, then B"
  when text contains "buy"
  after a post within 3 days where text contains "hello"
  then
    tag author "keen"
  end
end

watch storm "A crowd"
  over posts where text contains "terrible"
  when all of
    count within 10 minutes is at least 3
    authors within 10 minutes is at least 3
  end
  then
    alert "support" as critical
    pause promotions
  end
  until quiet for 30 minutes
end
"""


def what_rules_wait_for_falls_due_between_the_posts_and_behind_them():
    with SmallHouse("wait", REMEMBERED) as house:
        posts = [post(1, "it is broken", created_at=day(1)), post(2, "broken too", created_at=day(1, 12, 5)),
                 post(3, "broken as well", created_at=day(1, 12, 6)),
                 dict(post(4, "sorry", created_at=day(1, 13), reply_to=post(2, "")["id"]),
                      author={"id": "https://social.example/users/acme", "handle": "@acme@social.example"}),
                 post(5, "a quiet day", created_at=day(1, 14, 5))]
        found, _ = replay(house, posts, "--all")
        same(brief(found), [("unanswered", "1", "waiting"), ("unanswered", "2", "waiting"), ("unanswered", "3", "waiting"),
                            ("unanswered", "1", "alerted"), ("unanswered", "2", "held"), ("unanswered", "3", "alerted")], "decisions")
        same([d["at"] for d in found][3:], [day(1, 14), day(1, 14, 5), day(1, 14, 6)], "at")
        need("answered at 2026-03-01T13:00:00Z" in found[4]["note"], found[4]["note"])
        found, _ = replay(house, posts)
        same(brief(found), [("unanswered", "1", "alerted"), ("unanswered", "3", "alerted")], "without --all")


def one_thing_after_another_and_a_message_that_did_not_help():
    with SmallHouse("after", REMEMBERED) as house:
        posts = [post(1, "awful", author=1, created_at=day(1)), post(2, "still awful", author=1, created_at=day(2)),
                 post(3, "awful", author=77, created_at=day(2)), post(4, "awful", author=1, created_at=day(9)),
                 post(5, "buy", author=5, created_at=day(10)), post(6, "hello", author=5, created_at=day(10, 13)),
                 post(7, "buy", author=5, created_at=day(12)), post(8, "buy", author=5, created_at=day(14))]
        found, _ = replay(house, posts)
        same(brief(found), [("sorry", "1", "queued"), ("stayed", "2", "done"), ("first-a", "7", "done")],
             "decisions")


def a_crowd_begins_once_and_can_come_back():
    with SmallHouse("crowd", REMEMBERED) as house:
        posts = [post(n, "terrible", created_at=day(1, 12, n)) for n in range(1, 9)]
        posts += [post(n, "terrible", created_at=day(2, 12, n)) for n in range(11, 15)]
        found, _ = replay(house, posts)
        same([(d["rule_id"], d["at"], d["outcome"]) for d in found],
             [("storm", day(n, 12, m), o) for n, m in ((1, 3), (2, 13)) for o in ("alerted", "done")], "decisions")
        need("is at least 3" in found[0]["reason"], found[0]["reason"])
        need(found[1]["note"] == "no promotions until it is over", found[1]["note"])


def a_watch_for_silence_does_not_wait_for_ever():
    silence = """
watch silent "Silent"
  over posts where text contains "love"
  when count within 1 hour is below 1
  then
    alert "support" as high
  end
end
"""
    with SmallHouse("silence", silence) as house:
        posts = [post(1, "I love it", created_at=day(1)), post(2, "a word", created_at=day(1, 14))]
        found, _ = replay(house, posts)
        same([(d["rule_id"], d["at"], d["outcome"]) for d in found], [("silent", day(1, 13), "alerted")], "decisions")


def drafts_are_given_by_path_and_their_errors_are_shown():
    with SmallHouse("paths", RULES) as house:
        house.write("draft/a.rules", 'rule draft "Draft"\n  when text contains "love"\n  then\n    tag author "x"\n  end\nend\n')
        house.write("draft/broken.txt", "no rules file\n")
        found, _ = replay(house, [post(1, "I love it", author=1, created_at=day(1))], "draft")
        same(brief(found), [("draft", "1", "done")], "decisions")
        house.write("bad.rules", 'rule draft "Draft"\n  when text contians "love"\n  then\n    tag author "x"\n  end\nend\n')
        found, done = replay(house, None, "bad.rules", code=1)
        need("bad.rules:2:" in done.stderr and "contains" in done.stderr, f"said: {done.stderr}")
        same(found, [], "decisions")


def wrong_use_says_so():
    with SmallHouse("use", RULES) as house:
        need("--posts" in house.verb("replay", code=2).stderr, "no file")
        need("gone.ndjson" in house.verb("replay", "--posts", "gone.ndjson", code=3).stderr, "a file that is not there")


PEOPLE = """segment gold "Gold customers"
  when all of
    customer.plan is "gold"
    customer allows email
  end
end

rule cancelled "A gold customer cancelled twice"
  when all of
    event is "order cancelled"
    event.total is at least 10
    customer is in segment gold
  end
  happening 2 times within 7 days per customer
  then
    alert "support" as high
  end
end

rule angry "Angry, and linked"
  when all of
    text contains "angry"
    customer is in segment gold
    link.proof is "imported handle"
    customer.events_30d is at least 2
    customer.marketing_consent_age is below 30 days
  end
  then
    set customer "care" to "high"
  end
end
"""


def event(customer, at, **more):
    return {"kind": "event", "customer": customer, "name": "order cancelled", "at": at, "properties": {"total": 24.5}} | more


def what_customers_did_stands_between_the_posts():
    with SmallHouse("events", RULES + PEOPLE) as house:
        ours = {"id": "u1", "attributes": {"plan": ["gold"], "SocialHandle": ["@a1@social.example"]},
                "endpoints": [{"id": "e1", "channel": "email", "address": "one@mail.example"}],
                "consents": [{"channel": "email", "purpose": p, "given": True, "source": "form"} for p in ("service", "marketing")]}
        house.write("customers.jsonl", json.dumps(ours) + "\n" + json.dumps({"id": "u2", "attributes": {"plan": ["basic"]}}) + "\n")
        lines = [event("u1", day(1)), event("u2", day(1, 12, 1)), event("u1", day(1, 12, 2), properties={"total": 9}),
                 event("u1", day(3), id="second"), event("u1", day(3, 12, 1), id="second"),
                 post(1, "so angry", author=1, created_at=day(4), kind="post"), post(2, "so angry", author=2, created_at=day(4))]
        found, _ = replay(house, lines, "--customers", house.path("customers.jsonl"))
        same([(d["rule_id"], d["occurrence_id"].rsplit("/", 1)[-1], d["outcome"], d["subject"]) for d in found],
             [("cancelled", "e:second", "alerted", "c:u1"), ("angry", "1", "done", "c:u1")], "decisions")
        same([d["at"] for d in found], [day(3), day(4)], "at their times")


def a_line_that_is_neither_is_told_and_left_out():
    with SmallHouse("lines", RULES + PEOPLE) as house:
        lines = [{"kind": "receipt", "id": "x"}, {"kind": 7, "text": "first"}, event("u1", day(1), customr="u1"),
                 {"kind": "event", "author": "@nobody@social.example", "name": "x"}, '{"kind":"event"',
                 {"kind": "\x1b[31m"}, event("u1", day(1), **{"\x9b31m": 1}), post(1, "first", created_at=day(2))]
        found, done = replay(house, lines, code=1)
        same(brief(found), [("first-two", "1", "done")], "decisions")
        for n, word in enumerate(("'receipt'", "a number", '"customr"', "linked to no customer", ""), 1):
            need(f"line {n}: " in done.stderr and word in done.stderr, f"line {n}: {done.stderr}")
        need("'?[31m'" in done.stderr and '"?31m"' in done.stderr, f"nothing drives a terminal: {done.stderr!r}")


if __name__ == "__main__":
    run_tests([a_cool_down_runs_over_days_from_the_last_firing, a_window_opens_and_closes_at_its_minute_in_its_zone, a_total_is_a_total, what_customers_did_stands_between_the_posts,
               a_line_that_is_neither_is_told_and_left_out,
               a_person_who_takes_no_mail_gets_none, other_customers_may_be_given, other_customers_get_the_configured_codes,
               the_same_file_gives_the_same_bytes,
               nothing_is_written_and_nothing_sent, bad_lines_are_told_and_the_others_go_on, a_text_is_all_a_post_needs,
               hashtags_and_mentions_in_the_text_are_tags_and_mentions, an_own_account_is_known_by_handle_id_and_address,
               what_rules_wait_for_falls_due_between_the_posts_and_behind_them, one_thing_after_another_and_a_message_that_did_not_help,
               a_crowd_begins_once_and_can_come_back,
               a_watch_for_silence_does_not_wait_for_ever, drafts_are_given_by_path_and_their_errors_are_shown, wrong_use_says_so])
