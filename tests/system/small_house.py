"""A small house for the black-box tests: one brand, a few rules, channels that are files, and a feed the test serves itself."""
import http.server
import threading
import time

from lib import House, same, wait_for

NEVER = "7 days"

RULES = """
brand acme "Acme"
  called "acme", "#acme"
  own accounts "@acme@brand.example"
end

rule thanks "Thanks"
  when text contains "love"
  then
    send "thanks" by mail to customer
  end
end

rule help "Help"
  when text contains "broken"
  then
    alert "support" as high
  end
end
"""

CUSTOMERS = """ChannelType,Address,OptOut,User.UserId,User.UserAttributes.FirstName,User.UserAttributes.SocialHandle
EMAIL,one@mail.example,NONE,u1,One,@a1@social.example
EMAIL,two@mail.example,NONE,u2,Two,@a2@social.example
EMAIL,three@mail.example,ALL,u3,Three,@a3@social.example
EMAIL,brand@mail.example,NONE,u9,Brand,@acme@brand.example
"""


class SmallHouse(House):
    def __init__(self, name, rules=RULES, **parts):
        super().__init__(name)
        self.write("rules/test.rules", rules)
        self.write("customers.csv", parts.pop("customers", CUSTOMERS))
        self.template("thanks", "service", subject="Thanks", text="Thank you, {{User.UserAttributes.FirstName}}\n")
        self.template("reply", "service", reply="Thank you, {{Author.Handle}}!\n")
        self.configure(**parts)

    def configure(self, sources="{}", listen='"off"', channels="", queues="", limits="{}", more="", escalate_after=NEVER):
        return self.write("earshot.yaml", f"""
store: {{path: var/earshot.db}}
server: {{listen: {listen}}}
customers: {{import: customers.csv}}
network: {{allow_private: ["127.0.0.1"]}}
limits: {limits}
log: {{level: debug}}
reply_channel: social
sources: {sources}
channels:
  mail: {{type: file, dir: out, endpoint: email, retry_first: 100 ms}}
  social: {{type: file, dir: replies, endpoint: none}}
{channels}
alerts:
  queues:
    support: {{notify: ["log:"], escalate_after: {escalate_after}}}
{queues}
{more}
""")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, *posts):
        """Posts by HTTP; all must be taken."""
        status, answer = self.call("POST", "/api/v1/posts", list(posts))
        same(status, 201, f"answer {answer}")
        same(answer["rejected"], 0, f"rejected in {answer}")
        return answer

    def post(self, number):
        status, found = self.call("GET", "/api/v1/posts/" + escape(post_id(number)))
        same(status, 200, f"post {number}: {found}")
        return found

    def decisions(self, number=None):
        found = self.items("/api/v1/decisions")
        return [d for d in found if number is None or d["occurrence_id"] == post_id(number)]

    def outcomes(self, number):
        return sorted((d["rule_id"], d["outcome"]) for d in self.decisions(number))

    def messages(self, **wanted):
        return [m for m in self.items("/api/v1/outbox") if all(m[k] == v for k, v in wanted.items())]

    def wait_sent(self, count):
        wait_for(f"{count} messages to be sent", lambda: len(self.messages(kind="send", state="sent")) >= count)

    def metric(self, name):
        status, text = self.call("GET", "/metrics", raw=True)
        same(status, 200, "GET /metrics")
        for line in text.decode().splitlines():
            if line.startswith(name) and line[len(name):][:1] in (" ", "{"):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no metric {name} in:\n{text.decode()}")


def post_id(number):
    return number if isinstance(number, str) else f"https://social.example/posts/{number}"


def escape(text):
    return "".join(c if c.isalnum() or c in "-_.~" else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def ago(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


class Feed:
    """An Atom feed on a free port of this machine; .entries may change while it is served."""

    def __init__(self):
        feed = self
        self.entries = []
        self.requests = 0
        self.answer = None  # or a whole other body

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = feed.answer if feed.answer is not None else feed.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/atom+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                feed.requests += 1

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/feed.atom"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name, text, at=None):
        self.entries.append((name, text, at or ago(0)))

    def text(self):
        entries = "".join(f"<entry><id>urn:e:{n}</id><title>{t}</title><updated>{at}</updated>"
                          f"<author><name>Someone</name></author></entry>" for n, t, at in self.entries)
        return (f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:feed</id><title>Feed</title>'
                f"<updated>{ago(0)}</updated>{entries}</feed>")

    def wait_polled(self, times=1):
        """Until what is in the feed now has been fetched."""
        want = self.requests + times
        wait_for("the feed to be fetched", lambda: self.requests >= want, 30)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
