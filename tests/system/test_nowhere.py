#!/usr/bin/env python3
"""A command in the wrong folder, or before the first start: it says so, and leaves nothing behind."""
import os

from lib import House, need, run_tests, same

LOOKING = [["status"], ["rules"], ["outbox"], ["alerts"], ["people", "page", "x"], ["segments"], ["audit"], ["why", "x"], ["plan"],
           ["pause", "x", "--reason", "y"], ["erase", "--person", "x", "--dry-run"], ["backtest", "--since", "1d"], ["backup", "copy.db"]]


def tree(house):
    return sorted(os.path.join(folder, name)[len(house.dir):] for folder, folders, names in os.walk(house.dir) for name in folders + names)


def looking_begins_no_database_and_makes_no_rules_live():
    house = House("nowhere")
    try:
        house.write("earshot.yaml", 'store: {path: var/earshot.db}\nserver: {listen: "off"}\nrules: rules\n')
        house.write("rules/a.rules", 'list a "A"\n  "x"\nend\n')
        before = tree(house)
        for words in LOOKING:
            done = house.verb(*words, code=3)
            need("there is no database" in done.stderr, f"{words}: {done.stderr}")
            same(tree(house), before, f"files after {words}")
        house.write("customers.csv", "Id,ChannelType,Address,User.UserId\ne1,EMAIL,ann@mail.example,u1\n")
        house.verb("import", "customers.csv", code=0)
        need("u1" in house.verb("people", code=0).stdout, "an import may come before the first start")
    finally:
        house.close()


if __name__ == "__main__":
    run_tests([looking_begins_no_database_and_makes_no_rules_live])
