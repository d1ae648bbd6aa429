#!/usr/bin/env python3
"""What `make bench` stands on: its texts are the same for everybody and varied, and the figures are figures."""
import json
import os
import sys

from lib import House, need, run_tests, same

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
import texts  # noqa: E402


def the_texts_are_the_same_for_everybody_and_varied():
    made = texts.make(4096)
    same(texts.make(4096), made, "made twice")
    same(texts.make(100), made[:100], "the first of them")
    same(len(set(made)), 4096, "distinct texts")
    sizes = [len(text.encode()) for text in made]
    need(80 <= sum(sizes) / len(sizes) <= 140, f"mean of {sum(sizes) / len(sizes)} bytes")
    same([text for text in made if "\n" in text], [], "texts of more than one line")
    need(len({word.lower() for text in made for word in texts.WORD.findall(text)}) > 4000, "distinct words")
    need(sum("@" in text for text in made) > 400 and sum("#" in text for text in made) > 400, "people and tags")
    need(sum(any(mark in text for mark in texts.EMOJI) for text in made) > 200, "emoji")


def the_verb_takes_texts_from_a_file():
    house = House("bench")
    try:
        path = house.write("texts.txt", "\n".join(texts.make(64)) + "\n\n")
        got = json.loads(house.verb("bench", "--seconds", "1", "--texts", path, code=0).stdout)
        need(got["scored_per_s"] > 0 and got["end_to_end"]["posts_per_s"] > 0, f"figures: {got}")
        same(house.verb("bench", "--texts", house.path("nowhere.txt")).returncode, 3, "a file that is not there")
        same(house.verb("bench", "--texts", house.write("empty.txt", "\n\n")).returncode, 3, "a file without a text")
    finally:
        house.close()


if __name__ == "__main__":
    run_tests([the_texts_are_the_same_for_everybody_and_varied, the_verb_takes_texts_from_a_file])
