#!/usr/bin/env python3
"""earshot people influence: a probability a row, in order, without daemon or database; and what is told of a bad file."""
import json
import os
import random
import subprocess
import tempfile

from lib import EARSHOT, House, need, post, run_tests, same
from small_house import SmallHouse

COLUMNS = ["follower_count", "following_count", "listed_count", "mentions_received", "retweets_received", "mentions_sent", "retweets_sent",
           "posts", "network_feature_1", "network_feature_2", "network_feature_3"]
HEADER = ",".join(["Choice"] + ["A_" + c for c in COLUMNS] + ["B_" + c for c in COLUMNS]) + "\n"
SMALL = ["228", "302", "3", "0.583979", "0.1005", "0.1005", "0.1005", "0.362", "2", "166.5", "11355.0"]
LARGE = ["34463", "29808", "1689", "15.4304976", "3.984", "8.20433", "0.3324", "6.98881", "66", "75.5", "1916.89"]


def influence(text, *words, folder=None):
    with tempfile.TemporaryDirectory() as own:
        return subprocess.run([EARSHOT, "people", "influence", "--pairs", "-", *words], input=text, capture_output=True,
                              text=isinstance(text, str), timeout=120, cwd=folder or own)


def pair(a, b, choice="0"):
    return ",".join([choice] + a + b) + "\n"


def rows(done):
    same((done.returncode, done.stderr), (0, ""), "exit and errors")
    return [float(line) for line in done.stdout.splitlines()]


def one_number_a_row_in_order_and_nothing_else():
    up, down, even = rows(influence(HEADER + pair(LARGE, SMALL) + pair(SMALL, LARGE, "1") + pair(SMALL, SMALL)))
    need(0.8 < up < 1, f"the larger one first: {up}")
    same((round(up + down, 6), even), (1.0, 0.5), "swapped, and the same twice")
    lines = influence(HEADER + pair(LARGE, SMALL)).stdout
    need(len(lines) == 9 and lines.startswith("0.") and lines.endswith("\n"), f"{lines!r}")
    same(influence(HEADER).stdout, "", "a header alone")


def a_file_and_standard_input_say_the_same_and_neither_needs_a_home():
    chance = random.Random(3)
    text = HEADER + "".join(pair([str(chance.randrange(10 ** chance.randrange(1, 7))) for _ in COLUMNS],
                                 [str(chance.randrange(10 ** chance.randrange(1, 7))) for _ in COLUMNS]) for _ in range(3000))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pairs.csv")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        done = subprocess.run([EARSHOT, "people", "influence", "--pairs", path], capture_output=True, text=True, timeout=60, cwd=folder)
        same(os.listdir(folder), ["pairs.csv"], "nothing was made")
    same(len(rows(done)), 3000, "rows")
    same(done.stdout, influence(text).stdout, "file and standard input")


def columns_may_be_few_in_any_order_and_cells_empty():
    few = "B_listed_count,A_follower_count,B_follower_count,A_listed_count\n"
    up, unknown, less = rows(influence(few + "2,90000,200,5000\n,90000,200,\n2,90000,200,0\n"))
    need(up > unknown > less > 0.5, f"{up} {unknown} {less}: unknown lists are usual, not none")
    same(rows(influence(few + ",,200,\n")), [0.5], "nothing known of A")
    same(rows(influence('\ufeff"A_follower_count","B_follower_count"\r\n"5e3","5000.0"\r\n')), [0.5], "quotes, BOM, CRLF, exponents")


def json_has_the_parts():
    done = influence(HEADER + pair(LARGE, SMALL), "--json")
    row = json.loads(done.stdout)
    same((row["line"], len(done.stdout.splitlines())), (2, 1), "line")
    same(f"{row['probability']:.6f}", influence(HEADER + pair(LARGE, SMALL)).stdout.strip(), "probability")
    for side in (row["a"], row["b"]):
        same(list(side["parts"]), ["reach", "standing", "draw", "company", "talk", "age", "endorsed"], "parts")
        need(abs(sum(side["parts"].values()) - side["bot_discount"] - side["points"]) < 0.51, f"parts add up: {side}")
        same(side["assumed"], ["age", "endorsed"], "neither the age nor the endorsers are in the file")


def weights_come_from_the_configuration():
    home = House("influence")
    try:
        home.write("earshot.yaml", "people: {influence: {reach: 1, standing: 0, draw: 0, company: 0, talk: 0, age: 0}}\n")
        few = "A_follower_count,B_follower_count,A_listed_count,B_listed_count\n100,100,9000,1\n"
        same(rows(influence(few, folder=home.dir)), [0.5], "only followers count")
        need(rows(influence(few))[0] > 0.5, "lists count by default")
    finally:
        home.close()


def what_cannot_be_read_is_told_with_its_line_and_nothing_is_printed():
    for text, code, told in [
        (HEADER + pair(LARGE, SMALL) + pair(["many"] + LARGE[1:], SMALL), 1, "standard input:3: A_follower_count is no number from 0 on: 'many'"),
        (HEADER + pair(LARGE, ["-1"] + SMALL[1:]), 1, "standard input:2: B_follower_count is no number from 0 on: '-1'"),
        (HEADER + pair(LARGE, ["nan"] + SMALL[1:]), 1, "standard input:2: B_follower_count is no number"),
        (HEADER + pair(LARGE, ["1e999"] + SMALL[1:]), 1, "standard input:2: B_follower_count is no number"),
        (HEADER + "0,1,2\n", 1, "standard input:2: there are fewer fields than columns"),
        (HEADER + pair(LARGE, SMALL + ["1"]), 1, "standard input:2: there are more fields than columns"),
        (HEADER + '"0,1\n', 1, "standard input:2: a quote is never closed"),
        ("", 3, "'standard input' is empty"),
        ("A_followers,B_followers\n1,2\n", 3, "standard input:1: there is no column 'A_followers'"),
        ("A_follower_count,a_follower_count\n1,2\n", 3, "standard input:1: the column 'a_follower_count' is there twice"),
        ("Choice,A_follower_count,B_posts\n1,2,3\n", 3, "A_follower_count and B_follower_count are needed at least"),
        (pair(LARGE, SMALL), 3, "standard input:1: there is no column '0'"),
    ]:
        done = influence(text)
        same((done.returncode, done.stdout), (code, ""), f"{text[:60]!r}")
        need(told in done.stderr, f"{done.stderr!r} does not say {told!r}")
    done = influence(HEADER + pair(["x"] + LARGE[1:], SMALL) * 50)
    need("30 more like these" in done.stderr and len(done.stderr.splitlines()) == 21, done.stderr)
    done = influence(b"\x1f\x8b\x08\x00")
    same((done.returncode, b"zcat" in done.stderr), (3, True), "a compressed file")


def wrong_use_is_told():
    for words, told in [(["influence"], "an author or --pairs"), (["influence", "x.csv", "--pairs", "y.csv"], "an author or --pairs"),
                        (["influence", "--pairs", "/nowhere/x.csv"], "/nowhere/x.csv")]:
        done = subprocess.run([EARSHOT, "people", *words], capture_output=True, text=True, timeout=60)
        need(done.returncode in (2, 3) and told in done.stderr, f"{words}: {done.returncode} {done.stderr!r}")


RULES = """rule known "Somebody many listen to"
  when author.influence is at least 60
  then
    tag author "known"
  end
end
"""


def a_rule_sees_what_the_post_showed_and_why_keeps_it():
    with SmallHouse("influence", RULES) as house:
        house.start()
        house.send(post(1, "hello", author=1, followers=50000))
        house.send(post(2, "hello", author=2, followers=40))
        house.send(post(3, "hello", author=3, followers=None))
        same([house.outcomes(n) != [] for n in (1, 2, 3)], [True, False, False], "who fired")
        house.send(post(4, "hello again", author=1, followers=10))
        then = house.call("GET", "/api/v1/why?post=https://social.example/posts/1")[1]["who"]["influence"]
        now = json.loads(house.verb("people", "author", "@a1@social.example", "--json", code=0).stdout)["influence"]
        need(then["points"] >= 60 > now["points"], f"as seen then {then}, and now {now}")
        same(set(then["parts"]), {"reach", "standing", "draw", "company", "talk", "age", "endorsed"}, "parts")
        same(house.call("GET", "/api/v1/authors/@a3@social.example")[1]["influence"], None, "unknown")
        text = house.verb("why", "https://social.example/posts/1", code=0).stdout
        need(f"influence {then['points']} of 100: reach" in text, text)


if __name__ == "__main__":
    run_tests([
        one_number_a_row_in_order_and_nothing_else,
        a_file_and_standard_input_say_the_same_and_neither_needs_a_home,
        columns_may_be_few_in_any_order_and_cells_empty,
        json_has_the_parts,
        weights_come_from_the_configuration,
        what_cannot_be_read_is_told_with_its_line_and_nothing_is_printed,
        wrong_use_is_told,
        a_rule_sees_what_the_post_showed_and_why_keeps_it,
    ])
