#!/usr/bin/env python3
"""Signed webhooks to a receiver that has each one verified by the specification's own library."""
import base64
import json
import os
import time
import urllib.request

import peers
from lib import free_port, need, post, run_tests, same, wait_for
from peer_house import PeerHouse

SECRET = "whsec_" + base64.b64encode(bytes(range(40))).decode()
NEXT_SECRET = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()


class Receiver:
    def __init__(self, house, secret):
        modules = os.path.join(peers.npm(), "node_modules")
        self.port = free_port()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "webhook_receiver.js")
        self.server = peers.Server("webhook receiver", ["node", script, str(self.port), secret], house.path("receiver.log"),
                                   {**os.environ, "NODE_PATH": modules})
        self.server.wait_until("to listen", lambda: self.server.log())

    def script(self, *answers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/script", json.dumps(answers).encode(), method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def hooks(self):
        return [e for e in map(json.loads, self.server.log().splitlines()) if e["event"] == "hook"]

    def wait_hooks(self, count, limit_s=30):
        wait_for(f"{count} webhooks", lambda: len(self.hooks()) >= count, limit_s)
        return self.hooks()

    def stop(self):
        self.server.stop()


class World:
    def __init__(self, name, secret=SECRET, theirs=None, notify="log:"):
        self.house = PeerHouse(name)
        try:
            self.receiver = Receiver(self.house, theirs or secret)
        except BaseException:
            self.house.close()
            raise
        self.house.environment["HOOK_SECRET"] = secret
        self.house.configure(f"""  mail: {{type: webhook, url: "http://127.0.0.1:{self.receiver.port}/hooks", secret: "${{HOOK_SECRET}}",
    endpoint: email, retry_first: 100 ms, retry_max: 300 ms}}
""", notify=notify)
        self.house.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.house.close()
        self.receiver.stop()


def the_reference_library_verifies_what_we_sign():
    with World("hook-good") as w:
        w.house.send(post(1, "hello there", author=1))
        sent = w.house.wait_message(state="sent")
        hook, = w.receiver.wait_hooks(1)
        same((hook["verified"], hook["id"], hook["type"]), (True, sent["id"], "application/json"), "hook")
        need(abs(int(hook["timestamp"]) - time.time()) < 60, f"timestamp {hook['timestamp']}")
        body, data = hook["body"], hook["body"]["data"]
        same(sorted(body), ["data", "timestamp", "type"], "members")
        same(body["type"], "message.send", "type")
        same({k: data[k] for k in ("id", "kind", "to", "customer_id", "rule_id", "repeat")},
             {"id": sent["id"], "kind": "send", "to": "one@mail.example", "customer_id": "u1", "rule_id": "hello", "repeat": False}, "data")
        same(data["parts"]["subject"], "Grüße, Jörg ☕", "subject")
        same(data["parts"]["text"], "Hello Jörg,\n.\nyours\n", "text")
        need("hello" in data["reason"] and data["created_at"].startswith("20"), f"reason and time: {data}")


def while_the_secret_is_changed_both_sides_go_on():
    for theirs in (SECRET, NEXT_SECRET):
        with World("hook-rotate", secret=f"{NEXT_SECRET} {SECRET}", theirs=theirs) as w:
            w.house.send(post(1, "hello there", author=1))
            w.house.wait_message(state="sent")
            hook, = w.receiver.wait_hooks(1)
            need(hook["verified"] and len(hook["signature"].split(" ")) == 2, f"hook: {hook}")


def a_retry_keeps_its_id_and_is_signed_anew():
    with World("hook-retry") as w:
        w.receiver.script(503, [429, 2], 0, 500, 204)
        w.house.send(post(1, "hello there", author=1))
        sent = w.house.wait_message(state="sent", limit_s=40)
        hooks = w.receiver.wait_hooks(5)
        same([h["status"] for h in hooks], [503, 429, 0, 500, 204], "answers")
        same({h["id"] for h in hooks}, {sent["id"]}, "ids")
        need(all(h["verified"] for h in hooks), f"hooks: {hooks}")
        same(sent["attempts"], 5, "tries")
        need(hooks[2]["at"] - hooks[1]["at"] >= 1950, "Retry-After is waited for")
        need(int(hooks[2]["timestamp"]) > int(hooks[0]["timestamp"]) and hooks[2]["signature"] != hooks[0]["signature"], "signed anew")
        same({json.dumps(h["body"]["data"]) for h in hooks}, {json.dumps(hooks[0]["body"]["data"])}, "data")


def a_refused_message_is_not_sent_again():
    with World("hook-refused") as w:
        w.receiver.script(422, 302, 204)
        w.house.send(post(1, "hello there", author=1))
        need("422" in w.house.wait_message(state="rejected", address="one@mail.example")["reason"], "reason")
        w.house.send(post(2, "hello there", author=2))
        need("redirect" in w.house.wait_message(state="rejected", address="two@mail.example")["reason"], "reason")
        w.house.send(post(3, "hello there", author=3))
        w.house.wait_message(state="sent", address="three@mail.example")
        time.sleep(0.5)
        same(len(w.receiver.hooks()), 3, "hooks")


def gone_switches_the_channel_off_and_people_are_told():
    with World("hook-gone", notify="file:") as w:
        w.receiver.script(410)
        w.house.send(post(1, "hello there", author=1))
        need("410" in w.house.wait_message(state="rejected")["reason"], "reason")
        wait_for("the channel to stop", lambda: w.house.channel("mail")["stopped"])
        w.house.send(post(2, "hello there", author=2), post(3, "hello there", author=3))
        w.house.wait_message(state="sent", kind="notice")
        need(any("mail has stopped" in a["title"] for a in w.house.items("/api/v1/alerts")), "the alert")
        time.sleep(1.0)
        same(len(w.receiver.hooks()), 1, "hooks")
        states = {m["state"] for m in w.house.messages(kind="send") if m["address"] != "one@mail.example"}
        need(states <= {"ready", "later"}, f"they wait: {states}")
        # a new start is a new chance
        same(w.house.stop(), 0, "exit code")
        w.house.start()
        w.house.wait_message(state="sent", address="two@mail.example")
        w.house.wait_message(state="sent", address="three@mail.example")
        same([m["state"] for m in w.house.messages(address="one@mail.example")], ["rejected"], "the refused one")


def a_wrong_secret_stops_the_channel_before_it_loses_everything():
    with World("hook-secret", theirs=NEXT_SECRET) as w:
        w.house.send(post(1, "hello there", author=1))
        w.house.wait_message(state="rejected")
        wait_for("the channel to stop", lambda: w.house.channel("mail")["stopped"])
        w.house.send(post(2, "hello there", author=2))
        time.sleep(0.7)
        hooks = w.receiver.hooks()
        same([h["verified"] for h in hooks], [False], "hooks")
        need(SECRET[6:] not in w.house.log(), "the secret is in the log")


if __name__ == "__main__":
    run_tests([the_reference_library_verifies_what_we_sign,
               while_the_secret_is_changed_both_sides_go_on,
               a_retry_keeps_its_id_and_is_signed_anew,
               a_refused_message_is_not_sent_again,
               gone_switches_the_channel_off_and_people_are_told,
               a_wrong_secret_stops_the_channel_before_it_loses_everything])
