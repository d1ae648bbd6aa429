#!/usr/bin/env python3
"""A real server of the Mastodon API, snac: posts by a real client are heard, an approved reply is posted."""
import json
import os
import subprocess
import time
import urllib.parse
import urllib.request

import peers
from lib import Failure, free_port, need, run_tests, same, wait_for
from peer_house import PeerHouse

TAG = "acmetest"

RULES = f"""
rule thanks "Thanks"
  when text contains "love"
  then
    draft reply "thank-you" for approval by "social team"
  end
end

rule all "Everything under the hashtag"
  when post.tag is "{TAG}"
  then
    tag author "heard"
  end
end
"""

# What a person with a Mastodon client would do: Mastodon.py, as Debian has it.  snac now and then resets a connection instead of
# answering; a person would look whether the post is there before posting it again.
CLIENT = """
import sys
from mastodon import Mastodon, MastodonNetworkError
server, token = sys.argv[1:3]
client = Mastodon(access_token=token, api_base_url=server, ratelimit_method="throw")

def post(text):
    for _ in range(5):
        try:
            return client.status_post(text, visibility="public")
        except MastodonNetworkError:
            try:
                found = [s for s in client.account_statuses(client.me()["id"]) if s["text"] == text]
            except MastodonNetworkError:
                continue
            if found:
                return found[0]
    sys.exit("no luck with " + server)

for text in sys.argv[3:]:
    print(post(text)["uri"], flush=True)
"""


class Snac:
    """A server with the accounts alice (the public) and acme (us)."""

    def __init__(self, house):
        self.tree, self.base = peers.debian("snac2"), house.path("snac")
        self.environment = self.tree.environment()
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.run("init", self.base, text=f"127.0.0.1\n{self.port}\n{self.host}\n\n\n")
        settings = os.path.join(self.base, "server.json")
        with open(settings, encoding="utf-8") as text:
            made = json.load(text)
        made["protocol"] = "http"
        with open(settings, "w", encoding="utf-8") as out:
            json.dump(made, out)
        passwords = {name: self.run("adduser", self.base, name, text="\n").split("password is ")[1].split()[0] for name in ("alice", "acme")}
        self.server = None
        self.log_path = house.path("snac.log")
        self.start()
        self.tokens = {name: self.token(name, word) for name, word in passwords.items()}

    def run(self, *words, text):
        done = subprocess.run([self.tree.path("usr/bin/snac"), *words], input=text, capture_output=True, text=True, env=self.environment, timeout=30)
        if done.returncode != 0:
            raise Failure(f"snac {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        self.server = peers.Server("snac", [self.tree.path("usr/bin/snac"), "httpd", self.base], self.log_path, self.environment)
        self.server.wait_until("to answer", lambda: peers.answers(self.port, "/api/v1/instance"))

    def token(self, name, password):
        body = urllib.parse.urlencode({"login": name, "passwd": password}).encode()
        with urllib.request.urlopen(self.url + "/oauth/x-snac-get-token", body, timeout=10) as answer:
            return answer.read().decode().strip()

    def get(self, path, name):
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.tokens[name]}"})
        for patience in (True, True, False):
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.loads(answer.read())
            except OSError:
                if not patience:
                    raise

    def say(self, *texts, name="alice"):
        """Posts by a real client; their URIs."""
        tree = peers.debian("python3-mastodon")
        done = subprocess.run([peers.PYTHON, "-c", CLIENT, self.url, self.tokens[name], *texts], capture_output=True, text=True,
                              env=tree.environment(), timeout=60)
        if done.returncode != 0:
            raise Failure(f"the Mastodon client: {done.stdout}{done.stderr}")
        return done.stdout.split()

    def own_statuses(self, name):
        me = self.get("/api/v1/accounts/verify_credentials", name)["id"]
        return self.get(f"/api/v1/accounts/{me}/statuses?limit=40", name)

    def stop(self):
        if self.server is not None:
            self.server.stop(1)  # it takes its time, or does not end by itself


class World:
    def __init__(self, name):
        peers.debian("python3-mastodon")
        self.house = PeerHouse(name, RULES)
        self.snac = None
        try:
            self.snac = Snac(self.house)
        except BaseException:
            self.close()
            raise
        self.house.template("thank-you", "service", reply="Thank you, {{Author.Name}}! <3 & more at https://acme.example/thanks?a=1&b=2\n")
        self.house.environment["SOCIAL_TOKEN"] = self.snac.tokens["acme"]
        self.house.configure(
            sources="{social: {type: mastodon, server: \"%s\", hashtags: [%s], interval: 1 s}}" % (self.snac.url, TAG),
            channels="  social: {type: mastodon, server: \"%s\", token: \"${SOCIAL_TOKEN}\", retry_first: 100 ms}\n" % self.snac.url,
            more="reply_channel: social\n")

    def start(self):
        self.house.start()
        wait_for("the first fetch", lambda: self.house.source("social")["has_fetched"])
        wait_for("our own account", lambda: "channel.account " in self.house.log_since_start())

    def close(self):
        self.house.close()
        if self.snac is not None:
            self.snac.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def posts(self):
        return {p["id"]: p for p in self.house.items("/api/v1/posts")}

    def wait_posts(self, uris):
        wait_for(f"{len(uris)} posts", lambda: set(uris) <= set(self.posts()), 40)
        same(sorted(p["id"] for p in self.house.items("/api/v1/posts")), sorted(uris), "posts, each once")


def posts_by_a_real_client_are_heard_once_and_also_those_while_we_were_away():
    with World("snac-hear") as w:
        before = w.snac.say(f"Said before anybody listened #{TAG}")
        w.start()
        w.wait_posts(before)
        uris = before + w.snac.say(f"My coffee is cold #{TAG}", f"Ein Bär trinkt Kaffee ☕ & lacht <3 #{TAG}", "Nothing to do with it")[:2]
        w.wait_posts(uris)
        same(w.house.stop(), 0, "exit code")
        uris += w.snac.say(*[f"While you were away {n} #{TAG}" for n in range(45)])
        w.start()
        w.wait_posts(uris)
        w.house.kill()
        uris += w.snac.say(f"And once more #{TAG}")
        w.start()
        w.wait_posts(uris)
        post = w.posts()[uris[2]]
        need("Ein Bär trinkt Kaffee ☕" in post["text"] and post["tags"] == [TAG], f"post: {post}")
        same((post["author"]["handle"], post["author"]["id"]), (f"@alice@{w.snac.host}", f"{w.snac.url}/alice"), "author")
        heard = w.house.items("/api/v1/decisions")
        same(sorted(d["occurrence_id"] for d in heard if d["rule_id"] == "all" and d["outcome"] == "done"), sorted(uris[1:]),
             "the first fetch decides nothing, the others each once")


def an_approved_reply_is_posted_to_the_post_and_mentions_its_author():
    with World("snac-reply") as w:
        w.start()
        uri, = w.snac.say(f"I love this coffee! #{TAG}")
        draft = w.house.wait_message(state="held", kind="reply")
        time.sleep(1.0)
        same(w.snac.own_statuses("acme"), [], "nothing goes out unapproved")
        w.house.verb("outbox", "approve", draft["id"], code=0)
        sent = w.house.wait_message(state="sent", kind="reply")
        reply, = w.snac.own_statuses("acme")
        parent, = [s for s in w.snac.get(f"/api/v1/timelines/tag/{TAG}", "alice") if s["uri"] == uri]
        same((reply["in_reply_to_id"], reply["id"]), (parent["id"], sent["provider_id"]), "reply to, id")
        same(reply["text"], f"@alice@{w.snac.host} Thank you, alice! <3 & more at https://acme.example/thanks?a=1&b=2", "text")
        same([m["acct"] for m in reply["mentions"]], [f"alice@{w.snac.host}"], "mentions")
        same(reply["visibility"], "public", "visibility")
        note = wait_for("alice's notification", lambda: w.snac.get("/api/v1/notifications", "alice"))[0]
        same((note["type"], note["status"]["uri"]), ("mention", reply["uri"]), "notification")


def our_own_posts_are_heard_and_decide_nothing():
    with World("snac-own") as w:
        w.start()
        own = w.snac.say(f"We love this coffee! #{TAG}", name="acme")
        other = w.snac.say(f"I love this coffee! #{TAG}")
        w.wait_posts(own + other)
        draft = w.house.wait_message(state="held", kind="reply")
        same(draft["address"], f"@alice@{w.snac.host}", "the draft is to")
        same(len(w.house.messages()), 1, "messages")
        need("own" in (w.posts()[own[0]]["inert"] or ""), f"why it decided nothing: {w.posts()[own[0]]['inert']}")


def an_edited_draft_goes_out_as_edited_and_a_rejected_one_does_not():
    with World("snac-edit") as w:
        w.start()
        w.snac.say(f"I love this coffee! #{TAG}", f"Me, I love it more! #{TAG}")
        wait_for("two drafts", lambda: len(w.house.messages(state="held")) == 2)
        first, second = sorted(w.house.messages(state="held"), key=lambda m: m["no"])
        w.house.verb("outbox", "approve", first["id"], "--text", f"Danke schön! #{TAG}", code=0)
        w.house.verb("outbox", "reject", second["id"], "--reason", "once is enough", code=0)
        w.house.wait_message(state="sent", kind="reply")
        time.sleep(2.0)  # long enough to hear our own reply under the hashtag
        reply, = w.snac.own_statuses("acme")
        same(reply["text"], f"@alice@{w.snac.host} Danke schön! #{TAG}", "text")
        wait_for("our reply to be heard", lambda: reply["uri"] in w.posts())
        same(sorted(m["state"] for m in w.house.messages()), ["dropped", "sent"], "no third message")


def a_reply_waits_while_the_server_is_away_and_a_retry_never_doubles_it():
    with World("snac-away") as w:
        w.start()
        w.snac.say(f"I love this coffee! #{TAG}")
        draft = w.house.wait_message(state="held", kind="reply")
        w.snac.stop()
        w.house.verb("outbox", "approve", draft["id"], code=0)
        w.house.wait_message(state="later", kind="reply")
        w.snac.start()
        w.house.wait_message(state="sent", kind="reply", limit_s=40)
        same(len(w.snac.own_statuses("acme")), 1, "replies")


def a_reply_that_may_be_there_is_found_instead_of_posted_twice():
    """The answer to the post gets lost on the way: a relay between us and snac hangs up after the request."""
    with World("snac-lost") as w:
        relay = Relay(w.snac.port)
        try:
            w.house.configure(
                sources="{social: {type: mastodon, server: \"%s\", hashtags: [%s], interval: 1 s}}" % (relay.url, TAG),
                channels="  social: {type: mastodon, server: \"%s\", token: \"${SOCIAL_TOKEN}\", retry_first: 100 ms, time_limit: 3 s}\n" % relay.url,
                more="reply_channel: social\n")
            w.start()
            w.snac.say(f"I love this coffee! #{TAG}")
            draft = w.house.wait_message(state="held", kind="reply")
            relay.swallow = 1
            w.house.verb("outbox", "approve", draft["id"], code=0)
            sent = w.house.wait_message(state="sent", kind="reply")
            same(relay.swallow, 0, "answers still to swallow")
            need("found" in sent["reason"], f"reason: {sent['reason']}")
            same([s["id"] for s in w.snac.own_statuses("acme")], [sent["provider_id"]], "replies")
        finally:
            relay.stop()


class Relay:
    """Passes requests on to a server; swallow: how many answers to POSTs get lost."""

    def __init__(self, port):
        import http.client
        import http.server
        import threading

        relay = self
        self.swallow = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"}
                                   | {"Host": f"127.0.0.1:{port}"})
                answer = connection.getresponse()
                data = answer.read()
                connection.close()
                if self.command == "POST" and relay.swallow > 0:
                    relay.swallow -= 1
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type") or "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = pass_on

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    run_tests([posts_by_a_real_client_are_heard_once_and_also_those_while_we_were_away,
               an_approved_reply_is_posted_to_the_post_and_mentions_its_author,
               our_own_posts_are_heard_and_decide_nothing,
               an_edited_draft_goes_out_as_edited_and_a_rejected_one_does_not,
               a_reply_waits_while_the_server_is_away_and_a_retry_never_doubles_it,
               a_reply_that_may_be_there_is_found_instead_of_posted_twice])
