#!/usr/bin/env python3
"""The configuration: all problems at once, tokens, SIGHUP; and what POST /api/v1/posts promises."""
import base64
import contextlib
import http.client
import json
import os
import signal
import time

from lib import House, free_port, need, post, run_tests, same, wait_for
from small_house import RULES, Feed, SmallHouse, ago, escape


def check(house, text, code=1):
    """What `earshot check` says about a configuration."""
    house.write("earshot.yaml", text)
    return house.verb("check", code=code).stderr


def all_problems_are_told_at_once_with_line_and_caret():
    with SmallHouse("problems") as house:
        said = check(house, """store:
  path: var/earshot.db
  retentoin: 90 days
servr: {listen: "off"}
timezone: Europe/Berln
sources:
  one: {type: fed, url: "http://x.example/"}
  two: {type: feed, url: 5, intervall: 1 s}
  three: {type: feed}
channels:
  mail: {type: email, password: "hunter2"}
  hook: {type: carrier-pigeon}
limits: {per_person_per_day: many}
log: {level: loud}
alerts:
  queues:
    support: {notify: ["nowhere:"]}
""")
        for line, words in [(3, "retention"), (4, "server"), (7, "feed"), (8, "interval"), (9, "url"), (11, "password"),
                            (12, "carrier-pigeon"), (13, "per_person_per_day"), (14, "level"), (17, "nowhere")]:
            need(f"earshot.yaml:{line}:" in said, f"nothing is said about line {line} ({words}):\n{said}")
            need(words in said, f"'{words}' is missing:\n{said}")
        need("did you mean 'retention'?" in said and "did you mean 'server'?" in said, f"nearest names:\n{said}")
        need("hunter2" not in said.replace('password: "hunter2"', ""), "the secret is repeated outside its line")
        need("^" in said, "no caret")
        said = check(house, "sources: {api: {type: replay, file: x.ndjson}}\n")
        need("earshot.yaml:1:" in said and "C058" in said, f"a source called api:\n{said}")
        # What can only be judged on a whole configuration comes once the rest is right.
        said = check(house, "timezone: Europe/Berln\n")
        need("earshot.yaml:1:" in said and "Europe/Berlin" in said, f"zone:\n{said}")


def findings_are_there_for_machines_too():
    with SmallHouse("json") as house:
        house.write("earshot.yaml", "stroe: {}\n")
        done = house.verb("check", "--json", code=1)
        found = json.loads(done.stdout)
        found = found if isinstance(found, list) else found["findings"]
        same((found[0]["severity"], found[0]["line"], found[0]["column"]), ("error", 1, 1), "first finding")
        need("store" in found[0]["help"], f"help: {found[0]}")


def a_broken_configuration_does_not_start():
    for text, words in [("store: [", "earshot.yaml:"), ("stroe: {}\n", "did you mean 'store'"), ("\0", "earshot.yaml"),
                        ("a: &a [*a]\n", "earshot.yaml"), ("store: {path: x, path: y}\n", "earshot.yaml:1:"),
                        ("[" * 100000, "earshot.yaml"), ("\xff\xfe", "earshot.yaml")]:
        with SmallHouse("broken") as house:
            with open(house.config, "wb") as out:
                out.write(text.encode("latin-1"))
            done = house.verb("run", code=done_with(house, 1, 3))
            need(words in done.stderr + done.stdout, f"{text[:20]!r}: {done.stderr[-500:]}")


def done_with(house, *codes):
    """The code verb() should want: the one it ends with, when it is among codes."""
    code = house.verb("check").returncode
    need(code in codes, f"check ended with {code}")
    return code


def a_secret_comes_from_elsewhere():
    with SmallHouse("secret") as house:
        for value in ('"hunter2"', "hunter2"):
            said = check(house, f"server: {{listen: \"off\", token: {value}}}\n")
            need("token" in said and "${" in said, f"a literal secret: {said}")
        said = check(house, 'server: {listen: "off", token: "${EARSHOT_TEST_TOKEN}"}\n')
        need("EARSHOT_TEST_TOKEN" in said, f"a variable that is not set: {said}")
        house.environment["EARSHOT_TEST_TOKEN"] = "a-long-enough-secret-token"
        house.configure(listen='"off", token: "${EARSHOT_TEST_TOKEN}"')
        done = house.verb("check", code=0)
        need("a-long-enough-secret" not in done.stdout + done.stderr, "the secret is shown")


def check_misses_the_files_that_a_start_would_miss():
    with SmallHouse("missing") as house:
        os.remove(house.path("customers.csv"))
        with open(house.config, "a", encoding="utf-8") as out:
            out.write("offers: {ten-percent: {codes: nosuch.csv}}\n")
        found = house.verb("check", code=1).stderr
        need(found.count("error[C063]") == 2 and "customers.import" in found and "nosuch.csv" in found, found)


def listening_beyond_this_machine_needs_a_token():
    for address in ("0.0.0.0:0", "[::]:8080", "192.0.2.1:8080"):
        with SmallHouse("beyond") as house:
            house.configure(listen=f'"{address}"')
            done = house.verb("run")
            need(done.returncode in (1, 3), f"{address}: started, or ended with {done.returncode}")
            need("token" in done.stderr + done.stdout, f"{address}: {done.stderr}")


def ask(port, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data, dict(answer.getheaders())


def with_a_token_every_request_needs_it():
    port = free_port()
    secret = "correct-horse-battery-staple"
    with SmallHouse("token") as house:
        house.environment["TOKEN"] = secret
        house.configure(listen=f'"127.0.0.1:{port}", token: "${{TOKEN}}"')
        house.start()
        paths = ["/", "/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/posts", "/api/v1/outbox", "/nothing"]
        for path in paths:
            same(ask(port, path)[0], 401, f"{path} without a token")
            same(ask(port, path, Authorization="Bearer wrong")[0], 401, f"{path} with a wrong token")
            need(ask(port, path, Authorization=f"Bearer {secret}")[0] in (200, 404, 503), f"{path} with the token")
        same(ask(port, "/api/v1/posts", "POST", '{"text":"x"}')[0], 401, "POST without a token")
        basic = base64.b64encode(f"me:{secret}".encode()).decode()
        same(ask(port, "/", Authorization=f"Basic {basic}")[0], 200, "a browser with the token as password")
        need("WWW-Authenticate" in ask(port, "/")[2], "a browser is asked for a password")
        same(house.call("GET", "/healthz")[0], 200, "the socket needs no token")
        need(secret not in house.log(), "the token is in the log")


def without_a_token_only_this_machine_may_ask():
    port = free_port()
    with SmallHouse("host") as house:
        house.configure(listen=f'"127.0.0.1:{port}"')
        house.start()
        same(ask(port, "/healthz")[0], 200, "healthz")
        same(ask(port, "/healthz", Host="evil.example")[0], 403, "a name that was bound to us")
        same(ask(port, "/api/v1/posts", "POST", '{"text":"x"}', Origin="http://evil.example")[0], 403, "a page elsewhere")
        same(ask(port, "/api/v1/nothing")[0], 404, "an unknown path")
        status, _, headers = ask(port, "/api/v1/posts", "DELETE")
        same((status, "POST" in headers.get("Allow", "")), (405, True), "a method that is not there")


# ---- SIGHUP ---------------------------------------------------------------------


def hangup(house, want="config.reloaded"):
    """SIGHUP, and what the log says about it."""
    before = house.log().count(want)
    os.kill(house.process.pid, signal.SIGHUP)
    wait_for(want, lambda: house.log().count(want) > before)


def a_hangup_adopts_channels_sources_and_vocabulary():
    with SmallHouse("hup") as house:
        house.start()
        house.send(post(1, "I love it", author=1))
        house.wait_sent(1)
        same(len(os.listdir(house.path("out"))), 1, "files")
        house.write("more.ndjson", json.dumps(post(2, "love from the file", author=2)) + "\n")
        text = open(house.config).read().replace("dir: out,", "dir: elsewhere,").replace(
            "sources: {}", "sources: {extra: {type: replay, file: more.ndjson}}")
        house.write("earshot.yaml", text)
        hangup(house)
        house.wait_sent(2)
        same(len(os.listdir(house.path("elsewhere"))), 1, "files of the new channel")
        same(house.post(2)["feed"], "extra", "feed")
        same([s["name"] for s in house.call("GET", "/api/v1/sources")[1]["items"]], ["extra", "api"], "sources")


def a_hangup_adopts_the_brands_own_words():
    with SmallHouse("words") as house:
        house.start()
        house.send(post(1, "such a flumptious day", author=7))
        house.write("lexicon.d/own.tsv", "flumptious\ten\t3.0\n")
        done = house.verb("check")
        same(done.returncode, 0, f"check: {done.stderr}")
        hangup(house)
        house.send(post(2, "such a flumptious day", author=7))
        before, after = (house.post(n)["sentiment"]["score"] for n in (1, 2))
        need(after > before + 0.1, f"the word has no weight: {before} and {after}")


def files_that_hold_no_words_are_left_alone_or_told():
    with SmallHouse("names") as house:
        house.write("lexicon.d/own.tsv", "flumptious\ten\t3.0\n")
        house.write("lexicon.d/.own.tsv.swp", "x")
        house.write("lexicon.d/.hidden.tsv", "nonsense")
        house.write("lexicon.d/README.md", "whose words these are")
        os.symlink("nobody@nowhere.1", house.path("lexicon.d", ".#own.tsv"))
        same(house.verb("check", code=0).stderr, "", "what editors leave, and a note")
        for name in ["more.csv", "more.TSV", "more.tsv.txt"]:
            house.write("lexicon.d/" + name, "sick\ten\t3\n")
            told = house.verb("check", code=0).stderr
            need("warning[V012]" in told and name in told, f"{name}: {told}")
            os.remove(house.path("lexicon.d", name))
        house.configure(more="vocabulary: lexicn.d")
        need("warning[V013]" in house.verb("check", code=0).stderr, "a folder that is not there")
        house.configure(more="vocabulary: lexicon.d/own.tsv")
        need("warning[V013]" in house.verb("check", code=0).stderr, "a file")


def what_is_wrong_in_the_brands_own_words_is_logged_by_line_and_the_old_ones_stay():
    with SmallHouse("slips") as house:
        house.write("lexicon.d/own.tsv", "flumptious\ten\t3.0\n")
        house.start()
        for name, text, words in [("bad.tsv", "fine\ten\t1\nsick\txx\t1\n", ["V002", "bad.tsv", "line=2", "column=6"]),
                                  ("bad.tsv", "sick\ten\t9\n", ["V004", "line=1"]), ("en.tsv", "# language: en\n# checksum: 00\nx\n", ["V007", "en.tsv"])]:
            house.write("lexicon.d/" + name, text)
            hangup(house, "config.kept")
            finding = [line for line in house.log().splitlines() if " finding " in line][-1]
            need(all(w in finding for w in words), f"{words}: {finding}")
            os.remove(house.path("lexicon.d", name))
        os.mkdir(house.path("lexicon.d", "folder.tsv"))
        hangup(house, "config.kept")
        os.rmdir(house.path("lexicon.d", "folder.tsv"))
        house.send(post(1, "such a flumptious day", author=7))
        need("vocabulary.gone" not in house.log(), "nothing is gone yet")
        os.remove(house.path("lexicon.d", "own.tsv"))
        hangup(house)
        need("own.tsv" in house.log().split("vocabulary.gone")[1].splitlines()[0], "a file that is gone is told")
        house.send(post(2, "such a flumptious day", author=7))
        before, after = (house.post(n)["sentiment"]["score"] for n in (1, 2))
        need(before > after + 0.1, f"the old words stay until the file is gone: {before} and {after}")


def a_hangup_with_errors_keeps_everything():
    with SmallHouse("keep") as house:
        house.start()
        good = open(house.config).read()
        for bad, words in [(good + "\nnonsense: 1\n", "nonsense"),
                           (good.replace("sources: {}", "sources: {x: {type: feed}}"), "url"),
                           (good.replace("sources: {}", "sources: {x: {type: feed, url: 'gopher://x.example/'}}").replace(
                               "limits: {}", "limits: {per_person_per_day: 1}"), "url"),
                           (good.replace("  mail: {type: file,", "  post: {type: file,"), "mail"),
                           (good.replace("dir: out,", "dir: elsewhere, nosuch: 1,"), "nosuch"),
                           ("[", "earshot.yaml")]:
            house.write("earshot.yaml", bad)
            hangup(house, "config.kept")
            need(words in house.log_since_start(), f"the log does not say why ({words})")
        os.remove(house.config)
        hangup(house, "config.kept")
        house.send(post(1, "I love it", author=1), post(2, "I love it", author=1))
        house.wait_sent(2)
        same(len(os.listdir(house.path("out"))), 2, "the old channel sends, under the old limits")
        need(not os.path.exists(house.path("elsewhere")), "something of the new one was taken")


def the_last_of_many_hangups_counts():
    with SmallHouse("many") as house:
        house.start()
        text = open(house.config).read()
        for n in range(30):
            house.write("earshot.yaml", text.replace("dir: out,", f"dir: out{n},"))
            os.kill(house.process.pid, signal.SIGHUP)
        house.write("earshot.yaml", text.replace("dir: out,", "dir: last,"))
        os.kill(house.process.pid, signal.SIGHUP)
        wait_for("the last configuration", lambda: os.path.exists(house.path("last")))
        house.send(post(1, "I love it", author=1))
        house.wait_sent(1)
        same(len(os.listdir(house.path("last"))), 1, "files of the last channel")


def rules_that_go_live_while_a_hangup_is_read_are_live_under_the_new_configuration():
    with SmallHouse("race") as house:
        house.write("rules/many.rules", "".join(f'rule r{n} "R"\n  when text contains "word{n}"\n  then\n    tag author "t"\n  end\nend\n' for n in range(4000)))
        house.write("rules/new.rules", 'rule odd "Odd"\n  when text contains "never*"\n  then\n    tag author "t"\n  end\nend\n')
        house.start()
        same(house.log().count("code=R087"), 1, "a warning is logged once, at the first start too")
        text = open(house.config).read()
        for n in range(8):
            house.write("earshot.yaml", text.replace("dir: out,", f"dir: out{n},"))
            house.write("rules/new.rules", f'rule new{n} "New"\n  when text contains any of "fresh", "never*"\n  then\n    alert "support" as low\n  end\nend\n')
            os.kill(house.process.pid, signal.SIGHUP)
            time.sleep(0.05 * n)  # now the one is made ready first, now the other
            house.verb("apply", "--reason", "a race", code=0)
            wait_for("the last configuration", lambda: os.path.exists(house.path(f"out{n}")))
            wait_for("the last rules", lambda: house.log_since_start().rfind("rules.live version=") > 0 and
                     f"rules.live version={n + 2} " in house.log_since_start())
            house.send(post(n, "I love what is fresh", author=n % 2 + 1))
            house.wait_sent(n + 1)
            same(house.outcomes(n), [(f"new{n}", "alerted"), ("thanks", "queued")], "the rules of the last version")
            same(len(os.listdir(house.path(f"out{n}"))), 1, "under the last configuration")
        log = house.log_since_start().split(" started ")[1]
        need("config.kept" not in log, "no hangup was refused")
        for part in log.split("config.reloaded")[:-1]:
            need(part.count("code=R087") <= 1, f"a warning is logged once for each hangup, however often rules are compiled:\n{part}")
        need("code=R087" in log, "the warning is logged")


def a_hangup_adopts_where_requests_may_go():
    with SmallHouse("policy") as house, contextlib.closing(Feed()) as feed:
        house.configure(sources=f"{{blog: {{type: feed, url: '{feed.url}'}}}}")
        house.start()
        wait_for("the feed to be asked", lambda: feed.requests > 0)
        good = open(house.config).read()
        house.write("earshot.yaml", good.replace('allow_private: ["127.0.0.1"]', "allow_private: []"))
        hangup(house)
        wait_for("the address to be refused", lambda: "not allowed" in str(house.call("GET", "/api/v1/sources")[1]["items"][0]["detail"]))
        house.write("earshot.yaml", good)
        before = feed.requests
        hangup(house)
        wait_for("the feed to be asked again", lambda: feed.requests > before)


def a_hangup_does_not_open_the_door():
    with SmallHouse("door") as house:
        port = free_port()
        house.environment["DOOR_KEY"] = "opensesame"
        house.configure(listen=f'"0.0.0.0:{port}", token: "${{DOOR_KEY}}"')
        house.start()
        house.configure(listen=f'"127.0.0.1:{port}", token: "${{DOOR_KEY}}"')
        hangup(house)
        house.configure(listen=f'"127.0.0.1:{port}"')
        hangup(house, "config.kept")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/api/v1/status")
        same(connection.getresponse().status, 401, "without a token, while it listens everywhere")
        connection.close()


def a_database_of_two_names_has_one_daemon():
    with SmallHouse("one") as house, SmallHouse("link") as other:
        house.start()
        os.makedirs(other.path("var"))
        os.symlink(house.path("var", "earshot.db"), other.path("var", "earshot.db"))
        need("in use by a running daemon" in other.verb("run", code=3).stderr, "the second name lets a second one in")
        house.stop()
        other.start()
        need("in use by a running daemon" in house.verb("run", code=3).stderr, "the first name lets a second one in")


def a_body_that_is_too_large_is_a_problem_like_any_other():
    with SmallHouse("large") as house:
        port = free_port()
        house.configure(listen=f'"127.0.0.1:{port}", max_body: 1 KB')
        house.start()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/api/v1/posts", b"x" * 2000)
        answer = connection.getresponse()
        same((answer.status, answer.getheader("Content-Type")), (413, "application/problem+json"), "answer")
        found = json.loads(answer.read())
        same((found["status"], found["code"], found["type"]), (413, "too-large", "about:blank"), "members")
        need(any(c.isdigit() for c in found["detail"]), f"the detail names the limit: {found}")
        connection.close()


def a_hangup_never_touches_the_rules():
    with SmallHouse("rules") as house:
        house.start()
        house.write("rules/test.rules", RULES.replace('"love"', '"hate"'))
        hangup(house)
        house.send(post(1, "I love it", author=1), post(2, "I hate it", author=2))
        same((house.outcomes(1), house.outcomes(2)), ([("thanks", "queued")], []), "outcomes")
        house.verb("apply", code=0)
        house.send(post(3, "I hate it", author=2))
        same(house.outcomes(3), [("thanks", "queued")], "after apply")


# ---- POST /api/v1/posts ------------------------------------------------------------


def one_key_is_one_request():
    with SmallHouse("key") as house:
        house.start()
        body = json.dumps(post(1, "I love it", author=1))
        key = {"Idempotency-Key": "k-1"}
        first = house.call("POST", "/api/v1/posts", body, key, raw=True)
        second = house.call("POST", "/api/v1/posts", body, key, raw=True)
        same(first[0], 201, "first")
        same(second, first, "the same answer, byte for byte")
        status, answer = house.call("POST", "/api/v1/posts", json.dumps(post(2, "other")), key)
        same((status, answer["code"]), (422, "idempotency-key-reused"), "another body")
        need(answer["help"], "help")
        same(house.call("GET", "/api/v1/posts/" + escape("https://social.example/posts/2"))[0], 404, "the refused post")
        house.stop()
        house.start()
        same(house.call("POST", "/api/v1/posts", body, key, raw=True), first, "after a restart")
        same(len(house.decisions()), 1, "decisions")


def what_was_acknowledged_is_there_after_a_kill():
    with SmallHouse("ack") as house:
        taken = 0
        for life in range(5):
            house.start()
            for n in range(4):
                house.send(post(100 * life + n, "I love it", author=1 + n % 2))
                taken += 1
            house.kill()
        house.start()
        same(len(house.items("/api/v1/posts")), taken, "posts")
        same(len(house.decisions()), taken, "decisions")


def only_what_was_killed_is_told_as_killed():
    with SmallHouse("unclean") as house:
        house.write("rules/test.rules", "rule love")
        need(house.verb("run").returncode != 0, "a start with a broken rule")
        house.write("rules/test.rules", RULES)
        house.start()
        need("unclean.end" not in house.log_since_start(), "a start that failed is told as a kill")
        house.kill()
        house.start()
        need("unclean.end" in house.log_since_start(), "a kill is not told")


def one_an_array_or_lines():
    with SmallHouse("shapes") as house:
        house.start()
        status, answer = house.call("POST", "/api/v1/posts", {"text": "only a text"})
        same((status, answer["stored"]), (201, 1), "one")
        status, answer = house.call("POST", "/api/v1/posts", [{"text": "first"}, {"text": "second"}])
        same((status, answer["stored"]), (201, 2), "an array")
        lines = "".join(json.dumps({"text": f"line {n}"}) + "\r\n" for n in range(1000))
        status, answer = house.call("POST", "/api/v1/posts", "\n" + lines, {"Content-Type": "application/x-ndjson"})
        same((status, answer["stored"]), (201, 1000), "lines")


if __name__ == "__main__":
    run_tests([all_problems_are_told_at_once_with_line_and_caret, findings_are_there_for_machines_too,
               a_broken_configuration_does_not_start, a_secret_comes_from_elsewhere, listening_beyond_this_machine_needs_a_token, check_misses_the_files_that_a_start_would_miss,
               with_a_token_every_request_needs_it, without_a_token_only_this_machine_may_ask,
               a_hangup_adopts_channels_sources_and_vocabulary, a_hangup_adopts_the_brands_own_words,
               files_that_hold_no_words_are_left_alone_or_told, what_is_wrong_in_the_brands_own_words_is_logged_by_line_and_the_old_ones_stay,
               a_hangup_with_errors_keeps_everything, the_last_of_many_hangups_counts,
               rules_that_go_live_while_a_hangup_is_read_are_live_under_the_new_configuration, a_hangup_adopts_where_requests_may_go,
               a_hangup_does_not_open_the_door, a_database_of_two_names_has_one_daemon,
               a_body_that_is_too_large_is_a_problem_like_any_other, a_hangup_never_touches_the_rules, one_key_is_one_request,
               what_was_acknowledged_is_there_after_a_kill,
               only_what_was_killed_is_told_as_killed, one_an_array_or_lines])
