#!/usr/bin/env python3
"""`from ... until ...`: whoever asks is told what has not begun and what is over."""
import json

from lib import House, need, run_tests, same

CONFIG = """store: {path: var/earshot.db}
server: {listen: "off"}
rules: rules
timezone: Europe/Berlin
alerts: {queues: {support: {notify: ["log:"]}}}
"""


def rule(name, period):
    return f'rule {name} "Rule {name}"\n  {period}\n  when sentiment is below -0.4\n  then alert "support" as low\nend\n'


RULES = (rule("past", "until 2019-12-03 18:00 in Europe/Berlin") + rule("future", "from 2096-12-03 18:00 in Europe/Berlin")
         + rule("silent", "off\n  until 2019-12-03 18:00 in Europe/Berlin")
         + rule("open", "from 2019-12-03 18:00 until 2096-12-03 18:00 in Europe/Berlin") + rule("plain", 'description "always"'))


def what_has_not_begun_and_what_is_over_is_said_wherever_one_looks():
    house = House("period")
    try:
        house.write("earshot.yaml", CONFIG)
        house.write("rules/a.rules", RULES)
        checked = house.verb("check", code=0)
        need("a.rules:2:9: warning[R089]: the period of this rule is over" in checked.stderr and checked.stderr.count("R089") == 1,
             f"check said:\n{checked.stderr}")
        house.start()
        listed = json.loads(house.verb("rules", "--json", code=0).stdout)["items"]
        same({r["id"]: r["period"] for r in listed},
             {"past": "over", "future": "not yet", "silent": "over", "open": "now", "plain": "always"}, "periods")
        same((listed[0]["from"], listed[0]["until"]), (None, "2019-12-03T17:00:00Z"), "the ends of the first")
        told = json.loads(house.verb("status", "--json", code=0).stdout)["rules"]
        same((told["not_begun"], told["over"]), (["future"], ["past"]), "status")
        need("rule past: Rule past (its period is over)" in house.verb("rules", "list", "--long", code=0).stdout, "in words")
        house.write("rules/a.rules", RULES.replace("Rule plain", "Plain rule"))
        need("R089" in house.verb("plan", code=1).stderr, "plan warns")
        need("R089" in house.verb("apply", "--reason", "a title", code=0).stderr, "apply warns, and applies")
    finally:
        house.close()


if __name__ == "__main__":
    run_tests([what_has_not_begun_and_what_is_over_is_said_wherever_one_looks])
