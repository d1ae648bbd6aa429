#!/usr/bin/env python3
"""The command line: exit codes, help, JSON, with and without a daemon; outbox, alerts, rules, why."""
import json
import os
import subprocess
import time

from lib import EARSHOT, House, need, post, run_tests, same, wait_for
from small_house import RULES, SmallHouse, ago, post_id

VERBS = ["run", "check", "score", "train", "spikes", "replay", "why", "rules", "outbox", "pause", "resume", "alerts", "people", "sources", "status", "import", "export", "bench"]

WITH_DRAFTS = RULES + """
rule nice "Nice"
  when text contains "wonderful"
  then
    draft reply "reply" for approval by "team"
  end
end

rule urgent "Urgent"
  when text contains "lawsuit"
  then
    alert "support" as critical
  end
end
"""


def earshot(*words, text=None):
    return subprocess.run([EARSHOT, *words], input=text, capture_output=True, text=True, timeout=60, cwd="/")


def every_verb_has_help_with_an_example():
    for verb in VERBS:
        done = earshot(verb, "-h")
        same((done.returncode, done.stderr), (0, ""), f"{verb} -h")
        need(done.stdout.startswith(f"usage: earshot {verb}"), f"{verb}: {done.stdout[:80]}")
        need(f"\nexample:\n  " in done.stdout and f"earshot {verb}" in done.stdout.split("example:")[1], f"{verb}: no example")
        same(earshot(verb, "--help").stdout, done.stdout, "--help")
        need(verb in earshot("--help").stdout, f"{verb} is not in the list")
        same(earshot(verb, "--no-such-flag").returncode, 2, f"{verb} with an unknown flag")
    same(earshot("--help").returncode, 0, "--help")
    same(earshot("--version").stdout.split()[0], "earshot", "--version")
    need("earshot" in earshot("--man").stdout and "complete" in earshot("--completion").stdout, "man page and completion")
    done = earshot("outbx")
    need(done.returncode == 2 and "outbox" in done.stderr, f"a slip in the verb: {done.stderr}")
    done = earshot("alerts", "--sate", "open")
    need(done.returncode == 2 and "--state" in done.stderr, f"a slip in a flag: {done.stderr}")
    same(earshot("status", "-c", "/no/such/file.yaml").returncode, 3, "no configuration")


def before_the_first_start_a_plan_says_what_to_do():
    with SmallHouse("early") as house:
        done = house.verb("plan", code=3)
        need(all(word in done.stderr for word in ["nothing is live yet", "earshot run", "earshot apply", "earshot check"]), done.stderr)
        need(not os.path.exists(house.path("var", "earshot.db")), "a database was begun")


def scoring_works_without_anything():
    done = earshot("score", "--text", text="I love this\nI hate this\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    same((done.returncode, [line["sentiment"]["label"] for line in lines]), (0, ["positive", "negative"]), "score")
    done = earshot("score", text='{"id":"1","text":"I love this"}\nnot json\n{"id":"3","text":"x"}\n')
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    same((done.returncode, len(lines), "error" in lines[1]), (1, 3, True), f"a bad line: {done.stdout}")
    same([line.get("id") for line in lines], ["1", None, "3"], "order and ids")


def exit_codes_tell_what_happened():
    with SmallHouse("codes", WITH_DRAFTS) as house:
        house.start()
        house.send(post(1, "I love it", author=1))
        for code, words in [(0, ["check"]), (0, ["status"]), (0, ["rules"]), (0, ["outbox"]), (0, ["alerts"]), (0, ["people"]), (0, ["sources"]),
                            (0, ["why", post_id(1)]), (0, ["why", post_id(1), "thanks"]), (0, ["rules", "history"]), (0, ["rules", "show", "1"]),
                            (0, ["rules", "show", "thanks"]), (0, ["rules", "list", "--long"]),
                            (0, ["people", "show", "u1"]), (0, ["people", "author", "@a1@social.example"]),
                            (1, ["why", "nowhere"]), (1, ["why", post_id(1), "no-such-rule"]), (1, ["people", "show", "nobody"]),
                            (1, ["people", "author", "nobody"]), (1, ["outbox", "show", "ffffff"]), (1, ["outbox", "approve", "ffffff"]),
                            (1, ["alerts", "ack", "99"]), (1, ["rules", "show", "99"]),
                            (2, ["why"]), (2, ["outbox", "aprove", "x"]), (2, ["outbox", "show"]), (2, ["alerts", "nosuch"]),
                            (2, ["rules", "show"]), (1, ["rules", "show", "x"]), (2, ["apply", "--over", "x"]), (2, ["import"]),
                            (2, ["people", "show"]), (2, ["people", "show", ""]), (2, ["outbox", "show", ""]), (2, ["people", "author", "", "x"]), (2, ["sources", "nosuch"]), (2, ["status", "nosuch"]),
                            (3, ["import", "no-such-file.csv"]), (3, ["outbox", "list", "--state", "nosuch"])]:
            done = house.verb(*words)
            same(done.returncode, code, f"{' '.join(words)}: {done.stdout[-200:]} {done.stderr[-300:]}")
            if code == 0:
                same(done.stderr, "", f"{words}: standard error")
            else:
                need(done.stderr.strip(), f"{words}: nothing is said")


READING = [["status"], ["rules"], ["rules", "history"], ["rules", "show", "1"], ["outbox"], ["alerts"], ["alerts", "show", "1"], ["people"],
           ["people", "show", "u1"], ["people", "author", "@a1@social.example"], ["why", post_id(1)], ["why", post_id(1), "thanks"]]


def with_and_without_a_daemon_the_answers_are_the_same():
    with SmallHouse("both", WITH_DRAFTS) as house:
        house.start()
        house.send(post(1, "I love it", author=1), post(2, "it is broken", author=2), post(3, "wonderful", author=4))
        house.wait_sent(1)
        wait_for("the notice", lambda: house.messages(kind="notice", state="sent"))
        answers = []
        for with_daemon in (True, False):
            found = []
            for words in READING:
                done = house.verb(*words, "--json", code=0)
                same(done.stderr, "", "standard error")
                found.append((words, json.loads(done.stdout)))
            answers.append(found)
            if with_daemon:
                same(house.stop(), 0, "exit code")
        for (words, one), (_, two) in zip(*answers):
            if words != ["status"]:  # which tells whether there is a daemon
                same(two, one, f"{' '.join(words)} without a daemon")
        same((answers[0][0][1]["daemon"], answers[1][0][1]["daemon"]), (True, False), "status")
        same(answers[0][0][1]["outbox"], answers[1][0][1]["outbox"], "what status counts")
        # and so are the changes
        draft = json.loads(house.verb("outbox", "--hold", "approval", "--json", code=0).stdout)["items"][0]
        house.verb("outbox", "approve", draft["id"], code=0)
        house.verb("alerts", "ack", "1", code=0)
        house.start()
        wait_for("the reply", lambda: house.messages(kind="reply", state="sent"))
        same(house.call("GET", "/api/v1/alerts/1")[1]["state"], "acknowledged", "alert")


def a_second_writer_is_refused_clearly():
    with SmallHouse("second") as house:
        house.start()
        done = house.verb("run")
        need(done.returncode == 3 and "in use" in done.stderr + done.stdout, f"a second daemon: {done.returncode} {done.stderr}")
        same(house.call("GET", "/healthz")[0], 200, "the first goes on")
        os.rename(house.path("var", "earshot.sock"), house.path("var", "gone.sock"))  # a verb that does not find the daemon
        done = house.verb("outbox", "stop")
        need(done.returncode == 3 and "in use" in done.stderr, f"a verb beside it: {done.returncode} {done.stderr}")
        os.rename(house.path("var", "gone.sock"), house.path("var", "earshot.sock"))
        house.verb("outbox", "stop", code=0)


# ---- outbox ---------------------------------------------------------------------


def outbox(house, *words, code=0):
    return json.loads(house.verb("outbox", *words, "--json", code=code).stdout)


def drafts_are_approved_reworded_or_rejected():
    with SmallHouse("drafts", WITH_DRAFTS) as house:
        house.start()
        house.send(*[post(n, "wonderful", author=10 + n) for n in range(3)])
        drafts = {m["address"]: m["id"] for m in outbox(house, "list", "--hold", "approval")["items"]}
        same(len(drafts), 3, "drafts")
        one, two, three = (drafts[f"@a{10 + n}@social.example"] for n in range(3))
        house.verb("outbox", "approve", one[:8], "--as", "mira", code=0)
        house.verb("outbox", "approve", two, "--text", "In my own words.", code=0)
        house.verb("outbox", "reject", three, "--reason", "too cheerful", code=0)
        wait_for("the replies", lambda: len(house.messages(kind="reply", state="sent")) == 2)
        need("Thank you, @a10@social.example!" in read(house, f"replies/{one}.txt"), "the template's words")
        need("In my own words." in read(house, f"replies/{two}.txt"), "the person's words")
        gone = outbox(house, "show", three)
        same(gone["state"], "dropped", "rejected")
        need("too cheerful" in gone["reason"], f"reason: {gone['reason']}")
        done = house.verb("outbox", "approve", three, code=1)
        need("dropped" in done.stderr, f"approving it afterwards: {done.stderr}")
        same(outbox(house, "show", one)["state"], "sent", "state")
        same(len(os.listdir(house.path("replies"))), 2, "files")


def read(house, name):
    with open(house.path(*name.split("/")), encoding="utf-8") as f:
        return f.read()


def the_kill_switch_holds_what_is_queued_until_it_is_resumed():
    with SmallHouse("stop") as house:
        house.start()
        same(outbox(house, "stop", "--reason", "wrong template")["stopped"], True, "stopped")
        house.send(post(1, "I love it", author=1), post(2, "I love it", author=2))
        held = outbox(house, "list", "--hold", "brake")["items"]
        same(len(held), 2, "held")
        status = json.loads(house.verb("status", "--json", code=0).stdout)
        same((status["sending"]["stopped"], status["sending"]["reason"]), (True, status["sending"]["reason"]), "status says so")
        need("wrong template" in status["sending"]["reason"], f"why it is stopped: {status['sending']}")
        need(house.verb("outbox", "release", "--hold", "brake").returncode != 0, "released while stopped")
        house.verb("outbox", "drop", held[0]["id"], "--reason", "late", code=0)
        time.sleep(0.5)
        same(sorted(m["state"] for m in house.messages(kind="send")), ["dropped", "held"], "states while stopped")
        same(outbox(house, "resume")["stopped"], False, "resumed")
        house.wait_sent(1)
        same(sorted(m["state"] for m in house.messages(kind="send")), ["dropped", "sent"], "states")


def a_paused_rule_rests_and_goes_on_by_itself():
    with SmallHouse("pause") as house:
        house.start()
        same(house.verb("pause", "thanks").returncode, 2, "without a reason")
        same(house.verb("pause", "nothing", "--reason", "x").returncode, 1, "a rule that is not there")
        same(house.verb("resume", "thanks").returncode, 1, "not paused")
        house.verb("pause", "thanks", "--for", "4 s", "--reason", "a typo", "--as", "mira", code=0)
        paused = json.loads(house.verb("pause", "--json", code=0).stdout)["items"]
        same([(p["what"], p["cause"], p["reason"]) for p in paused], [("rule:thanks", "mira", "a typo")], "what is paused")
        status = json.loads(house.verb("status", "--json", code=0).stdout)
        same(status["pauses"][0]["rule_id"], "thanks", "status says so")
        house.send(post(1, "I love it", author=1))
        held = house.call("GET", "/api/v1/decisions")[1]["items"][0]
        same(held["outcome"], "held", "outcome")
        need("the rule is paused until " in held["note"] and ": a typo (mira)" in held["note"], f"note: {held['note']}")
        house.verb("pause", "promotions", "--reason", "storm", code=0)
        wait_for("the pause of the rule to end", lambda: len(json.loads(house.verb("pause", "--json", code=0).stdout)["items"]) == 1)
        house.send(post(2, "I love it", author=2))
        house.wait_sent(1)
        house.verb("resume", "promotions", code=0)
        same(house.verb("pause", code=0).stdout.strip(), "nothing is paused", "in the end")


def the_brakes_file_stops_as_well():
    with SmallHouse("file") as house:
        house.start()
        open(house.path("var", "STOP"), "w").close()
        wait_for("the file to be seen", lambda: house.call("GET", "/api/v1/sending")[1]["brake_file_there"])
        house.send(post(1, "I love it", author=1))
        same(len(outbox(house, "list", "--hold", "brake")["items"]), 1, "held")
        os.remove(house.path("var", "STOP"))
        wait_for("the file to be gone", lambda: not house.call("GET", "/api/v1/sending")[1]["stopped"])
        house.send(post(2, "I love it", author=2))
        house.wait_sent(1)
        house.verb("outbox", "release", "--hold", "brake", code=0)
        house.wait_sent(2)
        house.stop()
        open(house.path("var", "STOP"), "w").close()
        house.start()  # with the file there from the first moment
        house.send(post(3, "I love it", author=1))
        same(len(outbox(house, "list", "--hold", "brake")["items"]), 1, "held after a start")


def start_with_a_channel_that_fails(house):
    """Its folder becomes a file once the daemon runs; what failed waits for an hour."""
    house.write("earshot.yaml", open(house.config).read().replace("retry_first: 100 ms}", "retry_first: 1 h, retry_max: 1 h}"))
    house.start()
    os.rmdir(house.path("out"))
    house.write("out", "in the way\n")


def mend_the_channel(house):
    os.remove(house.path("out"))
    os.mkdir(house.path("out"))


def a_message_is_held_released_retried_and_dropped():
    with SmallHouse("acts") as house:
        start_with_a_channel_that_fails(house)
        house.send(post(1, "I love it", author=1), post(2, "I love it", author=2))
        wait_for("the failures", lambda: len(house.messages(kind="send", state="later")) == 2)
        one, two = (m["id"] for m in house.messages(kind="send"))
        need(outbox(house, "show", one)["reason"], "the reason of the failure")
        house.verb("outbox", "hold", one, "--reason", "asking legal", code=0)
        same((outbox(house, "show", one)["state"], outbox(house, "show", one)["hold"]), ("held", "operator"), "held")
        house.verb("outbox", "drop", two, code=0)
        mend_the_channel(house)
        house.verb("outbox", "release", one, code=0)
        house.wait_sent(1)
        same(os.listdir(house.path("out")), [f"{one}.txt"], "files")
        need(house.verb("outbox", "retry", one).returncode == 1, "what is sent cannot be sent again")
        need(house.verb("outbox", "hold", two).returncode == 1, "what is dropped cannot be held")


def what_waits_is_retried_at_once_when_told():
    with SmallHouse("retry") as house:
        start_with_a_channel_that_fails(house)
        house.send(post(1, "I love it", author=1))
        wait_for("the failure", lambda: house.messages(kind="send", state="later"))
        mend_the_channel(house)
        house.verb("outbox", "retry", house.messages(kind="send")[0]["id"], code=0)
        house.wait_sent(1)


# ---- alerts ----------------------------------------------------------------------


def alerts(house, *words, code=0):
    return json.loads(house.verb("alerts", *words, "--json", code=code).stdout)


def alerts_join_rise_and_end():
    with SmallHouse("alerts", WITH_DRAFTS) as house:
        house.start()
        house.send(post(1, "it is broken", author=7))
        house.send(post(2, "still broken", author=7))
        house.send(post(3, "broken for me, too", author=8))
        found = {a["group"]: a for a in alerts(house)["items"]}
        same(sorted(a["count"] for a in found.values()), [1, 2], "counts")
        mine = next(a for a in found.values() if a["count"] == 2)
        notices = lambda: len([m for m in house.messages(kind="notice") if m["alert_id"] == mine["id"]])
        same((mine["severity"], mine["state"], notices()), ("high", "open", 1), "joining does not tell again")
        house.send(post(4, "expect a lawsuit", author=7))
        same((alerts(house, "show", str(mine["id"]))["severity"], notices()), ("critical", 2), "a rise tells again")
        house.send(post(5, "broken, and a lawsuit", author=7))
        same(notices(), 2, "the same severity does not")
        shown = house.verb("alerts", "show", str(mine["id"]), code=0).stdout
        need("still broken" in shown and "@a7@social.example" in shown, f"the story: {shown[:500]}")
        house.verb("alerts", "ack", str(mine["id"]), "--as", "jonas", "--note", "calling them", code=0)
        acked = alerts(house, "show", str(mine["id"]))
        same((acked["state"], acked["changed_by"], acked["change_note"]), ("acknowledged", "jonas", "calling them"), "acknowledged")
        house.send(post(6, "broken", author=7))
        same(alerts(house, "show", str(mine["id"]))["count"], 5, "it joins an acknowledged one")
        house.verb("alerts", "resolve", str(mine["id"]), code=0)
        need(mine["id"] not in [a["id"] for a in alerts(house)["items"]], "a resolved one is off the list")
        same([a["id"] for a in alerts(house, "--state", "resolved")["items"]], [mine["id"]], "and on its own")
        house.send(post(7, "broken again", author=7))
        same(sorted(a["count"] for a in alerts(house)["items"]), [1, 1], "after that a new one opens")
        need(house.verb("alerts", "ack", str(mine["id"])).returncode == 1, "a resolved one cannot be acknowledged")


def an_alert_nobody_acknowledges_goes_to_the_second_address():
    queues = '    fast: {notify: ["log:"], escalate: ["second:boss@brand.example"], escalate_after: 1 s}'
    rules = RULES.replace('alert "support"', 'alert "fast"')
    channels = "  second: {type: file, dir: second, endpoint: email}"
    with SmallHouse("escalate", rules, queues=queues, channels=channels) as house:
        house.start()
        house.send(post(1, "it is broken", author=7), post(2, "it is broken", author=8))
        first, second = sorted(a["id"] for a in alerts(house)["items"])
        house.verb("alerts", "ack", str(second), code=0)
        wait_for("the repeat", lambda: [m for m in house.messages(kind="notice", channel="second", state="sent") if m["alert_id"] == first])
        same([m["alert_id"] for m in house.messages(kind="notice", channel="second") if m["alert_id"] == second], [], "the acknowledged one")
        same({m["address"] for m in house.messages(channel="second")}, {"boss@brand.example"}, "address")
        house.verb("alerts", "ack", str(first), code=0)
        time.sleep(0.2)
        before = len(house.messages(channel="second"))
        time.sleep(2.5)
        same(len(house.messages(channel="second")), before, "repeats after it was acknowledged")


# ---- rules --------------------------------------------------------------------------


def rules_go_live_whole_or_not_at_all():
    with SmallHouse("apply") as house:
        house.start()
        house.write("rules/test.rules", RULES.replace('"love"', '"hate"'))
        house.write("rules/broken.rules", 'rule oops "Oops"\n  when text contians "x"\n')
        done = house.verb("apply", code=1)
        need("broken.rules:2:" in done.stderr and "contains" in done.stderr, f"said: {done.stderr}")
        house.send(post(1, "I love it", author=1), post(2, "I hate it", author=2))
        same((house.outcomes(1), house.outcomes(2)), ([("thanks", "queued")], []), "the live rules are untouched")
        os.remove(house.path("rules", "broken.rules"))
        done = house.verb("apply", "--reason", "more hate", "--as", "mira", code=0)
        need("version 2" in done.stdout, f"said: {done.stdout}")
        house.send(post(3, "I love it", author=1), post(4, "I hate it", author=2))
        same((house.outcomes(3), house.outcomes(4)), ([], [("thanks", "queued")]), "the new rules")
        history = json.loads(house.verb("rules", "history", "--json", code=0).stdout)["items"]
        same([(v["version"], v["live"], v["author"]) for v in history], [(2, True, "mira"), (1, False, "first start")], "history")
        same(history[0]["reason"], "more hate", "reason")
        house.stop()
        house.start()
        house.send(post(5, "I hate it", author=1))
        same(house.outcomes(5), [("thanks", "queued")], "after a restart")


def two_editors_do_not_overwrite_one_another():
    with SmallHouse("conflict") as house:
        house.start()
        house.write("rules/test.rules", RULES.replace('"love"', '"hate"'))
        house.verb("apply", "--over", "1", code=0)
        house.write("rules/test.rules", RULES.replace('"love"', '"adore"'))
        done = house.verb("apply", "--over", "1", code=1)
        need("version 2" in done.stderr, f"said: {done.stderr}")
        same(json.loads(house.verb("rules", "history", "--json").stdout)["items"][0]["version"], 2, "live version")
        house.verb("apply", "--over", "2", code=0)


def the_id_of_a_removed_rule_is_not_used_again():
    with SmallHouse("ids") as house:
        house.start()
        house.write("rules/test.rules", RULES.replace("rule help", "rule aid"))
        house.verb("apply", code=0)
        house.write("rules/test.rules", RULES)
        done = house.verb("apply", code=1)
        need("help" in done.stderr and "R090" in done.stderr and "new id" in done.stderr, f"said: {done.stderr}")
        need("aid" in [r["id"] for r in json.loads(house.verb("rules", "--json").stdout)["items"]], "live rules")


def applying_what_is_live_changes_nothing():
    with SmallHouse("again") as house:
        house.start()
        house.verb("apply", code=0)
        same(len(json.loads(house.verb("rules", "history", "--json").stdout)["items"]), 1, "versions")


def a_plan_tells_what_would_change_and_changes_nothing():
    with SmallHouse("plan") as house:
        house.start()
        done = house.verb("plan", code=0)
        need("nothing changes" in done.stdout, f"said: {done.stdout}")
        same(json.loads(house.verb("status", "--json").stdout)["rules"]["folder_differs"], False, "status before")
        house.write("rules/test.rules", RULES.replace('"love"', '"hate"').replace("rule help", "rule aid"))
        house.write("templates/thanks/text.hbs", "Thank you so much.\n")
        said = house.verb("plan", code=1).stdout
        for words in ["changed  rule thanks", '- when text contains "love"', '+ when text contains "hate"', "added    rule aid",
                      "rule 'help' under a new id", "removed  rule help", "changed  template thanks: text.hbs changed",
                      "against version 1: 1 changed, 1 added, 1 removed, 1 template"]:
            need(words in said, f"'{words}' is missing:\n{said}")
        found = json.loads(house.verb("plan", "--json", code=1).stdout)
        same((found["against"], found["changed"], found["added"], found["removed"]), (1, 1, 1, 1), "as JSON")
        same(json.loads(house.verb("status", "--json").stdout)["rules"]["folder_differs"], True, "status")
        same(len(json.loads(house.verb("rules", "history", "--json").stdout)["items"]), 1, "versions")
        house.write("rules/broken.rules", 'rule oops "Oops"\n  when text contians "x"\n')
        done = house.verb("plan", code=1)
        need("broken.rules:2:" in done.stderr, f"said: {done.stderr}")


def going_back_makes_the_old_rules_live_and_their_memory_goes_on():
    rules = RULES.replace('  then\n    send "thanks" by mail to customer\n  end', '  then\n    send "thanks" by mail to customer\n  end\n'
                          "  at most once every 1 hour per customer")
    with SmallHouse("back", rules) as house:
        house.start()
        done = house.verb("rollback", code=1)
        need("nothing was live before" in done.stderr, f"said: {done.stderr}")
        house.send(post(1, "I love it", author=1))
        same(house.outcomes(1), [("thanks", "queued")], "the first")
        house.write("rules/test.rules", rules.replace("rule thanks", "rule cheers"))
        house.verb("apply", code=0)
        done = house.verb("rollback", "--reason", "no cheers", "--as", "mira", code=0)
        need("version 3 is live" in done.stdout and "earshot plan" in done.stdout, f"said: {done.stdout}")
        same(json.loads(house.verb("plan", "--from", "1", "--to", "3", "--json", code=0).stdout)["changes"], [], "1 and 3 hold the same")
        house.send(post(2, "I love it", author=1))
        same(house.outcomes(2), [("thanks", "held")], "its cool-down has gone on")
        # What was rolled away may come again: nobody removed it for good.
        house.verb("apply", code=0)
        same([r["id"] for r in json.loads(house.verb("rules", "--json").stdout)["items"]][0], "cheers", "live again")
        done = house.verb("rollback", "77", code=1)
        need("no version 77" in done.stderr, f"said: {done.stderr}")
        done = house.verb("rollback", "1", "--over", "2", code=1)
        need("changed meanwhile" in done.stderr, f"said: {done.stderr}")
        same(json.loads(house.verb("rules", "history", "--json").stdout)["items"][1]["reason"], "no cheers", "history")


# ---- why -------------------------------------------------------------------------------


def why_explains_what_fired_did_not_was_held_or_is_gone():
    rules = RULES.replace('  then\n    send "thanks" by mail to customer\n  end', '  then\n    send "thanks" by mail to customer\n  end\n'
                          "  at most once every 1 hour per customer")
    with SmallHouse("why", rules) as house:
        house.start()
        house.send(post(1, "I love it", author=1), post(2, "I love it", author=1), post(3, "nothing", author=1), post(4, "secret love", author=2),
                   post(5, "I love it", author=3))
        for number, wanted in [(1, ["fires", "queued", "one@mail.example", "I love it", "score"]), (2, ["held", "once every 1 hour"]),
                               (3, ["does not fire", 'text contains "love"']), (5, ["suppressed", "consent"])]:
            said = house.verb("why", post_id(number), "thanks", code=0).stdout
            for words in wanted:
                need(words in said, f"post {number}: '{words}' is missing:\n{said}")
        message = next(m["id"] for m in house.messages(kind="send") if m["address"] == "one@mail.example")
        said = house.verb("why", "--message", message, code=0).stdout
        need(post_id(1) in said and "thanks" in said, f"why --message:\n{said}")
        house.send({"id": post_id(4), "text": "", "deleted": True})
        said = house.verb("why", post_id(4), "thanks", code=0).stdout
        need("no longer known" in said and "secret" not in said and "queued" in said, f"a deleted post:\n{said}")
        # What was decided is explained by the rules of then.
        house.write("rules/test.rules", RULES.replace('"love"', '"hate"'))
        house.verb("apply", code=0)
        said = house.verb("why", post_id(1), "thanks", code=0).stdout
        need('text contains "love"' in said and "hate" not in said, f"after another version went live:\n{said}")
        found = json.loads(house.verb("why", post_id(1), "thanks", "--json", code=0).stdout)
        need(isinstance(found, dict) and "love" in json.dumps(found), "as JSON")


def rules_are_laid_out_the_same_however_often():
    house = House("fmt")
    try:
        path = house.write("odd.rules", 'rule  a   "A"   # why\nwhen   text contains "x"\nthen\n tag author   "t"\nend\nend\n')
        house.write("earshot.yaml", "store: {path: var/earshot.db}\n")
        once = house.verb("rules", "fmt", path, code=0).stdout
        need(once.startswith('rule a "A"') and "# why" in once, f"canonical text: {once!r}")
        house.verb("rules", "fmt", "--write", path, code=0)
        same(house.verb("rules", "fmt", path, code=0).stdout, once, "laid out twice")
        with open(path, encoding="utf-8") as text:
            same(text.read(), once, "what --write wrote")
        tree = house.verb("rules", "fmt", "--json", path, code=0).stdout
        same(json.loads(tree)["items"][0]["rule"], "a", "as JSON")
        same(house.verb("rules", "fmt", "-", text=tree, code=0).stdout, once, "and back again")
        bad = house.verb("rules", "fmt", "-", text='{"items":[{"rule":5}]}')
        need(bad.returncode != 0 and "items[0]" in bad.stderr and not bad.stdout, f"bad JSON: {bad}")
        broken = house.write("broken.rules", 'rule a "A\n')
        same(house.verb("rules", "fmt", "--write", broken).returncode, 1, "a broken file")
        with open(broken, encoding="utf-8") as text:
            same(text.read(), 'rule a "A\n', "a broken file is left alone")
        need("author.followers" in house.verb("rules", "fields", code=0).stdout, "the table of fields")
    finally:
        house.close()


if __name__ == "__main__":
    run_tests([every_verb_has_help_with_an_example, scoring_works_without_anything, before_the_first_start_a_plan_says_what_to_do, exit_codes_tell_what_happened,
               with_and_without_a_daemon_the_answers_are_the_same, a_second_writer_is_refused_clearly, drafts_are_approved_reworded_or_rejected,
               the_kill_switch_holds_what_is_queued_until_it_is_resumed, a_paused_rule_rests_and_goes_on_by_itself, the_brakes_file_stops_as_well, a_message_is_held_released_retried_and_dropped,
               what_waits_is_retried_at_once_when_told, alerts_join_rise_and_end, an_alert_nobody_acknowledges_goes_to_the_second_address,
               rules_go_live_whole_or_not_at_all, two_editors_do_not_overwrite_one_another, the_id_of_a_removed_rule_is_not_used_again,
               applying_what_is_live_changes_nothing, a_plan_tells_what_would_change_and_changes_nothing,
               going_back_makes_the_old_rules_live_and_their_memory_goes_on, why_explains_what_fired_did_not_was_held_or_is_gone,
        rules_are_laid_out_the_same_however_often,
    ])
