#!/usr/bin/env python3
"""Customers by HTTP as two people change them at once, and customers whose ids are anything but words."""
import http.client
import json
import threading
import urllib.parse

from lib import free_port, need, run_tests, same
from small_house import SmallHouse

KEY = "the-token-of-this-house"


class House(SmallHouse):
    def __init__(self, name):
        super().__init__(name)
        self.port = free_port()
        self.configure(listen=f'"127.0.0.1:{self.port}", token: "${{KEY}}"')
        self.environment["KEY"] = KEY
        self.start()

    def ask(self, method, path, body=None, **headers):
        """Over TCP, as a program elsewhere would: (status, parsed body, headers)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, None if body is None else json.dumps(body), {"Authorization": f"Bearer {KEY}", **headers})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, json.loads(data), answer.headers


def who_saw_another_state_is_told_and_changes_nothing():
    with House("etag") as house:
        status, _, headers = house.ask("GET", "/api/v1/customers/u1")
        seen = headers["ETag"]
        same((status, seen[0], seen[-1]), (200, '"', '"'), "a strong tag")
        same(house.ask("GET", "/api/v1/customers/u1")[2]["ETag"], seen, "asked again")
        status, found, headers = house.ask("PATCH", "/api/v1/customers/u1", {"country": "AT"}, If_Match=seen)
        same((status, found["country"]), (200, "AT"), "a change of what was seen")
        need(headers["ETag"] not in (None, seen), "the next tag")
        now = headers["ETag"]
        status, told, headers = house.ask("PATCH", "/api/v1/customers/u1", {"country": "CH"}, If_Match=seen)
        same((status, told["code"]), (412, "changed-meanwhile"), f"a change of what is gone: {told}")
        same(house.ask("GET", "/api/v1/customers/u1")[2]["ETag"], now, "nothing was changed")
        for match, want in ((f'"other", {now}', 200), ("*", 200), (f"W/{now}", 412), ("nonsense", 412), ('""', 412), ('"', 412)):
            same(house.ask("PATCH", "/api/v1/customers/u1", {"country": "AT"}, If_Match=match)[0], want, f"If-Match: {match}")
        same(house.ask("PUT", "/api/v1/customers/nobody", {"country": "AT"}, If_Match="*")[0], 412, "nobody has no state")
        same(house.ask("GET", "/api/v1/customers/nobody")[0], 404, "and is nobody still")
        same(house.ask("POST", "/api/v1/customers/u1/merge", {"other": "u2"}, If_Match=seen)[0], 412, "a merge of what is gone")
        same(house.ask("POST", "/api/v1/customers/u1/merge", {"other": "u2"}, If_Match=now)[0], 200, "a merge of what was seen")


def of_many_who_saw_the_same_one_is_first():
    with House("etag-race") as house:
        for turn in range(5):
            seen = house.ask("GET", "/api/v1/customers/u1")[2]["ETag"]
            answers = []

            def change(n):
                status, found, _ = house.ask("PATCH", "/api/v1/customers/u1", {"attributes": {"first": [f"{turn}-{n}"]}}, If_Match=seen)
                answers.append((status, f"{turn}-{n}"))
            threads = [threading.Thread(target=change, args=(n,)) for n in range(8)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            same(sorted(status for status, _ in answers), [200] + 7 * [412], "answers")
            winner = [n for status, n in answers if status == 200]
            same(house.ask("GET", "/api/v1/customers/u1")[1]["attributes"]["first"], winner, "the first one's")


ODD = ["x", "x|z", "c:x", "c:x|z", "x|", "|", "a:x", "e:1", "a%b", "a_b", "axb", "%", "_", "o'b", 'o"b', "'; DROP TABLE customers; --", "a\\b", "\\", "[a]", "a*",
       "a/b", "..", "a?b#c&d=e", "%2F", "a b", "+", "ü", "Ü", "u\u0308", "😀", "{}", "[]", "null", "0", "-1", "m" * 512, "a\u00a0b", "a\u202eb"]


def export(house):
    """Everything of everybody, by id."""
    return {json.loads(line)["id"]: line for line in house.verb("export", "--customers", code=0).stdout.splitlines()}


def fill(house):
    for n, name in enumerate(ODD):
        path = "/api/v1/customers/" + urllib.parse.quote(name, safe="")
        status, found, _ = house.ask("PUT", path, {
            "country": "AT", "attributes": {"name": [name]}, "tags": {name[:256]: True}, "lists": {"odd": True},
            "endpoints": [{"id": f"e-{n}", "channel": "custom", "address": f"to {name}"}],
            "consents": [{"channel": "email", "purpose": "service", "given": True}]})
        same((status, found.get("id")), (200, name), f"{name!r}: {found}")
        status, answer, _ = house.ask("POST", "/api/v1/events", {"id": f"odd-{n}", "customer": name, "name": "seen"})
        same((status, answer["stored"]), (201, 1), f"an event of {name!r}: {answer}")
        status, answer, _ = house.ask("POST", path + "/links", {"author": f"@odd{n}@social.example", "proof": "agent", "basis": "told us"})
        need(status < 300, f"a link of {name!r}: {answer}")


def counts(house, name):
    db = house.database()
    return [db.execute(f"SELECT count(*) FROM {table} WHERE {column} = ?", (name,)).fetchone()[0]
            for table, column in (("customers", "id"), ("events", "customer_id"), ("customer_history", "customer_id"), ("links", "customer_id"),
                                  ("endpoints", "customer_id"), ("consents", "customer_id"))]


def ids_are_only_ids_whatever_stands_in_them():
    with House("odd-ids") as house:
        fill(house)
        left = export(house)
        same(set(ODD) - set(left), set(), "all are there")
        for name in ODD:
            same(min(counts(house, name)), 1, f"rows of {name!r}")
            done = json.loads(house.verb("erase", "--person", name, "--yes", "--json", code=0).stdout)
            same((done["customers"], done["accounts"]), (1, 0), f"erased by {name!r}")
            same(counts(house, name), [0] * 6, f"rows of {name!r} once erased")
            del left[name]
            now = export(house)
            need(now == left, f"erasing {name!r} touched {[n for n in left if now.get(n) != left[n]][:3]}, left {[n for n in now if n not in left][:3]}")
            path = "/api/v1/customers/" + urllib.parse.quote(name, safe="")
            same(house.ask("PUT", path, {"country": "AT"})[0], 409, f"{name!r} does not come back")
        same(house.database().execute("PRAGMA integrity_check").fetchone()[0], "ok", "integrity")


def ids_with_control_characters_are_nobodys():
    with House("control-ids") as house:
        for name in ("a\nb", "a\tb", "\x7f", "m" * 513, "\x1b[2J"):
            path = "/api/v1/customers/" + urllib.parse.quote(name, safe="")
            need(house.ask("PUT", path, {"country": "AT"})[0] in (400, 413, 414), f"{name!r} is refused")
            need(house.ask("POST", f"/api/v1/people/{urllib.parse.quote(name, safe='')}/erase", {})[0] in (400, 404), f"{name!r} names nobody")
            status, answer, _ = house.ask("POST", "/api/v1/events", {"id": "x", "customer": name, "name": "seen"})
            same((status, answer.get("stored", 0)), (400, 0), f"an event of {name!r}: {answer}")
            line = json.dumps({"id": name, "country": "AT"})
            done = json.loads(house.verb("import", "-", "--json", text=line + "\n", code=1).stdout)
            same(done["created"], 0, f"a line of {name!r}")
        same(set(export(house)), {"u1", "u2", "u3", "u9"}, "customers")


if __name__ == "__main__":
    run_tests([who_saw_another_state_is_told_and_changes_nothing, of_many_who_saw_the_same_one_is_first, ids_are_only_ids_whatever_stands_in_them,
               ids_with_control_characters_are_nobodys])
