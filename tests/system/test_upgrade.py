#!/usr/bin/env python3
"""A database of each older schema: the daemon brings it up to date, says so once, and a program that is older than the file says that."""
import glob
import os
import sqlite3

from lib import ROOT, House, need, post, run_tests, same

MIGRATIONS = sorted(glob.glob(os.path.join(ROOT, "store", "migrations", "*.sql")))
APPLICATION_ID = 1161908819


def old_house(schema):
    house = House("upgrade")
    house.write("earshot.yaml", 'store: {path: var/earshot.db}\nserver: {listen: "off"}\nrules: rules\n')
    house.write("rules/a.rules", 'list a "A"\n  "x"\nend\n')
    os.makedirs(house.path("var"))
    database = sqlite3.connect(house.path("var", "earshot.db"))
    for path in MIGRATIONS[:schema]:
        database.executescript(open(path, encoding="utf-8").read())
    database.executescript(f"PRAGMA user_version={schema}; PRAGMA application_id={APPLICATION_ID};")
    database.close()
    return house


def every_older_schema_is_brought_up_to_date_and_told_once():
    for schema in range(1, len(MIGRATIONS)):
        house = old_house(schema)
        try:
            house.start()
            told = [line for line in house.log().splitlines() if "store.upgraded" in line]
            need(len(told) == 1 and f"from_schema={schema} to_schema={len(MIGRATIONS)}" in told[0], f"schema {schema}: {told}")
            same(house.call("POST", "/api/v1/posts", post(1, "hello"))[0], 201, "a post")
            same(house.call("GET", "/api/v1/status")[1]["store"]["schema"], len(MIGRATIONS), "schema")
            same(house.stop(), 0, "stopped")
            house.start()
            same(house.log().count("store.upgraded"), 1, "told once")
        finally:
            house.close()


def a_database_of_a_later_program_is_left_alone():
    house = old_house(len(MIGRATIONS))
    try:
        database = sqlite3.connect(house.path("var", "earshot.db"))
        database.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
        database.close()
        for verb in (["run"], ["status"]):
            done = house.verb(*verb, code=3)
            need("was written by a newer Earshot" in done.stderr + done.stdout, f"{verb}: {done.stderr}")
    finally:
        house.close()


if __name__ == "__main__":
    run_tests([every_older_schema_is_brought_up_to_date_and_told_once, a_database_of_a_later_program_is_left_alone])
