#!/usr/bin/env python3
"""From a post to its channel: posts are sent to a running daemon at a steady rate, one in ten makes a rule fire, and the time from
taking the post (fetched_at) to the file the channel wrote is counted.  Prints JSON.

    tests/bench/latency.py [POSTS_PER_SECOND [SECONDS]]
"""
import http.client
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
from lib import House, free_port, post, wait_for  # noqa: E402


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))]


def send(port, posts, began, rate, lane, lanes):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(lane, len(posts), lanes):
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        connection.request("POST", "/api/v1/posts", posts[number], {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status
    connection.close()


def main():
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    house = House("latency")
    port = free_port()
    try:
        house.write("customers.csv", "ChannelType,Address,User.UserId,User.UserAttributes.SocialHandle\n" +
                    "".join(f"EMAIL,u{n}@mail.example,u{n},@a{n}@social.example\n" for n in range(1000)))
        house.write("rules/bench.rules", 'rule hello "Hello"\n  when text contains "tenth"\n  then\n'
                                         '    send "hi" by email to customer\n  end\nend\n')
        house.template("hi", "service", subject="Hi", text="Hi {{Author.Handle}}\n")
        house.write("earshot.yaml", f"""
store: {{path: var/earshot.db}}
server: {{listen: "127.0.0.1:{port}"}}
customers: {{import: customers.csv}}
channels:
  email: {{type: file, dir: out, endpoint: email}}
log: {{level: warn}}
""")
        house.start(wait=False)
        wait_for("the daemon", lambda: os.path.exists(house.path("var", "earshot.sock")))
        time.sleep(0.5)
        # Bodies of four posts: a client that speaks for many people does not send them one by one.
        batch = 4
        posts = [json.dumps([post(number * batch + k, "the tenth cup today" if (number * batch + k) % 10 == 0 else "just coffee",
                                  author=(number * batch + k) % 1000) for k in range(batch)])
                 for number in range(rate * seconds // batch)]
        began = time.monotonic() + 0.1
        lanes = [threading.Thread(target=send, args=(port, posts, began, rate / batch, lane, 8)) for lane in range(8)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        took = time.monotonic() - began
        db = house.database()
        wait_for("the outbox to empty",
                 lambda: db.execute("SELECT count(*) FROM outbox WHERE state IN (1, 2, 4)").fetchone()[0] == 0, 60)
        waits = []
        for row in db.execute("SELECT o.id, p.fetched_at_ms FROM outbox o JOIN decisions d ON d.id = o.decision_id "
                              "JOIN posts p ON p.id = d.occurrence_id WHERE o.state = 3"):
            waits.append(os.stat(house.path("out", row[0] + ".txt")).st_mtime * 1000 - row[1])
        waits.sort()
        print(json.dumps({"posts_per_s": round(len(posts) * batch / took), "messages": len(waits), "bodies_of": batch,
                          "latency_ms": {"p50": round(percentile(waits, 0.5), 1), "p90": round(percentile(waits, 0.9), 1),
                                         "p99": round(percentile(waits, 0.99), 1), "max": round(waits[-1], 1)}}))
    finally:
        house.close()


if __name__ == "__main__":
    main()
