#!/usr/bin/env python3
"""One person: seen whole, exported, erased; not brought back by a post, a backup or an import; and the record of it all."""
import glob
import json
import os
import re
import sqlite3
import stat

from lib import need, post, run_tests, same, wait_for
from small_house import RULES, SmallHouse, ago

PEOPLE = 9  # one digit: no name begins with another
WORDS = "privately"


def a_post(number, who, text):
    return post(number, f"{text} {WORDS}{who} acme", author=who)


def filled(house):
    house.start()
    for who in range(1, PEOPLE + 1):
        house.send(*[a_post(1000 * who + k, who, text) for k, text in enumerate(["I love", "broken is my", "quiet"])])
    wait_for("messages", lambda: len(house.messages(kind="send", state="sent")) >= 1)


def needles(who, address):
    """What names the person: account, handle, words, ids of the posts, customer, address."""
    author = post(1, "x", author=who)["author"]
    return [author["id"], author["handle"], author["handle"][1:], f"{WORDS}{who} ", address] + [
        post(1000 * who + k, "x")["id"] for k in range(3)]


def bytes_of(house):
    """The database with all that lies beside it, but neither the log (which is the operator's) nor the messages' files."""
    found = b""
    for path in glob.glob(house.path("var", "earshot.db*")):
        with open(path, "rb") as f:
            found += f.read()
    return found


OTHERS = re.compile(r"\b[au][2-9]\b|" + WORDS + r"[2-9]|/posts/[2-9]\d{3}\b|\b(two|three|brand)@mail")


def rows_of_others(house):
    """Every row of every table that names somebody else, and all that names nobody but counts for all."""
    with sqlite3.connect(f"file:{house.path('var', 'earshot.db')}?mode=ro", uri=True) as db:
        rows = [(table, row) for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
                for row in db.execute(f"SELECT * FROM {table}").fetchall()]
    return [(table, row) for table, row in rows if OTHERS.search(repr(row)) or (table == "rule_state" and row[2] == "")]


def nothing_of_an_erased_person_is_left_and_others_are_as_before():
    with SmallHouse("erase") as house:
        filled(house)
        names = needles(1, "one@mail.example")
        for name in names:
            need(name.encode() in bytes_of(house), f"'{name}' is not in the database to begin with")
        before = rows_of_others(house)
        need(len(before) > 80, f"rows of others: {len(before)}")
        trial = json.loads(house.verb("erase", "--person", "u1", "--dry-run", "--json", code=0).stdout)
        same((trial["customers"], trial["accounts"], trial["rows"]["posts"]), (1, 1, 3), "what would go")
        need(names[0].encode() in bytes_of(house), "a dry run erased")
        same(house.verb("erase", "--person", "u1").returncode, 2, "without a terminal it must be said")
        logged = len(house.log())
        done = json.loads(house.verb("erase", "--person", "u1", "--yes", "--json", code=0).stdout)
        same(done["rows"], trial["rows"], "what went")
        wait_for("the log to be cut", lambda: not any(n.encode() in bytes_of(house) for n in names), 10)
        same(rows_of_others(house), before, "rows of others")
        same(house.verb("people", "page", "u1").returncode, 1, "found after it was erased")
        need(not any(n in house.log()[logged:] for n in names), "the log of the erasure names them")


def an_erased_person_does_not_come_back_under_another_id_but_may_by_themselves():
    rows = "ChannelType,Address,Id,User.UserId\n"
    with SmallHouse("erase-return") as house:
        house.start()
        house.verb("import", house.write("a.csv", rows + "EMAIL,Ann@mail.example,e-ann,old\nPUSH,token-7,p-ann,old\nSMS,+44 20 7946 0000,s-ann,old\n"
                                                         "EMAIL,till@mail.example,t-1,old\nEMAIL,till@mail.example,t-2,shop\n"), code=0)
        house.verb("erase", "--person", "old", "--yes", code=0)
        need(not any(w in bytes_of(house) for w in (b"token-7", b"p-ann", b"Ann@mail")), "what is kept names nobody")
        again = house.write("b.csv", rows + "EMAIL,ann@MAIL.example,x-1,new1\nPUSH,token-7,x-2,new2\nVOICE,+442079460000,x-3,new3\nPUSH,token-8,p-ann,new4\n"
                                            "EMAIL,till@mail.example,x-5,new5\nEMAIL,ben@mail.example,x-6,new6\n")
        for _ in range(2):  # and once more behind a start
            done = house.verb("import", again, code=1)
            need(done.stderr.count("warning[I029]") == 4 and "--returned" in done.stderr, done.stderr)
            found = house.verb("people", "list", code=0).stdout
            same([n for n in range(1, 7) if f"new{n}" in found], [5, 6], "a till's address is others' as well")
            same(house.stop(), 0, "exit code")
            house.start()
        token = {"endpoints": [{"id": "x-2", "channel": "push", "address": "token-7"}]}
        status, told = house.call("PUT", "/api/v1/customers/new2", token)
        same((status, told["code"]), (409, "erased"), f"by the API: {told}")
        ann = {"endpoints": [{"id": "x-6", "channel": "email", "address": "ann@mail.example"}]}
        same(house.call("PATCH", "/api/v1/customers/new6", ann)[0], 409, "the address for an endpoint that is here")
        done = house.verb("import", house.write("d.csv", rows + "EMAIL,ann@mail.example,x-6,new6\n"), code=1)
        need("warning[I029]" in done.stderr, f"the same in a file: {done.stderr}")
        done = house.verb("import", house.write("e.csv", "Nr,Mail\nn9,ann@mail.example\n"), "--map", "Nr=id", "--map", "Mail=endpoint:email", code=1)
        need("e.csv:2:4: warning[I029]" in done.stderr, f"it points at the address: {done.stderr}")
        same(house.call("PUT", "/api/v1/customers/new2", {**token, "returned": True})[0], 200, "said to have come back")
        same(house.call("POST", "/api/v1/events", {"id": "i1", "customer": "new1", "endpoints": [{"channel": "email", "address": "ann@mail.example"}]})[0], 201,
             "an app tells what its user did")
        same(house.call("PUT", "/api/v1/customers/old", {"returned": True})[0], 409, "the old id stays erased")
        # who is here again is not asked about any more
        done = house.verb("import", house.write("c.csv", rows + "PUSH,token-7,x-2,new2\nEMAIL,ann@mail.example,x-1,new1\n"), code=0)
        same(done.stderr, "", "findings")
        done = house.verb("import", again, "--returned", code=0)
        need("I029" not in done.stderr and "new4" in house.verb("people", "list", code=0).stdout, done.stderr)
        audit = house.verb("audit", code=0).stdout
        need("customers.change returned" in audit and "customers.import returned" in audit, audit)


CAPS = """
brand acme "Acme"
  called "acme"
end

rule few "Few"
  when text contains "love"
  then
    tag author "fan"
  end
  at most once every 7 days per author
  at most 4 in total
end
"""


def caps_of_all_and_cool_downs_of_others_go_on():
    with SmallHouse("erase-caps", rules=CAPS) as house:
        house.start()
        for who in (1, 2, 3):
            house.send(a_post(1000 * who, who, "I love"))
        house.verb("erase", "--person", "@a1@social.example", "--yes", code=0)
        house.send(a_post(2001, 2, "I love"))
        for who in (4, 5):
            house.send(a_post(1000 * who, who, "I love"))
        with house.database() as db:
            outcomes = {row[0]: row[1] for row in db.execute("SELECT occurrence_id, outcome FROM decisions")}
        done = [o for o, outcome in outcomes.items() if outcome == 0]
        same(len(done), 4, f"the fourth still fired, the fifth did not: {outcomes}")
        need(post(5000, "x")["id"] not in done and post(2001, "x")["id"] not in done, f"{outcomes}")


def an_erased_person_does_not_come_back():
    with SmallHouse("comes-back") as house:
        filled(house)
        house.verb("erase", "--person", post(1, "x", author=1)["author"]["handle"], "--yes", code=0)
        answer = house.send(a_post(1000, 1, "I love"), a_post(99001, 1, "new and"), a_post(99002, 2, "new and"))
        same((answer["erased"], answer["stored"]), (2, 1), f"answer {answer}")
        anonymous = a_post(1001, 1, "broken is my")
        del anonymous["author"]
        same(house.send(anonymous)["erased"], 1, "the same post without its author")
        same(house.metric("earshot_posts_erased_total"), 3, "counted")
        need(b"new and privately1" not in bytes_of(house), "stored")
        # Also with the cache cold, and after a start.
        house.stop()
        house.start()
        same(house.send(a_post(99003, 1, "again"))["erased"], 1, "after a start")


def the_page_and_the_export_have_everything():
    with SmallHouse("page") as house:
        filled(house)
        status, page = house.call("GET", "/api/v1/people/u1")
        same(status, 200, "status")
        sections = {s["name"]: s for s in page["sections"]}
        same(page["person"], {"customers": ["u1"], "accounts": [post(1, "x", author=1)["author"]["id"]]}, "who")
        for name in ["customer", "attributes", "endpoints", "consent", "accounts", "links", "posts", "decisions", "messages", "alerts",
                     "history"]:
            need(name in sections, f"'{name}' is missing; there are {sorted(sections)}")
            need(sections[name]["from"] and sections[name]["ground"], f"{name}: from where, and why")
        same(sections["posts"]["count"], 3, "posts")
        same(sections["consent"]["items"][0]["source"], "pinpoint import", "where consent came from")
        need(all(i["influence"] for i in page["influence"]), "influence")
        text = house.verb("people", "page", "u1", code=0).stdout
        need(f"{WORDS}1" in text and "one@mail.example" in text and "held for" in text and "kept: words: " in text, text)
        need("as_seen" not in text and "{" not in text, f"raw: {text}")
        status, html = house.call("GET", "/api/v1/people/u1?format=html", raw=True)
        need(status == 200 and b"<!doctype html" in html and b"one@mail.example" in html, f"{status} {html[:200]}")
        house.verb("export", "--person", "one@mail.example", house.path("one.json"), code=0)
        same(stat.S_IMODE(os.stat(house.path("one.json")).st_mode), 0o600, "mode")
        with open(house.path("one.json"), encoding="utf-8") as f:
            export = json.load(f)
        exported = {s["name"]: s["items"] for s in export["sections"]}
        for name, section in sections.items():
            same([{key: v for key, v in row.items() if key in shown} for row, shown in zip(exported[name], section["items"])],
                 section["items"], name)
        need("as_seen" not in sections["posts"]["items"][0], "the page has what only an export is for")
        same(exported["posts"][0]["as_seen"]["author"]["id"], post(1, "x", author=1)["author"]["id"], "as seen")
        same(house.verb("export", "--person", "nobody", house.path("none.json")).returncode, 1, "nobody")
        need(not os.path.exists(house.path("none.json")), "a file about nobody")


def markup_of_others_is_text_on_the_page():
    with SmallHouse("page-markup") as house:
        house.start()
        nasty = post(1, "<script>alert(1)</script> I love acme \x1b[2J", author=1)
        nasty["author"]["name"] = "\"><img src=x onerror=alert(1)>"
        house.send(nasty)
        _, html = house.call("GET", "/api/v1/people/u1?format=html", raw=True)
        need(b"<script" not in html and b"<img" not in html, "markup on the page")
        need("\x1b" not in house.verb("people", "page", "u1", code=0).stdout, "a terminal is steered")


def long_histories_are_exported_whole():
    with SmallHouse("export-long") as house:
        house.start()
        for begin in range(0, 1300, 100):
            house.send(*[a_post(10000 + begin + k, 1, "quiet") for k in range(100)])
        export = json.loads(house.verb("export", "--person", "u1", code=0).stdout)
        posts = next(s["items"] for s in export["sections"] if s["name"] == "posts")
        same((len(posts), len({p["id"] for p in posts})), (1300, 1300), "posts, each once")
        _, page = house.call("GET", "/api/v1/people/u1")
        section = next(s for s in page["sections"] if s["name"] == "posts")
        same((len(section["items"]), section["more"], section["count"]), (20, True, 1000), "the page is bounded")


def the_record_names_nobody_and_cannot_be_changed():
    with SmallHouse("audit") as house:
        filled(house)
        house.call("GET", "/api/v1/people/u1")
        house.verb("export", "--person", "u1", code=0)
        house.verb("erase", "--person", "u1", "--yes", code=0)
        lines = [row["what"] for row in house.items("/api/v1/audit")]
        marks = {w.split("person=")[1].split()[0] for w in lines if "person=" in w}
        same(len(marks), 1, f"one mark for one person in {lines}")
        for verb in ["person.view", "person.export", "person.erase"]:
            need(any(w.startswith(verb) for w in lines), f"no {verb} in {lines}")
        need(not any("u1" in w.replace("person=", "") or "@a1" in w or "one@mail" in w for w in lines), f"a person in {lines}")
        need("person.erase" in house.verb("audit", code=0).stdout, "the verb")
        house.stop()
        with sqlite3.connect(house.path("var", "earshot.db")) as db:
            for sql in ["DELETE FROM audit", "UPDATE audit SET what = ''"]:
                try:
                    db.execute(sql)
                    raise AssertionError(f"{sql} was possible")
                except sqlite3.IntegrityError:
                    pass


def a_backup_is_whole_and_restoring_it_brings_nobody_back():
    with SmallHouse("backup") as house:
        filled(house)
        house.verb("outbox", "stop", code=0)
        house.send(a_post(95001, 2, "I love"))
        backup = house.path("b.db")
        house.verb("backup", backup, code=0)
        same(stat.S_IMODE(os.stat(backup).st_mode), 0o600, "mode")
        same(house.verb("backup", backup).returncode, 3, "over a file that is there")
        house.verb("erase", "--person", "u1", "--yes", code=0)
        same(house.verb("restore", backup).returncode, 3, "while the daemon runs")
        house.stop()
        done = json.loads(house.verb("restore", "--json", backup, code=0).stdout)
        same(done["persons_erased"], 2, "the customer and the account")
        for name in needles(1, "one@mail.example"):
            with open(house.path("var", "earshot.db"), "rb") as db:
                need(name.encode() not in db.read(), f"'{name}' came back")
        need(glob.glob(house.path("var", "earshot.db-before-*")), "what was there is kept")
        house.start()
        same(house.call("GET", "/api/v1/people/u1")[0], 404, "the person")
        same(house.call("GET", "/api/v1/people/u2")[0], 200, "another")
        same(house.send(a_post(99001, 1, "new"))["erased"], 1, "posts after the restore")
        need(all("restored" in m["reason"] for m in house.messages(kind="send", state="held") if m["hold"] == "operator"), "held")


def a_database_put_in_place_by_hand_is_told_by_the_ledger():
    with SmallHouse("by-hand") as house:
        filled(house)
        house.verb("backup", house.path("b.db"), code=0)
        house.verb("erase", "--person", "u1", "--yes", code=0)
        same(stat.S_IMODE(os.stat(house.path("var", "earshot.db-erasures.key")).st_mode), 0o600, "the key's mode")
        with open(house.path("var", "earshot.db-erasures"), encoding="ascii") as ledger:
            need("u1" not in ledger.read(), "the ledger names somebody")
        house.stop()
        os.replace(house.path("b.db"), house.path("var", "earshot.db"))
        house.start()
        same(house.call("GET", "/api/v1/people/u1")[0], 404, "the person")
        house.stop()
        os.remove(house.path("var", "earshot.db-erasures.key"))
        done = house.verb("people", "list")
        need(done.returncode == 3 and "key" in done.stderr, f"without the key: {done.stderr}")


def rubbish_is_not_restored():
    with SmallHouse("rubbish") as house:
        house.start()
        house.stop()
        house.write("text.db", "no database\n" * 1000)
        with sqlite3.connect(house.path("other.db")) as db:
            db.execute("CREATE TABLE t (a)")
        with open(house.path("var", "earshot.db"), "rb") as db:
            was = db.read()
        with open(house.path("cut.db"), "wb") as cut:
            cut.write(was[: len(was) // 2])
        for name in ["text.db", "other.db", "cut.db", "absent.db"]:
            same(house.verb("restore", house.path(name)).returncode, 3, name)
        with open(house.path("var", "earshot.db"), "rb") as db:
            need(db.read() == was, "the database was touched")
        same(sorted(os.path.basename(p) for p in glob.glob(house.path("var", "*restoring*"))), [], "left behind")


def a_source_whose_terms_forbid_it_matches_nobody():
    with SmallHouse("terms") as house:
        house.write("said.ndjson", "".join(json.dumps(a_post(1000 * who, who, "I love")) + "\n" for who in (1, 2)))
        house.configure(sources="{said: {type: replay, file: said.ndjson, match_customers: no, keep_for: 1 h}}")
        house.start()
        wait_for("the posts", lambda: house.metric("earshot_posts_stored_total") == 2)
        with house.database() as db:
            same(db.execute("SELECT count(*) FROM links WHERE author_id IS NOT NULL").fetchone()[0], 0, "links")
            same({row[0][:2] for row in db.execute("SELECT subject FROM posts")}, {"a:"}, "subjects")
        house.send(a_post(1001, 1, "I love"))
        with house.database() as db:
            same(db.execute("SELECT count(*) FROM links WHERE author_id IS NOT NULL").fetchone()[0], 1, "by a source that may")


WAITS = RULES + """
rule unanswered "Unanswered"
  when text contains "anybody"
  unless answered within 1 minute
  then
    tag author "waits"
    send "thanks" by mail to customer
  end
end
"""


def a_source_whose_terms_forbid_it_matches_nobody_later_either():
    with SmallHouse("terms-later", rules=WAITS) as house:
        house.start()
        house.send(a_post(2001, 1, "quiet"), a_post(2002, 2, "quiet"))  # both accounts are linked, by what another source says
        house.stop()
        house.write("said.ndjson", json.dumps({**a_post(1001, 1, "anybody there"), "created_at": ago(57)}) + "\n")
        house.write("told.ndjson", json.dumps({**a_post(1002, 2, "anybody there"), "created_at": ago(57)}) + "\n")
        house.configure(sources="{said: {type: replay, file: said.ndjson, match_customers: no}, told: {type: replay, file: told.ndjson}}")
        house.start()
        wait_for("the timers", lambda: len([d for d in house.items("/api/v1/decisions") if d["rule_id"] == "unanswered" and d["outcome"] == "done"]) == 2)
        decisions = {(d["occurrence_id"][-1], d["action"].split()[0]): (d["subject"], d["outcome"]) for d in house.items("/api/v1/decisions")
                     if d["rule_id"] == "unanswered" and d["action"]}
        same(decisions[("2", "send")], ("c:u2", "queued"), "where the terms allow it")
        same(decisions[("1", "tag")][0][:2], "a:", "a stranger is who waited")
        need(decisions[("1", "send")][1] != "queued" and decisions[("1", "send")][0][:2] == "a:", f"{decisions}")
        same([m["customer_id"] for m in house.items("/api/v1/outbox")], ["u2"], "messages")


def erased_customers_are_left_out_of_an_import():
    with SmallHouse("erase-import") as house:
        house.start()
        house.verb("erase", "--person", "u1", "--yes", code=0)
        done = house.verb("import", house.path("customers.csv"))
        need("erased" in done.stdout + done.stderr, f"{done.stdout}{done.stderr}")
        for call, path, body in [("PUT", "/api/v1/customers/u1", {}),
                                 ("POST", "/api/v1/events", {"customer": "u1", "name": "bought"})]:
            status, answer = house.call(call, path, body)[:2]
            need(status in (400, 409) and "erased" in json.dumps(answer), f"{call} {path}: {status} {answer}")
        same(house.call("GET", "/api/v1/customers/u1")[0], 404, "u1")
        same(house.call("GET", "/api/v1/customers/u2")[0], 200, "u2")
        house.stop()
        house.start()
        same(house.call("GET", "/api/v1/customers/u1")[0], 404, "u1 after a start")


def what_is_deleted_upstream_is_deleted_in_copies_too():
    with SmallHouse("deleted-copies", queues="    second: {notify: [\"social:desk\"], escalate_after: 7 days}",
                    rules=RULES.replace('alert "support" as high', 'alert "second" as high')) as house:
        house.start()
        house.send(post(1, "broken and privately told by the first", author=1))
        house.send(post(2, "broken and privately told by the first", author=2, repost_of=post(1, "x")["id"]))
        house.send(post(3, "broken and privately told by the third", author=3))
        wait_for("notices", lambda: len(house.messages(kind="notice", state="sent")) >= 2)
        with house.database() as db:
            need(any("told by the first" in row[0] for row in db.execute("SELECT parts FROM outbox")), "no notice quotes it")
        house.send({"id": post(1, "x")["id"], "text": "", "deleted": True})
        with house.database() as db:
            same(db.execute("SELECT count(*) FROM posts WHERE text LIKE '%first%'").fetchone()[0], 0, "texts")
            need(not any("told by the first" in row[0] for row in db.execute("SELECT parts FROM outbox")), "a notice quotes it")
            need(any("told by the third" in row[0] for row in db.execute("SELECT parts FROM outbox")), "others' notices")


run_tests([
    what_is_deleted_upstream_is_deleted_in_copies_too,
    a_source_whose_terms_forbid_it_matches_nobody,
               a_source_whose_terms_forbid_it_matches_nobody_later_either,
    erased_customers_are_left_out_of_an_import,
    nothing_of_an_erased_person_is_left_and_others_are_as_before,
               an_erased_person_does_not_come_back_under_another_id_but_may_by_themselves,
    caps_of_all_and_cool_downs_of_others_go_on,
    an_erased_person_does_not_come_back,
    the_page_and_the_export_have_everything,
    markup_of_others_is_text_on_the_page,
    long_histories_are_exported_whole,
    the_record_names_nobody_and_cannot_be_changed,
    a_backup_is_whole_and_restoring_it_brings_nobody_back,
    a_database_put_in_place_by_hand_is_told_by_the_ledger,
    rubbish_is_not_restored,
])
