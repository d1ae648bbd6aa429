#!/usr/bin/env python3
"""Which posts decide nothing: they are stored, scored and counted, and what was decided is kept with its reason."""
import json
import os

from lib import need, post, run_tests, same, wait_for
from small_house import RULES, Feed, SmallHouse, ago


def check_held(house, number, reason, rules=("thanks",)):
    """The post is stored and scored; each rule's decision is there, held back, and says why."""
    stored = house.post(number)
    need(stored["sentiment"]["label"] in ("negative", "neutral", "positive"), f"no score: {stored}")
    found = house.decisions(number)
    same(sorted({d["rule_id"] for d in found}), sorted(rules), "rules that decided")
    for d in found:
        same(d["outcome"], "held", f"outcome of {d['rule_id']}")
        need(reason in d["note"], f"'{reason}' is missing in the note '{d['note']}'")
        need(d["reason"], "no reason")
    return stored


def check_nothing_left(house):
    same(house.messages(), [], "messages")
    same(house.items("/api/v1/alerts"), [], "alerts")


def a_post_older_than_act_within_decides_nothing():
    with SmallHouse("old") as house:
        house.start()
        house.send(post(1, "I love acme, broken or not", author=1, created_at=ago(2 * 3600 + 60)))
        check_held(house, 1, "older than 2 hours", ("thanks", "help"))
        check_nothing_left(house)
        house.send(post(2, "I love acme", author=1, created_at=ago(2 * 3600 - 60)))
        same(house.outcomes(2), [("thanks", "queued")], "a post just young enough")
        same(house.metric("earshot_posts_stored_total"), 2, "stored")


def act_within_is_the_rules_own():
    rules = RULES.replace('then\n    send', 'then\n    send', 1).replace(
        'rule help "Help"\n', 'rule help "Help"\n  act within 10 minutes\n')
    with SmallHouse("within", rules) as house:
        house.start()
        house.send(post(1, "love it, it is broken", author=1, created_at=ago(1200)))
        same(house.outcomes(1), [("help", "held"), ("thanks", "queued")], "outcomes")
        need("10 min" in next(d for d in house.decisions(1) if d["rule_id"] == "help")["note"], "the note names the limit")


def a_post_from_the_future_is_judged_by_when_it_was_fetched():
    with SmallHouse("future") as house:
        house.start()
        house.send(post(1, "I love acme", author=1, created_at=ago(-86400 * 365)))
        same(house.outcomes(1), [("thanks", "queued")], "outcomes")
        need(house.decisions(1)[0]["event_at"] <= ago(-5), "event time is at most the time it was fetched")
        same(house.post(1)["created_at"], ago(-86400 * 365)[:10] + house.post(1)["created_at"][10:], "both times are kept")


def the_first_fetch_of_a_polled_source_decides_nothing():
    feed = Feed()
    feed.add("old", "I love acme")
    feed.add("older", "it is broken")
    with SmallHouse("first", sources=f"{{news: {{type: feed, url: '{feed.url}', interval: 1 s}}}}") as house:
        try:
            house.start()
            wait_for("the first posts", lambda: house.metric("earshot_posts_stored_total") == 2)
            found = house.decisions()
            same(sorted((d["rule_id"], d["outcome"]) for d in found), [("help", "held"), ("thanks", "held")], "first fetch")
            need(all("first fetch" in d["note"] for d in found), f"notes: {[d['note'] for d in found]}")
            feed.add("new", "now it is broken")
            wait_for("the new entry", lambda: house.metric("earshot_posts_stored_total") == 3)
            same(len(house.items("/api/v1/alerts")), 1, "alerts of what came later")
            # A restart is no first fetch.
            house.stop()
            feed.add("meanwhile", "broken again")
            house.start()
            wait_for("the entry of meanwhile", lambda: len(house.items("/api/v1/posts")) == 4)
            same(house.items("/api/v1/alerts")[0]["state"], "open", "alert")
            same(sum(a["count"] for a in house.items("/api/v1/alerts")), 2, "posts in alerts")
        finally:
            feed.close()


def an_empty_first_fetch_was_one():
    feed = Feed()
    with SmallHouse("empty", sources=f"{{news: {{type: feed, url: '{feed.url}', interval: 1 s}}}}") as house:
        try:
            house.start()
            feed.wait_polled(2)
            feed.add("new", "it is broken")
            wait_for("the alert", lambda: len(house.items("/api/v1/alerts")) == 1)
        finally:
            feed.close()


def posts_of_the_brands_own_accounts_decide_nothing():
    with SmallHouse("own") as house:
        house.start()
        own = post(1, "We love acme", created_at=ago(5))
        own["author"].update(id="https://brand.example/users/acme", handle="@ACME@brand.example")
        house.send(own)
        check_held(house, 1, "own account")
        check_nothing_left(house)


def a_repost_decides_nothing_unless_the_rule_says_so():
    rules = RULES.replace('rule help "Help"\n', 'rule help "Help"\n  include reposts\n')
    with SmallHouse("repost", rules) as house:
        house.start()
        house.send(post(1, "I love acme, though broken", author=1, repost_of="https://social.example/posts/0"))
        same(house.outcomes(1), [("help", "alerted"), ("thanks", "held")], "outcomes")
        held = next(d for d in house.decisions(1) if d["outcome"] == "held")
        need("repost" in held["note"], f"note: {held['note']}")
        same(house.messages(kind="send"), [], "messages")


def an_edit_is_a_revision_and_no_second_decision():
    with SmallHouse("edit") as house:
        house.start()
        house.send(post(1, "I love acme", author=1))
        same(house.outcomes(1), [("thanks", "queued")], "outcomes")
        before = house.post(1)
        answer = house.send(post(1, "I love acme and it is broken", author=1))
        same((answer["stored"], answer["revised"]), (0, 1), "revised")
        after = house.post(1)
        same((before["revision"], after["revision"]), (0, 1), "revision")
        same(after["text"], "I love acme and it is broken", "text")
        same(house.outcomes(1), [("thanks", "queued")], "outcomes after the edit")
        answer = house.send(post(1, "I love acme and it is broken", author=1))
        same((answer["revised"], answer["duplicates"]), (0, 1), "the same again")
        check_later_edit_does_not_fire(house)


def check_later_edit_does_not_fire(house):
    house.send(post(2, "nothing to see", author=2))
    house.send(post(2, "I love acme", author=2))
    same(house.outcomes(2), [], "a rule decides once per post, also when it did not fire")
    same(house.metric("earshot_posts_revised_total"), 2, "revised")
    same(len(house.messages(kind="send")), 1, "messages")


def a_deletion_removes_the_text_and_cancels_what_waits():
    with SmallHouse("deleted") as house:
        house.start()
        house.verb("outbox", "stop", code=0)
        house.send(post(1, "I love acme very privately", author=1), post(2, "I love acme", author=2))
        same(len(house.messages(kind="send", state="held")), 2, "messages that wait")
        answer = house.send({"id": "https://social.example/posts/1", "text": "", "deleted": True})
        same(answer["deleted"], 1, "deleted")
        gone = house.post(1)
        need("privately" not in json.dumps(gone) and gone["deleted"], f"the text is there: {gone}")
        states = sorted((m["address"], m["state"]) for m in house.messages(kind="send"))
        same(states[0][1] == "held", False, f"the message of the deleted post: {states}")
        same(states[1], ("two@mail.example", "held"), "the other message")
        cancelled = next(m for m in house.messages(kind="send") if m["address"] == "one@mail.example")
        need("deleted" in cancelled["reason"], f"reason: {cancelled['reason']}")
        house.verb("outbox", "resume", code=0)
        house.wait_sent(1)
        same(os.listdir(house.path("out"))[0][:-4], house.messages(state="sent", kind="send")[0]["id"], "the file")
        same(len(os.listdir(house.path("out"))), 1, "files")
        same(house.send(post(1, "I love acme", author=1))["duplicates"], 1, "seen again after the deletion")
        same(house.metric("earshot_posts_deleted_total"), 1, "deleted")
        need("privately" not in open_bytes(house), "the text is still in the database file")


def open_bytes(house):
    house.stop()
    with open(house.path("var", "earshot.db"), "rb") as db:
        return db.read().decode("latin-1")


def a_deletion_that_comes_first_keeps_the_post_out():
    with SmallHouse("deleted-first") as house:
        house.start()
        house.send({"id": "https://social.example/posts/1", "text": "", "deleted": True})
        same(house.send(post(1, "I love acme", author=1))["stored"], 0, "stored")
        same(house.outcomes(1), [], "outcomes")


def the_same_post_through_two_sources_is_one_post():
    with SmallHouse("two") as house:
        lines = "".join(json.dumps(post(n, "I love acme", author=1 + n % 2)) + "\n" for n in range(2))
        house.write("one.ndjson", lines)
        house.write("two.ndjson", lines)
        house.configure(sources="{one: {type: replay, file: one.ndjson}, two: {type: replay, file: two.ndjson}}")
        house.start()
        wait_for("both sources", lambda: house.metric("earshot_posts_duplicate_total") == 2)
        same(house.metric("earshot_posts_stored_total"), 2, "stored")
        house.wait_sent(2)
        same(len(house.decisions()), 2, "decisions")
        same(len(os.listdir(house.path("out"))), 2, "files")
        same(house.send(post(0, "I love acme", author=1))["duplicates"], 1, "a third time")


if __name__ == "__main__":
    run_tests([a_post_older_than_act_within_decides_nothing, act_within_is_the_rules_own,
               a_post_from_the_future_is_judged_by_when_it_was_fetched, the_first_fetch_of_a_polled_source_decides_nothing,
               an_empty_first_fetch_was_one, posts_of_the_brands_own_accounts_decide_nothing,
               a_repost_decides_nothing_unless_the_rule_says_so, an_edit_is_a_revision_and_no_second_decision,
               a_deletion_removes_the_text_and_cancels_what_waits, a_deletion_that_comes_first_keeps_the_post_out,
               the_same_post_through_two_sources_is_one_post])
