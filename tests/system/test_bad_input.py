#!/usr/bin/env python3
"""Bad input: each piece gets a counted, logged, clear answer; the daemon goes on; nothing else is lost."""
import http.client
import json
import os

from lib import free_port, need, post, run_tests, same, wait_for
from small_house import CUSTOMERS, RULES, Feed, SmallHouse

DEEP = "[" * 100000 + "]" * 100000
MANY = 10 * 1024 * 1024

# What cannot become a post, and a word of why.
BAD_POSTS = [
    (b"{not json", "line"),
    (b"nothing", "line"),
    (b"null", "object"),
    (b"42", "object"),
    (b'"text"', "object"),
    (b"{}", "text"),
    (b'{"id":"x"}', "text"),
    (b'{"text":null}', "text"),
    (b'{"text":5}', "text"),
    (b'{"text":["a"]}', "text"),
    (b'{"text":"x","author":"me"}', "author"),
    (b'{"text":"x","author":{"followers":"many"}}', "followers"),
    (b'{"text":"x","created_at":"yesterday"}', "created_at"),
    (b'{"text":"x","created_at":"2026-13-45T99:99:99Z"}', "created_at"),
    (b'{"text":"x","created_at":5}', "created_at"),
    (b'{"text":"x","created_at":"9999-12-31T23:59:59Z"}', "2200"),
    (b'{"text":"x","created_at":"0001-01-01T00:00:00Z"}', "1990"),
    (b'{"text":"a","text":"b"}', "same key twice"),
    (b'{"text":"x","tags":"acme"}', "tags"),
    (b'{"text":"x","tags":[5]}', "tags"),
    (b'{"text":"x","id":5}', "id"),
    (b'{"text":"x","likes":"3"}', "likes"),
    (b'{"text":"x","deleted":"yes"}', "deleted"),
    (b'{"text":"x","author":{"followers":1e400}}', ""),
    (b'{"text":"x","likes":99999999999999999999999999}', ""),
    (b'{"text":"x","likes":-5}', "likes"),
    (b'{"text":"unclosed', ""),
    (b'{"text":"x"} trailing', ""),
    (b'{"text":' + DEEP.encode() + b"}", "deep"),
    (DEEP.encode(), ""),
    (b'{"a":' * 100000 + b"1" + b"}" * 100000, ""),
]

# What is odd but is a post.
ODD_POSTS = [
    (b'{"id":"odd/1","text":"\xff\xfe broken bytes \xc3"}', "\ufffd"),
    (b'{"id":"odd/2","text":"nul \\u0000 inside"}', "\ufffd"),
    (b'{"id":"odd/3","text":"nul \x00 raw"}', "\ufffd"),
    (b'{"id":"odd/4","text":"lone \\ud83d surrogate"}', "\ufffd"),
    (b'{"id":"odd/5","text":"lone \xed\xa0\xbd bytes"}', "\ufffd"),
    (b'{"id":"odd/6","text":"unknown members","whatever":{"deep":[1,2,{"x":null}]}}', "unknown"),
    (b'{"id":"odd/7","text":"future","created_at":"2199-12-31T23:59:59Z"}', "future"),
    (b'{"id":"odd/8","text":"long ago","created_at":"1991-01-01T00:00:00Z"}', "long ago"),
    (b'{"id":"odd/9","text":"control \\u0001\\u001b[31m"}', "control"),
    (b'{"id":"odd/11","text":"<script>alert(1)</script> & \\"quotes\\""}', "<script>"),
    (b'{"id":"odd/12","text":"big number","author":{"id":"a","followers":9007199254740993}}', "big"),
    (b'{"id":"odd/13","text":""}', ""),
]


def good(number):
    return json.dumps(post(number, "I love it", author=1 + number % 2)).encode()


def is_alive(house):
    same(house.process.poll(), None, "the daemon's end")
    same(house.call("GET", "/healthz")[0], 200, "health")


def posted_alone_each_gets_a_clear_answer():
    with SmallHouse("alone") as house:
        house.start()
        for bad, word in BAD_POSTS:
            status, answer = house.call("POST", "/api/v1/posts", bad)
            need(status in (400, 413), f"{bad[:60]}: status {status}, {str(answer)[:300]}")
            need(answer["code"] and answer["help"], f"{bad[:60]}: no code or help: {answer}")
            told = answer["title"] + str(answer.get("detail")) + " ".join(answer.get("errors", []))
            need(word in told, f"{bad[:60]}: '{word}' is missing: {str(answer)[:500]}")
        for odd, _ in ODD_POSTS:
            status, answer = house.call("POST", "/api/v1/posts", odd)
            same(status, 201, f"{odd[:60]}: {answer}")
        check_odd(house)
        for body, want in [(b"", 400), (b"   \n ", 400), (b"[]", 400), (b"[", 400), (b"[{]", 400), (b"\xef\xbb\xbf{\"text\":\"bom\"}", 201)]:
            status, answer = house.call("POST", "/api/v1/posts", body)
            same(status, want, f"{body}: {answer}")
        is_alive(house)


def check_odd(house):
    for odd, part in ODD_POSTS:
        name = json.loads(odd.decode("utf-8", "replace").replace("\0", ""))["id"]
        stored = house.post(name)
        need(part in stored["text"], f"{name}: {stored['text']!r}")
    same(house.post("odd/12")["author"]["followers"], 9007199254740993, "a big number")
    need(house.post("odd/7")["created_at"].startswith("2199"), "both times are kept")
    same(house.outcomes("odd/7"), [], "outcomes")


def posted_together_the_good_ones_are_taken():
    with SmallHouse("together") as house:
        house.start()
        lines, number = [], 0
        for bad, _ in BAD_POSTS:
            if b"\n" not in bad and bad != DEEP.encode():
                lines += [bad, good(number)]
                number += 1
        lines += [odd for odd, _ in ODD_POSTS]
        lines.append(b'{"text":"' + b"x" * MANY + b'"}')
        lines.append(good(number))
        status, answer = house.call("POST", "/api/v1/posts", b"\n".join(lines))
        same(status, 201, str(answer)[:500])
        same((answer["stored"], answer["rejected"]), (number + 1 + len(ODD_POSTS), number + 1), "taken and refused")
        need(all(e.startswith("line ") for e in answer["errors"]), f"errors name lines: {answer['errors'][:3]}")
        check_odd(house)
        same(len(house.items("/api/v1/posts")), answer["stored"], "posts")
        same(house.metric("earshot_posts_rejected_total"), answer["rejected"], "counted")
        rejects = house.call("GET", "/api/v1/rejects?limit=500")[1]["items"]
        same(len(rejects), answer["rejected"], "kept with their reasons")
        need(all(r["reason"] and len(r["excerpt"]) <= 600 for r in rejects), "reasons and excerpts")
        need("reject" in house.log(), "the log says so")
        same(sum(d["outcome"] == "queued" for d in house.decisions()), number + 1, "decisions")
        is_alive(house)


def in_an_array_the_good_ones_are_taken():
    with SmallHouse("array") as house:
        house.start()
        body = b"[" + b",\n".join([good(1), b'{"text":5}', good(2), b"17", b'{"text":"x","tags":7}', good(3)]) + b"]"
        status, answer = house.call("POST", "/api/v1/posts", body)
        same((status, answer["stored"], answer["rejected"]), (201, 3, 3), f"answer {answer}")
        need([e.split(":")[0] for e in answer["errors"]] == ["item 2", "item 4", "item 5"], f"errors {answer['errors']}")


def the_same_id_twice_is_one_post():
    with SmallHouse("twice") as house:
        house.start()
        status, answer = house.call("POST", "/api/v1/posts", b"\n".join([good(1), good(1), good(1)]))
        same((status, answer["stored"], answer["duplicates"]), (201, 1, 2), f"answer {answer}")
        status, answer = house.call("POST", "/api/v1/posts", b'{"text":"no id"}\n{"text":"no id either"}')
        same(answer["stored"], 2, "without ids")
        same(len(house.messages(kind="send")), 1, "messages")


def a_body_beyond_the_limit_is_refused_and_the_next_is_taken():
    port = free_port()
    with SmallHouse("large", listen=f'"127.0.0.1:{port}", max_body: 1 MB') as house:
        house.start()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("POST", "/api/v1/posts", b'{"text":"' + b"x" * (2 * 1024 * 1024) + b'"}')
            same(connection.getresponse().status, 413, "status")
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused while it was still being sent
        connection.close()
        house.send(post(1, "I love it", author=1))
        is_alive(house)


def a_replay_file_goes_on_behind_what_is_bad():
    with SmallHouse("file") as house:
        lines, number = [], 0
        for bad, _ in BAD_POSTS:
            lines += [bad, good(number)]
            number += 1
        lines += [odd for odd, _ in ODD_POSTS] + [b"x" * MANY, b'{"text":"' + b"x" * MANY + b'"}', b"", b"\r", good(number)]
        with open(house.path("bad.ndjson"), "wb") as out:
            out.write(b"\n".join(lines))  # no line end at the end
        house.configure(sources="{file: {type: replay, file: bad.ndjson}}")
        house.start()
        want = number + 1 + len(ODD_POSTS)
        wait_for("the good ones", lambda: house.metric("earshot_posts_stored_total") == want, 30)
        same(house.metric("earshot_posts_rejected_total"), len(BAD_POSTS) + 2, "rejected")
        rejects = house.call("GET", "/api/v1/rejects?limit=500")[1]["items"]
        need(all("line " in r["reason"] for r in rejects), f"reasons name lines: {[r['reason'] for r in rejects][:5]}")
        check_odd(house)
        is_alive(house)


# ---- feeds --------------------------------------------------------------------------

BOMB = ('<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lolololololololololololol">' +
        "".join(f'<!ENTITY {n} "{("&" + p + ";") * 10}">' for p, n in zip("abcdefgh", "bcdefghi")) +
        ']><feed xmlns="http://www.w3.org/2005/Atom"><title>&i;</title><entry><id>b</id><title>&i;</title></entry></feed>').encode()
OUTSIDE = ('<?xml version="1.0"?><!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed xmlns="http://www.w3.org/2005/Atom">'
           "<entry><id>x</id><title>&x; is here</title></entry></feed>").encode()

BAD_FEEDS = [BOMB, b"", b"\0" * 1000, b"<html><body>Not found</body></html>", b"{}", b'{"items":5}', b"[" * 100000,
             b"<a>" * 100000, b"\xff\xfe<\0f\0", b"hello", b"<feed", b'<?xml version="1.0"?><rss version="2.0"><channel></rss>']


def a_feed_that_turns_bad_and_good_again_loses_nothing():
    feed = Feed()
    with SmallHouse("feed", sources=f"{{news: {{type: feed, url: '{feed.url}', interval: 1 s}}}}") as house:
        try:
            house.start()
            feed.wait_polled(2)
            for body in (BOMB, OUTSIDE, b"<html><body>Not found</body></html>", b"\0" * 1000):
                feed.answer = body
                feed.wait_polled(1)
                is_alive(house)
            need("root:" not in json.dumps(house.items("/api/v1/posts")), "a file of the machine was read")
            source = next(s for s in house.call("GET", "/api/v1/sources")[1]["items"] if s["name"] == "news")
            need(source["failures"] > 0 and source["detail"], f"the source says why: {source}")
            before = house.metric("earshot_posts_stored_total")
            feed.answer = None
            feed.add("broken", "it is broken")
            wait_for("the entry behind the bad answers", lambda: house.metric("earshot_posts_stored_total") == before + 1, 40)
            same(house.items("/api/v1/alerts")[0]["count"], 1, "it decides")
        finally:
            feed.close()


def every_kind_of_bad_feed_is_told():
    feeds = [Feed() for _ in BAD_FEEDS]
    for feed, body in zip(feeds, BAD_FEEDS):
        feed.answer = body
    sources = ", ".join(f"f{n}: {{type: feed, url: '{f.url}', interval: 1 s}}" for n, f in enumerate(feeds))
    with SmallHouse("feeds", sources=f"{{{sources}}}") as house:
        try:
            house.start()

            def all_told():
                found = house.call("GET", "/api/v1/sources")[1]["items"]
                return all(s["failures"] + s["rejects"] > 0 and s["detail"] for s in found if s["name"] != "api")

            try:
                wait_for("each to be told", all_told, 15)
            except Exception:
                found = house.call("GET", "/api/v1/sources")[1]["items"]
                need(False, "nothing told of: " + str([(BAD_FEEDS[int(s["name"][1:])][:40], s) for s in found
                     if s["name"] != "api" and not (s["failures"] + s["rejects"] > 0 and s["detail"])]))
            same(house.metric("earshot_posts_stored_total"), 0, "posts")
            is_alive(house)
        finally:
            for feed in feeds:
                feed.close()


# ---- rules, templates, customers ---------------------------------------------------------

def check_says(house, *wanted, code=1):
    said = house.verb("check", code=code).stderr
    for words in wanted:
        need(words in said, f"'{words}' is missing:\n{said[:3000]}")
    return said


def rules_are_told_by_file_line_and_column():
    with SmallHouse("rules") as house:
        house.write("rules/test.rules", RULES + 'rule bad "Bad"\n  when text contians "x"\n  then\n    alert "nowhere" as high\n'
                                               '    send "nothing" by pigeon to customer\n  end\nend\n')
        check_says(house, "rules/test.rules:21:13", "contains", "^", "help:", "rules/test.rules:23:11", "nowhere",
                   "rules/test.rules:24:23", "pigeon")
        for text, words in [(b"\xff\xfe\0", "test.rules:1:1"), (b'rule a "A"\n  when text contains "\xff"\n', "test.rules:2:"),
                            (b"rule " * 10000, "test.rules:1:"), (b"(" * 60000, "test.rules:1:"),
                            (b"rule " * 100000, "line 1 is too long"),
                            (b'rule a "A\n', "test.rules:1:"), (b'rule a "A" when ' + b"not " * 100000, "test.rules"),
                            (b'rule a "A"\n  when all of\n' + b"all of\n" * 100000, "test.rules"),
                            (b"#" * MANY, "test.rules"), (b"\0", "test.rules:1:1")]:
            with open(house.path("rules", "test.rules"), "wb") as out:
                out.write(text)
            check_says(house, words)


def templates_are_told_by_file_line_and_column():
    with SmallHouse("templates") as house:
        for text, words in [("Hello {{User.UserAttributes.FirstNam", "text.hbs:1:7"), ("line\n{{Nobody.Knows}}", "text.hbs:2:3"),
                            ("{{#if x}}", "text.hbs:1:"), ("{{" * 10000, "text.hbs:1:"), ("{{#each " * 5000, "text.hbs:1:"), ("x" * 100000, "text.hbs: error")]:
            house.write("templates/thanks/text.hbs", text)
            check_says(house, words)
        house.template("thanks", "service", subject="s", text="t")
        house.write("templates/thanks/template.yaml", "purpose: sevice\n")
        check_says(house, "template.yaml:1:", "service")
        with open(house.path("templates", "thanks", "text.hbs"), "wb") as out:
            out.write(b"a \xff b")
        check_says(house, "text.hbs:1:3")


def customers_are_told_by_file_line_and_column():
    with SmallHouse("customers", customers=CUSTOMERS) as house:
        house.start()
        with open(house.path("bad.csv"), "wb") as out:
            out.write(b"ChannelType,Address,OptOut,User.UserId,Atributes.X\n"
                      b"EMAIL,good1@mail.example,NONE,g1,\nEMIAL,x@mail.example,NONE,x,\nEMAIL,no address,NONE,y,\n"
                      b'EMAIL,"open@mail.example,NONE,z,\nEMAIL,good2@mail.example,MAYBE,m,\nEMAIL,good2@mail.example,NONE,g2,\n'
                      b"EMAIL,\xff@mail.example,NONE,b,\n" + b"x" * MANY + b"\n" + b"," * 10000 + b"\nEMAIL,good3@mail.example,,g3,")
        done = house.verb("import", "bad.csv", code=1)
        for words in ["bad.csv:1:40", "Attributes.X", "bad.csv:3:1", "did you mean 'EMAIL'", "bad.csv:4:7", "bad.csv:5:7", "never closed",
                      "bad.csv:6:26", "bad.csv:8:7", "bad.csv:9:1", "bad.csv:10:"]:
            need(words in done.stderr, f"'{words}' is missing:\n{done.stderr[:3000]}")
        for name in ("g1", "g2", "g3"):
            house.verb("people", "show", name, code=0)
        is_alive(house)


def what_strangers_wrote_does_not_drive_the_terminal():
    cursor = "\x1b[2J\x1b]0;gone\x07"
    with SmallHouse("terminal", customers=CUSTOMERS) as house:
        house.start()
        with open(house.path("odd.csv"), "w", encoding="utf-8") as out:
            out.write(f'ChannelType,Address,OptOut,User.UserId\nEMAIL,"x {cursor}\n\u202ey",NONE,g1\nEMAIL,o@mail.example,NONE,o\n')
        house.send({**post(1, "x"), "text": f"hello {cursor}", "author": {"id": "odd", "handle": "@odd@a.example", "name": cursor}})
        house.call("PUT", "/api/v1/customers/o", {"attributes": {f"a{'x'}": cursor}})
        for words in (["import", "odd.csv"], ["people", "show", f"no{cursor}body"], ["people", "show", "o"], ["people", "page", "odd"],
                      ["people", "page", "o"], ["people", "author", "odd"]):
            done = house.verb(*words)
            for sign in ("\x1b", "\x07", "\u202e"):
                need(sign not in done.stdout + done.stderr, f"{words}: {(done.stdout + done.stderr)[:3000]!r}")
        is_alive(house)


def the_brands_words_are_told_by_file_line_and_column():
    with SmallHouse("words") as house:
        for text, words in [(b"fine\ten\t1\nword\ten\tmuch\n", "own.tsv:2:9"), (b"word\txx\t3\n", "own.tsv:1:6"),
                            (b"fine\ten\t1\na\xff\ten\t2\n", "own.tsv:2:2"), (b"one column\n", "own.tsv:1:1"), (b"\0", "own.tsv:1:1")]:
            os.makedirs(house.path("lexicon.d"), exist_ok=True)
            with open(house.path("lexicon.d", "own.tsv"), "wb") as out:
                out.write(text)
            check_says(house, words, "help:")
            need(house.verb("run").returncode in (1, 3), f"{text}: it starts")


def an_offers_codes_are_told_by_file_line_and_column():
    with SmallHouse("codes", more="offers: {ten: {codes: codes.csv}}") as house:
        for text, words in [(b"", "empty"), (b"kode\nA\n", "no column `code`")]:
            with open(house.path("codes.csv"), "wb") as out:
                out.write(text)
            done = house.verb("run")
            need(done.returncode == 3 and "codes.csv" in done.stderr and words in done.stderr, f"{text}: {done.stderr}")
        with open(house.path("codes.csv"), "wb") as out:
            out.write(b'n,code\n1,GOOD-1\n2,"OPEN\n3,GOOD-2\n4,\xff\n5,' + b"x" * 201 + b"\n6,GOOD-1\n" + b"y" * MANY + b"\n7,GOOD-3")
        house.start()
        codes = sorted(r[0] for r in house.database().execute("SELECT code FROM offer_codes"))
        same(codes, ["GOOD-1", "GOOD-2", "GOOD-3"], "codes")
        for line in (3, 5, 6, 8):
            need(f"line={line} " in house.log() and "code=I020" in house.log(), f"line {line} is not told:\n{house.log()}")


def hostile_entries_leave_their_neighbours_alone():
    feed = Feed()
    feed.add("first", "fine one")
    feed.add("deep", "&lt;div&gt;" * 100000)
    feed.add("wide", "&lt;p&gt;" + "&amp;amp;" * 300000)
    feed.add("script", "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onclick=&quot;x&quot;&gt;bold&lt;/b&gt;")
    feed.add("", "no id at all")
    feed.add("future", "from tomorrow", "2199-01-01T00:00:00Z")
    feed.add("nodate", "when?", "some day")
    feed.add("last", "fine too")
    with SmallHouse("entries", sources=f"{{news: {{type: feed, url: '{feed.url}', interval: 1 s}}}}") as house:
        try:
            house.start()
            wait_for("the good ones", lambda: {"fine one", "fine too", "when?", "from tomorrow"} <=
                     {p["text"] for p in house.items("/api/v1/posts")})
            for stored in house.items("/api/v1/posts"):
                need("<script" not in stored["text"] and "onclick" not in stored["text"], f"markup: {stored['text'][:200]}")
            is_alive(house)
        finally:
            feed.close()


if __name__ == "__main__":
    run_tests([posted_alone_each_gets_a_clear_answer, posted_together_the_good_ones_are_taken, in_an_array_the_good_ones_are_taken,
               the_same_id_twice_is_one_post, a_body_beyond_the_limit_is_refused_and_the_next_is_taken,
               a_replay_file_goes_on_behind_what_is_bad, a_feed_that_turns_bad_and_good_again_loses_nothing,
               every_kind_of_bad_feed_is_told, rules_are_told_by_file_line_and_column, templates_are_told_by_file_line_and_column,
               customers_are_told_by_file_line_and_column,
               what_strangers_wrote_does_not_drive_the_terminal, the_brands_words_are_told_by_file_line_and_column,
               an_offers_codes_are_told_by_file_line_and_column, hostile_entries_leave_their_neighbours_alone])
