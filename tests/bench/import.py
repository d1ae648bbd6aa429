#!/usr/bin/env python3
"""What an import of many customers costs: invented customers in Pinpoint's CSV go into an empty database without a daemon, then the same file
again, then out.  Beside it the same rows through `.import` of the sqlite3 shell into one table with a primary key, as the floor.  Prints JSON.

    tests/bench/import.py [CUSTOMERS]        1,000,000 unless told
"""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "system")]
from lib import EARSHOT, House  # noqa: E402

HEADER = ("ChannelType,Address,Id,OptOut,User.UserId,User.UserAttributes.FirstName,User.UserAttributes.Plan,Location.Country,"
          "Demographic.Locale,Demographic.Timezone\n")
NAMES = ["Ann", "Bo", "Cy", "Dee", "Eli", "Fay", "Gus", "Hal", "Ida", "Jo"]


def write_customers(path, count):
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEADER)
        for i in range(count):
            out.write(f"EMAIL,person{i}@mail.example,e-{i},{'ALL' if i % 10 == 0 else 'NONE'},u-{i},{NAMES[i % 10]},"
                      f"{'Gold' if i % 3 == 0 else 'Beans'},DE,de_DE,Europe/Berlin\n")


def run(words, cwd, text=None):
    """Wall and processor seconds, largest size in MB of this process alone, and what it printed."""
    began = time.monotonic()
    child = subprocess.Popen(words, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child.stdin.write(text or "")
    child.stdin.close()
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    took = time.monotonic() - began
    assert status == 0, (words, printed)
    return {"wall_s": round(took, 2), "cpu_s": round(usage.ru_utime + usage.ru_stime, 2), "peak_mb": usage.ru_maxrss >> 10}, printed


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    house = House("bench-import")
    try:
        config = house.write("earshot.yaml", "store: {path: var/earshot.db}\nrules: rules\ntemplates: templates\n")
        for folder in ("rules", "templates", "var"):
            os.makedirs(house.path(folder), exist_ok=True)
        path = house.path("customers.csv")
        write_customers(path, count)
        first, printed = run([EARSHOT, "import", "-c", config, "--json", path], house.dir)
        assert json.loads(printed)["created"] == count, printed
        again, printed = run([EARSHOT, "import", "-c", config, "--json", path], house.dir)
        assert json.loads(printed)["unchanged"] == count, printed
        out, _ = run([EARSHOT, "export", "-c", config, "--customers", "--json", house.path("out.jsonl")], house.dir)
        floor, _ = run(["sqlite3", house.path("floor.db")], house.dir,
                       "PRAGMA journal_mode=WAL;\nCREATE TABLE t (a TEXT, b TEXT, c TEXT PRIMARY KEY, d TEXT, e TEXT, f TEXT, g TEXT, h TEXT, i TEXT, "
                       f"j TEXT);\n.mode csv\n.import --skip 1 {path} t\n")
        print(json.dumps({"import": {"customers": count, "first": first, "again": again, "export": out, "sqlite3_import": floor,
                                     "cpu_ratio": round(first["cpu_s"] / floor["cpu_s"], 1), "per_s": round(count / first["wall_s"]),
                                     "database_mb": os.path.getsize(house.path("var", "earshot.db")) >> 20}}))
    finally:
        house.close()


if __name__ == "__main__":
    main()
