#!/usr/bin/env python3
"""Feeds from a real web server, nginx: validators, compression, redirects, and being told to wait."""
import email.utils
import json
import os

import peers
from lib import free_port, need, run_tests, same, wait_for
from peer_house import PeerHouse


class Nginx:
    """Serves .www; its access log is one JSON object a line."""

    def __init__(self, house, locations, http=""):
        tree = peers.debian("nginx")
        self.dir, self.www, self.port = house.path("nginx"), house.path("www"), free_port()
        os.makedirs(self.www)
        os.makedirs(self.dir)
        user = "user root;" if os.getuid() == 0 else ""
        temp = "".join(f"{kind}_temp_path {self.dir}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        house.write("nginx/nginx.conf", f"""
{user}
daemon off;
pid {self.dir}/pid;
error_log {self.dir}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  {temp}
  types {{ application/rss+xml xml; application/feed+json json; }}
  log_format told escape=json '{{"at":$msec,"uri":"$uri","status":$status,"etag":"$http_if_none_match","packed":"$sent_http_content_encoding"}}';
  access_log {self.dir}/access.log told;
  {http}
  server {{
    listen 127.0.0.1:{self.port};
    root {self.www};
    {locations}
  }}
}}
""")
        self.server = peers.Server("nginx", [tree.path("usr/sbin/nginx"), "-e", f"{self.dir}/error.log", "-c", f"{self.dir}/nginx.conf"],
                                   f"{self.dir}/out", tree.environment())
        self.server.wait_until("to listen", lambda: os.path.exists(f"{self.dir}/pid") and peers.answers(self.port, "/started"))

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def write(self, name, text):
        with open(os.path.join(self.www, name + ".new"), "w", encoding="utf-8") as out:
            out.write(text)
        os.rename(os.path.join(self.www, name + ".new"), os.path.join(self.www, name))

    def requests(self, uri):
        with open(f"{self.dir}/access.log", encoding="utf-8") as log:
            found = [json.loads(line) for line in log.read().split("\n")[:-1]]
        return [r for r in found if r["uri"] == uri]

    def wait_status(self, uri, status, times=1, limit_s=30):
        def enough():
            found = [r for r in self.requests(uri) if r["status"] == status]
            return found if len(found) >= times else None
        return wait_for(f"{times} answers {status} to {uri}", enough, limit_s)

    def stop(self):
        self.server.stop()


def rss(*items):
    entries = "".join(f"<item><guid isPermaLink='false'>{name}</guid><title>{text}</title><pubDate>{at}</pubDate></item>"
                      for name, text, at in items)
    return f"<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel><title>Forum</title>{entries}</channel></rss>"


def now():
    return email.utils.formatdate(usegmt=True)


FEED = "{forum: {type: feed, url: \"%s\", interval: 1 s}}"


class World:
    """A house, nginx, and the feed /feed.xml."""

    def __init__(self, name, locations="", http="", feed="feed.xml"):
        self.house = PeerHouse(name)
        try:
            self.nginx = Nginx(self.house, locations, http)
        except BaseException:
            self.house.close()
            raise
        self.items = [("i1", "The first word", now()), ("i2", "A second one &amp; more", now())]
        self.publish()
        self.house.configure(sources=FEED % self.nginx.url(feed), notify="file:")

    def publish(self, *items):
        self.items += [(name, text, now()) for name, text in items]
        self.nginx.write("feed.xml", rss(*self.items))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.house.close()
        self.nginx.stop()

    def texts(self):
        return sorted(p["text"] for p in self.house.items("/api/v1/posts"))

    def wait_posts(self, count):
        wait_for(f"{count} posts", lambda: len(self.texts()) >= count, 30)
        same(len(self.texts()), count, "posts")

    def wait_notice(self):
        """The item that speaks of something broken has raised an alert, once."""
        wait_for("the alert's notice", lambda: self.house.messages(kind="notice", state="sent"))
        same(len(self.house.messages(kind="notice")), 1, "notices")


def a_feed_is_fetched_once_and_then_only_when_it_has_changed():
    with World("feed-etag") as w:
        w.house.start()
        w.wait_posts(2)
        w.nginx.wait_status("/feed.xml", 304, 2)
        requests = w.nginx.requests("/feed.xml")
        same([r["status"] for r in requests if not r["etag"]], [200], "requests without a validator")
        w.publish(("i3", "It is broken"))
        w.wait_posts(3)
        w.wait_notice()
        same(w.texts()[0], "A second one & more", "text")
        same(len([r for r in w.nginx.requests("/feed.xml") if r["status"] == 200]), 2, "whole answers")
        # and also after a restart
        same(w.house.stop(), 0, "exit code")
        seen = len(w.nginx.requests("/feed.xml"))
        w.house.start()
        wait_for("another request", lambda: len(w.nginx.requests("/feed.xml")) > seen)
        same(w.nginx.requests("/feed.xml")[seen]["status"], 304, "the first answer after a restart")
        w.wait_posts(3)


def a_compressed_feed_with_a_weak_etag_is_read_as_well():
    with World("feed-gzip", http="gzip on; gzip_types application/rss+xml; gzip_min_length 0;") as w:
        w.house.start()
        w.wait_posts(2)
        w.nginx.wait_status("/feed.xml", 304)
        first = w.nginx.requests("/feed.xml")[0]
        same(first["packed"], "gzip", "content encoding")
        need(w.nginx.requests("/feed.xml")[1]["etag"].startswith("W/"), f"a weak validator: {w.nginx.requests('/feed.xml')[1]}")
        w.publish(("i3", "It is broken"))
        w.wait_posts(3)
        w.wait_notice()


def too_many_requests_are_waited_for_as_long_as_the_server_says():
    with World("feed-429", "location = /feed.xml { limit_req zone=one; limit_req_status 429; add_header Retry-After 3 always; }",
               "limit_req_zone $binary_remote_addr zone=one:1m rate=20r/m;") as w:
        w.house.start()
        w.wait_posts(2)
        w.nginx.wait_status("/feed.xml", 429)
        wait_for("the source to say that it waits", lambda: w.house.source("forum")["health"] == "waiting")
        w.publish(("i3", "It is broken"))
        w.wait_posts(3)
        w.wait_notice()
        told = w.nginx.requests("/feed.xml")
        waits = [b["at"] - a["at"] for a, b in zip(told, told[1:]) if a["status"] == 429]
        need(waits and min(waits) >= 2.95, f"waits after 429: {waits}")


def a_server_that_is_down_for_a_while_is_asked_again_when_it_said():
    with World("feed-503", "location = /feed.xml { if (-f $document_root/down) { return 503; } add_header Retry-After 2 always; }") as w:
        w.house.start()
        w.wait_posts(2)
        w.nginx.write("down", "")
        w.publish(("i3", "It is broken"))
        w.nginx.wait_status("/feed.xml", 503, 2)
        health = w.house.source("forum")
        need(health["health"] in ("waiting", "failing") and "503" in health["detail"], f"health: {health}")
        os.unlink(os.path.join(w.nginx.www, "down"))
        w.wait_posts(3)
        w.wait_notice()
        wait_for("the source to be well", lambda: w.house.source("forum")["health"] == "ok")
        told = w.nginx.requests("/feed.xml")
        waits = [b["at"] - a["at"] for a, b in zip(told, told[1:]) if a["status"] == 503]
        need(min(waits) >= 1.95, f"waits after 503: {waits}")


def a_redirect_is_followed_and_no_item_comes_twice():
    with World("feed-moved", "location = /old.xml { return 301 /feed.xml; } location = /loop.xml { return 302 /loop.xml; }",
               feed="old.xml") as w:
        w.house.configure(notify="file:", sources="{forum: {type: feed, url: \"%s\", interval: 1 s}, loop: {type: feed, url: \"%s\", interval: 1 s}}"
                          % (w.nginx.url("old.xml"), w.nginx.url("loop.xml")))
        w.house.start()
        w.wait_posts(2)
        w.nginx.wait_status("/feed.xml", 304, 2)
        same(len(w.nginx.requests("/old.xml")), 1, "requests to where it was")
        w.publish(("i3", "It is broken"))
        w.wait_posts(3)
        w.wait_notice()
        wait_for("the loop to be seen", lambda: "redirect" in w.house.source("loop")["detail"])
        need(len(w.nginx.requests("/loop.xml")) < 100, "requests to the loop")


def what_is_no_feed_is_said_and_the_feed_is_heard_when_it_is_back():
    with World("feed-broken") as w:
        w.nginx.write("feed.xml", "<html><body>Not a feed</body></html>")
        w.house.start()
        wait_for("the source to say so", lambda: w.house.source("forum")["health"] == "failing")
        w.publish(("i3", "later"))
        w.wait_posts(3)
        os.unlink(os.path.join(w.nginx.www, "feed.xml"))
        w.nginx.wait_status("/feed.xml", 404)
        wait_for("the source to say so", lambda: "404" in w.house.source("forum")["detail"])
        w.publish(("i4", "It is broken"))
        w.wait_posts(4)
        w.wait_notice()


if __name__ == "__main__":
    run_tests([a_feed_is_fetched_once_and_then_only_when_it_has_changed,
               a_compressed_feed_with_a_weak_etag_is_read_as_well,
               too_many_requests_are_waited_for_as_long_as_the_server_says,
               a_server_that_is_down_for_a_while_is_asked_again_when_it_said,
               a_redirect_is_followed_and_no_item_comes_twice,
               what_is_no_feed_is_said_and_the_feed_is_heard_when_it_is_back])
