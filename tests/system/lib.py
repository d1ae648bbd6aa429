"""What the black-box tests share: the real program in a folder of its own, its socket, its log, and TAP output."""
import http.client
import json
import mmap
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

EARSHOT = os.path.abspath(os.environ.get("EARSHOT", os.path.join(os.path.dirname(__file__), "..", "..", "build", "release", "earshot")))
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
IS_LONG = os.environ.get("EARSHOT_LONG") == "1"
PHASES = ["idle", "parsing", "before commit", "in commit", "after commit"]


class Skip(Exception):
    """A peer is missing; its name is the text."""


class Failure(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Failure(text)


def same(have, want, what):
    if have != want:
        raise Failure(f"{what}: have {have!r}, want {want!r}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, limit_s=20.0, step_s=0.02):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(step_s)
    raise Failure(f"waited {limit_s} s for {what}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class House:
    """A folder with configuration, rules and templates, and the daemon that runs in it."""

    def __init__(self, name):
        self.dir = tempfile.mkdtemp(prefix=f"earshot-{name}-", dir=os.environ.get("EARSHOT_TMP"))
        self.config = os.path.join(self.dir, "earshot.yaml")
        self.log_path = os.path.join(self.dir, "log")
        self.process = None
        self.environment = dict(os.environ)
        self.writes_log_itself = True  # else through another process, which a limit on the daemon's files does not touch

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def template(self, name, purpose, **parts):
        self.write(f"templates/{name}/template.yaml", f"purpose: {purpose}\ndescription: for a test\n")
        for part, text in parts.items():
            self.write(f"templates/{name}/{part}.hbs", text)

    def start(self, limit_s=30.0, wait=True):
        need(self.process is None, "the daemon runs already")
        self.log_from = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        with open(self.log_path, "ab") as log:
            out = log
            if not self.writes_log_itself:
                out = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=log).stdin
            self.process = subprocess.Popen([EARSHOT, "run", "-c", self.config], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, cwd=self.dir, env=self.environment)
            out.close()
        if wait:
            wait_for("the daemon to start", self._has_started, limit_s, 0.005)

    def _has_started(self):
        if self.process.poll() is not None:
            raise Failure(f"the daemon ended with {self.process.returncode}:\n{self.log_since_start()[-3000:]}")
        return " started " in self.log_since_start()

    def log_since_start(self):
        with open(self.log_path, "rb") as log:
            log.seek(self.log_from)
            return log.read().decode("utf-8", "replace")

    def log(self):
        with open(self.log_path, "rb") as log:
            return log.read().decode("utf-8", "replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self, limit_s=40.0):
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("the daemon did not stop on SIGTERM")
        self.process = None
        return code

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        if os.environ.get("EARSHOT_KEEP") != "1":
            shutil.rmtree(self.dir, ignore_errors=True)

    def call(self, method, path, body=None, headers=None, raw=False):
        """Over the socket beside the database; (status, parsed body)."""
        connection = UnixConnection(self.path("var", "earshot.sock"))
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode("utf-8")
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if raw:
            return answer.status, data
        try:
            return answer.status, json.loads(data)
        except ValueError:
            return answer.status, data

    def items(self, path):
        """All pages of a list."""
        found, before = [], None
        while True:
            mark = "&" if "?" in path else "?"
            status, page = self.call("GET", path + mark + "limit=500" + (f"&before={before}" if before else ""))
            same(status, 200, f"GET {path}")
            found += page["items"]
            before = page.get("next")
            if not before:
                return found

    def verb(self, *words, text=None, code=None):
        done = subprocess.run([EARSHOT, words[0], "-c", self.config, *words[1:]], input=text, capture_output=True,
                              text=True, cwd=self.dir, env=self.environment, timeout=120)
        if code is not None and done.returncode != code:
            raise Failure(f"earshot {' '.join(words)} ended with {done.returncode}, want {code}:\n{done.stdout}{done.stderr}")
        return done

    def database(self):
        import sqlite3
        connection = sqlite3.connect(f"file:{self.path('var', 'earshot.db')}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        return connection

    def blackbox(self):
        """(is_running, phase, claimed, unrecorded) as the daemon last wrote them."""
        with open(self.path("var", "earshot.db-state"), "rb") as box:
            _, running, phase, claimed, unrecorded, _ = struct.unpack("6I", box.read(24))
        return running, phase, claimed, unrecorded


def post(number, text, **more):
    """A post of an author 'aN' on an invented server."""
    author = more.pop("author", number)
    made = {"id": f"https://social.example/posts/{number}", "source": "mastodon", "text": text,
            "created_at": more.pop("created_at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())),
            "author": {"id": f"https://social.example/users/a{author}", "handle": f"@a{author}@social.example",
                       "followers": more.pop("followers", 10)}}
    made.update(more)
    return made


def run_tests(tests):
    """tests: functions; their names are sentences. Prints TAP and exits."""
    only = sys.argv[1:]
    failed = 0
    tests = [t for t in tests if not only or t.__name__ in only]
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}", flush=True)
        except Skip as skip:
            print(f"ok {number} - {test.__name__} # SKIP {skip}", flush=True)
        except Exception:  # a failure of any kind is one
            failed += 1
            print(f"not ok {number} - {test.__name__}", flush=True)
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
    sys.stdout.flush()
    sys.exit(1 if failed else 0)
