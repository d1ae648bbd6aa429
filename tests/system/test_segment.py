#!/usr/bin/env python3
"""Customers as Segment's libraries tell of them: with the real one, and with bodies as its documentation has them."""
import base64
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import peers
from lib import free_port, need, run_tests, same, wait_for
from small_house import SmallHouse, ago

KEY = "the-write-key-of-this-house"
RULES = """
rule win-back "A large order was cancelled"
  when all of
    event is "Order Cancelled"
    event.total is at least 20
    customer.plan is "gold"
  end
  then
    tag customer "cancelled"
  end
end
"""


class House(SmallHouse):
    def __init__(self, name, **parts):
        super().__init__(name, RULES)
        self.port = free_port()
        self.configure(listen=f'"127.0.0.1:{self.port}", token: "${{KEY}}"')
        self.environment["KEY"] = KEY
        self.start()

    def ask(self, call, body, user=KEY, password="", **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1/segment/v1/{call}", json.dumps(body).encode(), headers)
        if user is not None:
            request.add_header("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def taken(self, call, body, **more):
        status, answer = self.ask(call, body, **more)
        same((status, answer.get("success")), (200, True), f"{call}: {answer}")
        return answer

    def customer(self, name):
        status, found = self.call("GET", f"/api/v1/customers/{name}")
        same(status, 200, f"customer {name}")
        return found

    def events_of(self, name):
        return [(e["name"], e["id"]) for e in self.items(f"/api/v1/customers/{name}/events")]


def speak(house, *calls, key=KEY):
    """What the real library says of its calls."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "segment_client.js")
    modules = os.path.join(peers.npm(), "node_modules")
    done = subprocess.run(["node", script, f"http://127.0.0.1:{house.port}", "/api/v1/segment/v1/batch", key], text=True, capture_output=True,
                          input="".join(json.dumps(c) + "\n" for c in calls), env={**os.environ, "NODE_PATH": modules}, timeout=60)
    same(done.returncode, 0, f"the client: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def the_real_library_is_understood():
    peers.npm()
    with House("segment") as house:
        said = speak(house, {"call": "identify", "userId": "u77", "traits": {"plan": "gold", "email": "u77@mail.example", "address": {"city": "Graz", "country": "AT"}}},
                     {"call": "track", "userId": "u77", "event": "Order Cancelled", "properties": {"total": 24.5, "products": [{"sku": "a"}]}},
                     {"call": "page", "userId": "u77", "name": "Pricing", "properties": {"url": "https://shop.example/pricing"}},
                     {"call": "screen", "anonymousId": "nobody", "name": "Home"},
                     {"call": "group", "userId": "u77", "groupId": "g1", "traits": {"seats": 5}})
        same([s for s in said if s.get("error") or s.get("failed")], [], f"errors in {said}")
        wait_for("the events", lambda: len(house.events_of("u77")) == 2)
        same(sorted(name for name, _ in house.events_of("u77")), ["Order Cancelled", "page viewed"], "events")
        found = house.customer("u77")
        attributes = found["attributes"]
        same({k: attributes[k] for k in ("plan", "address.city", "group", "group.seats")},
             {"plan": ["gold"], "address.city": ["Graz"], "group": ["g1"], "group.seats": ["5"]}, f"attributes {attributes}")
        same([(e["channel"], e["address"]) for e in found["endpoints"]], [("email", "u77@mail.example")], "endpoints")
        same((found["country"], found["tags"]), ("AT", ["cancelled"]), "the rule saw it")
        need(all(h["source"] == "segment" or h["source"].startswith("rule") for h in found["history"]), f"{found['history']}")
        ids = {s["messageId"] for s in said if s.get("call") in ("track", "page")}
        same({i for _, i in house.events_of("u77")}, ids, "messageIds")
        said = speak(house, {"call": "track", "userId": "u78", "event": "x"}, key="wrong")
        need(any(s.get("error") or s.get("failed") for s in said), f"a wrong key: {said}")
        same(house.call("GET", "/api/v1/customers/u78")[0], 404, "nobody was made")


def the_write_key_is_the_token():
    with House("segment-key") as house:
        call = {"userId": "u1", "event": "x", "messageId": "m1"}
        same(house.ask("track", call, user="wrong")[0], 401, "a wrong key")
        same(house.ask("track", call, user=None)[0], 401, "no key")
        same(house.ask("track", {**call, "writeKey": "wrong"}, user=None)[0], 401, "a wrong key in the body")
        same(house.ask("track", {**call, "writeKey": KEY}, user=None, Origin="https://evil.example")[0], 401, "a page of another site")
        same(house.ask("track", {**call, "writeKey": KEY, "properties": {"p": ["y" * 4000] * 150}}, user=None)[0], 401, "too large without a key in front")
        same(house.items("/api/v1/events"), [], "nothing was taken")
        house.taken("track", call, user=KEY)
        house.taken("track", {**call, "messageId": "m2"}, user="x", password=KEY)
        house.taken("track", {**call, "messageId": "m3", "writeKey": KEY}, user=None)
        same(house.taken("track", {**call, "messageId": "m3", "writeKey": KEY}, user=None)["duplicates"], 1, "sent again")
        same(len(house.items("/api/v1/events")), 3, "events")


def clocks_are_put_right():
    with House("segment-clock") as house:
        # five minutes before it was sent, by a clock that is a day behind
        house.taken("batch", {"batch": [{"type": "track", "userId": "u1", "event": "x", "messageId": "m1", "timestamp": ago(86700)}], "sentAt": ago(86400)})
        house.taken("track", {"userId": "u1", "event": "x", "messageId": "m2", "timestamp": ago(60)})
        house.taken("track", {"userId": "u1", "event": "x", "messageId": "m3", "timestamp": ago(-9000), "originalTimestamp": ago(120), "sentAt": ago(0)})
        house.taken("track", {"userId": "u1", "event": "x", "messageId": "m4", "timestamp": ago(-9000)})
        at = {e["id"]: e["at"] for e in house.items("/api/v1/events")}
        for name, seconds in (("m1", 300), ("m2", 60), ("m3", 120), ("m4", 0)):
            need(ago(seconds + 5) <= at[name] <= ago(seconds - 5), f"{name}: {at[name]}, want {ago(seconds)}")


def strangers_are_kept_out_and_mistakes_told():
    with House("segment-bad") as house:
        answer = house.taken("batch", {"batch": [
            {"type": "track", "anonymousId": "a", "event": "x"}, {"type": "track", "event": "x"}, {"type": "track", "userId": "u1"},
            {"type": "dance", "userId": "u1"}, 7, {"type": "track", "userId": 42, "event": "x", "messageId": "m1"},
            {"type": "alias", "userId": "u1", "previousId": "a"}, {"type": "group", "userId": "u1"}]})
        same((answer["stored"], answer["anonymous"], answer["refused"]), (1, 2, 5), f"{answer}")
        same([e["index"] for e in answer["errors"]], [1, 2, 3, 4, 7], "places")
        same(house.events_of("42"), [("x", "m1")], "a number is an id")
        same(house.ask("track", {"event": "x"})[0], 400, "nothing could be taken")
        same(house.taken("page", {"anonymousId": "a"})["anonymous"], 1, "a page seen by nobody we know")
        same(house.ask("batch", {"batch": 5})[0], 400, "no batch")
        same(house.ask("dance", {"userId": "u1"})[0], 400, "no such call")
        # an address that is taken back stays so when another one is told
        house.taken("identify", {"userId": "u5", "messageId": "i1", "traits": {"email": "old@mail.example", "phone": "not a number"}})
        house.taken("identify", {"userId": "u5", "messageId": "i2", "traits": {"email": "new@mail.example", "plan": None}})
        same([e["address"] for e in house.customer("u5")["endpoints"]], ["new@mail.example"], "endpoints")
        same(house.customer("u5")["attributes"]["phone"], ["not a number"], "no address, but what was told")
        # two customers are one from then on
        house.taken("track", {"userId": "u6", "event": "x", "messageId": "m6"})
        same(house.taken("alias", {"userId": "u5", "previousId": "u6", "messageId": "al1"})["identified"], 1, "merged")
        same(house.customer("u6")["id"], "u5", "under one id")
        same(house.events_of("u5"), [("x", "m6")], "events of both")
        same(house.taken("alias", {"userId": "u5", "previousId": "u6", "messageId": "al2"})["identified"], 1, "merged already")
        # an older one, sent again, changes nothing
        same(house.taken("identify", {"userId": "u5", "messageId": "i1", "traits": {"email": "old@mail.example"}})["duplicates"], 1, "again")
        same([e["address"] for e in house.customer("u5")["endpoints"]], ["new@mail.example"], "endpoints")


if __name__ == "__main__":
    run_tests([the_real_library_is_understood, the_write_key_is_the_token, clocks_are_put_right, strangers_are_kept_out_and_mistakes_told])
