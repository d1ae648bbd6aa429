#!/usr/bin/env python3
"""What rules wait for, over a restart: what came due while we were down is judged when the sources have told what was missed."""
import http.server
import json
import threading
import time

from lib import IS_LONG, need, post, run_tests, same, wait_for
from small_house import SmallHouse, ago

RULES = """
brand acme "Acme"
  called "acme"
end

rule silent "Nobody said more"
  when text contains "broken"
  unless a post within 1 minute where text contains "solved"
  then
    alert "support" as high
  end
end
"""


class Server:
    """A hashtag's timeline that is slow to answer."""

    def __init__(self):
        server = self
        self.statuses, self.delay_s, self.requests = [], 0, 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests += 1
                time.sleep(server.delay_s)
                body = json.dumps(server.statuses).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # nobody waits any more

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, number, author, text, at):
        who = f"https://social.example/users/a{author}"
        self.statuses.insert(0, {"id": str(number), "uri": f"https://social.example/posts/{number}", "created_at": at, "content": f"<p>{text}</p>",
                                 "visibility": "public", "account": {"id": str(author), "uri": who, "url": who, "acct": f"a{author}@social.example",
                                                                     "username": f"a{author}"}, "tags": [], "mentions": []})

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def house_and_server(name):
    server = Server()
    house = SmallHouse(name, RULES, sources=f"{{tag: {{type: mastodon, server: '{server.url}', hashtags: [acme], interval: 1 s}}}}")
    house.start()
    wait_for("the first fetch", lambda: server.requests >= 2)
    return house, server


def an_answer_that_was_missed_while_we_were_down_is_heard_before_the_wait_is_judged():
    house, server = house_and_server("missed")
    with house:
        try:
            house.send(post(1, "it is broken", author=1, created_at=ago(53)), post(2, "it is broken", author=2, created_at=ago(53)))
            house.stop()
            server.add(7, 1, "solved, thanks", ago(20))
            server.delay_s = 3
            time.sleep(8)  # both are due
            house.start()
            wait_for("the wait to be judged", lambda: len(house.outcomes(2)) == 2, 30)
            same(house.outcomes(2), [("silent", "alerted"), ("silent", "waiting")], "who said nothing more")
            same(house.outcomes(1), [("silent", "held"), ("silent", "waiting")], "who did")
            need("sources.caught_up" in house.log_since_start(), "the log says so")
        finally:
            server.close()


def a_source_that_does_not_answer_holds_nothing_up_for_ever():
    house, server = house_and_server("mute")
    with house:
        try:
            house.send(post(1, "it is broken", author=1, created_at=ago(53)))
            house.stop()
            server.delay_s = 1000
            time.sleep(8)
            house.start()
            time.sleep(100)
            same(house.outcomes(1), [("silent", "waiting")], "not yet")
            wait_for("the wait to be judged", lambda: len(house.outcomes(1)) == 2, 60)
            need("sources.not_caught_up" in house.log_since_start(), "the log says so")
        finally:
            server.close()


run_tests([an_answer_that_was_missed_while_we_were_down_is_heard_before_the_wait_is_judged] +
          ([a_source_that_does_not_answer_holds_nothing_up_for_ever] if IS_LONG else []))
