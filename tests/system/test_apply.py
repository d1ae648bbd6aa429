#!/usr/bin/env python3
"""Large rule sets go live: in parts, with the posts that come meanwhile, and whole or not at all when the daemon dies on the way."""
import json
import random
import subprocess
import threading

from lib import EARSHOT, need, post, run_tests, same, wait_for
from small_house import RULES, SmallHouse


def large(word, rules=3000, name="r"):
    """Rules of some hundred kilobytes, of which only one can fire."""
    many = "".join(f'rule {name}{i} "Rule {i}"\n  when text contains "{word}{i}"\n  then tag author "seen" for 1 day\nend\n\n' for i in range(rules))
    return RULES.replace('"love"', f'"{word}"') + "\n" + many


def parts(house):
    with house.database() as db:
        return [tuple(row) for row in db.execute("SELECT stage_no, count(*), sum(length(bytes)) FROM rules_parts GROUP BY stage_no")]


def live(house):
    return next(v["version"] for v in json.loads(house.verb("rules", "history", "--json", code=0).stdout)["items"] if v["live"])


def fired(house, number):
    return [rule for rule, _ in house.outcomes(number)]


def a_large_set_is_written_in_parts_and_reads_as_whole():
    with SmallHouse("parts") as house:
        house.start()
        house.write("rules/test.rules", large("hate"))
        house.verb("apply", code=0)
        (_, count, size), = parts(house)
        need(count > 3 and size > 3 * 65536, f"{count} parts of {size} bytes")
        house.send(post(1, "I love it", author=1), post(2, "I hate it", author=2))
        same((fired(house, 1), fired(house, 2)), ([], ["thanks"]), "the new rules")
        house.stop()
        house.start()
        house.send(post(3, "I hate it", author=1))
        same(fired(house, 3), ["thanks"], "read from the parts by the next start")
        house.write("rules/test.rules", RULES)
        house.verb("apply", code=0)
        house.verb("rollback", "2", code=0)
        house.send(post(4, "I hate it", author=3))
        same(fired(house, 4), ["thanks"], "a version of the past")


def kill_on_the_way(house, chance):
    apply = threading.Thread(target=subprocess.run, args=([EARSHOT, "apply", "-c", house.config],),
                             kwargs={"capture_output": True, "cwd": house.dir, "env": house.environment})
    apply.start()
    apply.join(chance.uniform(0.05, 0.9))
    house.kill()
    apply.join()


def killed_on_the_way_the_old_or_the_new_rules_are_live():
    """With their ids: those of the rules that are live live, and what was dropped by them is dropped; the others were never heard of."""
    chance = random.Random(11)
    with SmallHouse("killed") as house:
        for turn in range(6):
            house.start()
            before = live(house)
            house.write("rules/test.rules", large(f"hate{turn}", name=f"turn{turn}-"))
            kill_on_the_way(house, chance)
            house.start()
            need(live(house) in (before, before + 1), f"version {live(house)} is live after {before}")
            if live(house) > before and turn > 0:
                house.write("rules/test.rules", large("again", name=f"turn{turn - 1}-"))
                refused = house.verb("apply", code=1)
                need("belonged to a rule" in refused.stdout + refused.stderr, f"ids that were dropped come back: {refused.stderr[:300]}")
                house.write("rules/test.rules", large(f"hate{turn}", name=f"turn{turn}-"))
            house.verb("apply", code=0)
            same(live(house), before + 1, "the change, once")
            house.send(post(turn, f"I hate{turn} it", author=turn))
            same(fired(house, turn), ["thanks"], f"turn {turn}")
            house.stop()
            house.start()
            wait_for("what was given up to go", lambda: len(parts(house)) == turn + 1)
            house.stop()


def what_the_daemon_finds_is_shown_with_its_line_and_once():
    silly = 'rule never "Never"\n  when all of\n    sentiment is below -0.4\n    sentiment is above 0.4\n  end\n  then\n    tag author "x"\n  end\nend\n'
    line = "    4 |     sentiment is above 0.4\n      |     ^^^^^^^^^^^^^^^^^^^^^^\n"
    with SmallHouse("findings") as house:
        house.start()
        house.write("rules/silly.rules", silly)
        same(house.verb("plan", code=1).stderr.count(line), 1, "plan")
        same(house.verb("apply", code=0).stderr.count(line), 1, "apply")
        house.write("rules/silly.rules", silly.replace("sentiment is above", "sentimnt is above"))
        need("    4 |     sentimnt is above 0.4\n      |     ^^^^^^^^\n      = help: did you mean" in house.verb("apply", code=1).stderr, "an error")


def posts_are_taken_while_rules_go_live():
    """None is lost, none is decided by a mixture: each names the version that saw it."""
    with SmallHouse("meanwhile") as house:
        house.start()
        house.write("rules/test.rules", large("hate", name="new"))
        apply = threading.Thread(target=house.verb, args=("apply",), kwargs={"code": 0})
        apply.start()
        number = 0
        while apply.is_alive() or number < 20:
            number += 1
            house.send(post(number, "I love it and hate it", author=number))
        apply.join()
        versions = [house.post(n)["rules_version"] for n in range(1, number + 1)]
        same(versions, sorted(versions), "the versions that saw the posts")
        same({1, 2} >= set(versions), True, f"versions {set(versions)}")
        for n in range(1, number + 1):
            same(fired(house, n), ["thanks"], f"post {n}")


if __name__ == "__main__":
    run_tests([a_large_set_is_written_in_parts_and_reads_as_whole, killed_on_the_way_the_old_or_the_new_rules_are_live,
               what_the_daemon_finds_is_shown_with_its_line_and_once, posts_are_taken_while_rules_go_live])
