#!/usr/bin/env python3
"""How fast are segments?  So many customers and segments: judging everybody when the rules go live, and the time from a change to its
membership, asked over the API one customer at a time (the answer comes with the commit, and membership commits with the change); the same while a tenth
more customers are imported.

    tests/bench/segments.py build/earshot [CUSTOMERS [SEGMENTS [CHANGES]]]
"""
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
os.environ.setdefault("EARSHOT", os.path.abspath(sys.argv[1]))
from lib import UnixConnection  # noqa: E402

COUNTRIES = ["DE", "FR", "DK", "ES", "IT", "PT", "GB", "US"]
PLANS = ["basic", "silver", "gold"]


def segment(n):
    lines = [f'customer.plan is "{PLANS[n % 3]}"', f"customer.country is {COUNTRIES[n % 8]}", f"customer.visits is at least {n}"]
    if n % 10 == 9:
        lines.append(f"customer is not in segment s{n - 1}")
    return f'segment s{n} "Segment {n}"\n  when all of\n' + "".join(f"    {line}\n" for line in lines) + "  end\nend\n\n"


def rules(count):
    return 'brand acme "Acme"\n  called "acme"\nend\n\n' + "".join(segment(n) for n in range(count))


def ask(socket, method, path, body=None):
    connection = UnixConnection(socket)
    connection.request(method, path, body)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {data[:300]}")
    return data


def row(rng, n):
    return f"EMAIL,p{n}@mail.example,NONE,u{n},{rng.choice(PLANS)},{rng.randrange(100)},{rng.choice(COUNTRIES)}\n"


HEAD = "ChannelType,Address,OptOut,User.UserId,User.UserAttributes.plan,User.UserAttributes.visits,Location.Country\n"


def start(program, directory):
    child = subprocess.Popen([program, "run"], cwd=directory, stdout=subprocess.DEVNULL, stderr=open(os.path.join(directory, "log"), "ab"))
    socket = os.path.join(directory, "earshot.sock")
    for _ in range(1200):
        try:
            ask(socket, "GET", "/readyz")
            return child, socket
        except (OSError, SystemExit):
            time.sleep(0.05)
    raise SystemExit("the daemon did not start")


def memory_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def change(socket, body):
    began = time.perf_counter()
    ask(socket, "POST", "/api/v1/customers/import", body)
    return (time.perf_counter() - began) * 1000


def tell(what, spent):
    spent.sort()
    print(f"{what} p50 {statistics.median(spent):.1f} ms, p99 {spent[int(len(spent) * 0.99)]:.1f} ms, worst {spent[-1]:.1f} ms until its memberships are committed",
          flush=True)


def used_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def import_live(program, directory, pid, socket, rng, customers, count):
    """New customers come in a file, all of them judged, while others change."""
    with open(os.path.join(directory, "more.csv"), "w", encoding="utf-8") as out:
        out.write(HEAD)
        out.writelines(row(rng, customers + n) for n in range(count))
    began, used, spent = time.monotonic(), used_s(pid), []
    child = subprocess.Popen([program, "import", "more.csv"], cwd=directory, stdout=subprocess.DEVNULL)
    while child.poll() is None:
        spent.append(change(socket, (HEAD + row(rng, rng.randrange(customers))).encode()))
        time.sleep(0.05)
    if child.returncode != 0:
        raise SystemExit(f"import: {child.returncode}")
    took = time.monotonic() - began
    print(f"import, judged      {count} customers more in {took:.1f} s: {count / took:.0f} customers/s, {used_s(pid) - used:.1f} s of CPU, {memory_mb(pid):.0f} MB")
    tell("a change meanwhile ", spent)


def main():
    import json
    program = os.path.abspath(sys.argv[1])
    customers, segments, changes = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 1_000_000), (3, 100), (4, 500)))
    rng = random.Random(5)
    directory = tempfile.mkdtemp(prefix="earshot-segments-")
    try:
        os.mkdir(os.path.join(directory, "rules"))
        with open(os.path.join(directory, "rules", "a.rules"), "w", encoding="utf-8") as out:
            out.write(rules(0))
        with open(os.path.join(directory, "earshot.yaml"), "w", encoding="utf-8") as out:
            out.write('store: {path: earshot.db}\nserver: {listen: "off"}\n')
        with open(os.path.join(directory, "customers.csv"), "w", encoding="utf-8") as out:
            out.write(HEAD)
            out.writelines(row(rng, n) for n in range(customers))
        began = time.monotonic()
        subprocess.run([program, "import", "customers.csv"], cwd=directory, check=True, stdout=subprocess.DEVNULL)
        print(f"import             {customers} customers in {time.monotonic() - began:.1f} s", flush=True)
        child, socket = start(program, directory)
        with open(os.path.join(directory, "rules", "a.rules"), "w", encoding="utf-8") as out:
            out.write(rules(segments))
        subprocess.run([program, "apply"], cwd=directory, check=True, stdout=subprocess.DEVNULL)
        began = time.monotonic()
        while True:
            items = json.loads(ask(socket, "GET", "/api/v1/segments"))["items"]
            if all(item["finished"] for item in items):
                break
            time.sleep(0.2)
        took = time.monotonic() - began
        members = sum(item["members"] for item in items)
        print(f"judging everybody  {customers} customers x {segments} segments in {took:.1f} s: {customers / took:.0f} customers/s, {members} memberships, {used_s(child.pid):.0f} s of CPU, {memory_mb(child.pid):.0f} MB",
              flush=True)
        tell("a change           ", [change(socket, (HEAD + row(rng, rng.randrange(customers))).encode()) for _ in range(changes)])
        import_live(program, directory, child.pid, socket, rng, customers, customers // 10)
        child.terminate()
        child.wait()
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
