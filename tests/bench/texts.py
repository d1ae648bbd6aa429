#!/usr/bin/env python3
"""Invented posts to measure scoring on, one a line, the same for everybody: the demo feed's posts are the frames; six in ten of their
content words are replaced by words drawn from words.txt with Zipf's frequencies, so that a cache of words or stems meets as many rare
words as it would outside; people, tags, links and emoji are made up anew.  About one post in twenty is not English.

    tests/bench/texts.py [COUNT] > FILE
"""
import bisect
import json
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(HERE, "..", "..", "corpora", "demo", "posts.ndjson")
COUNT = 8192
SEED = 42
LEN_MIN, LEN_MAX = 50, 175  # bytes; the mean comes to about 105
KEEP_RANK = 150  # the most frequent words stay where they stand: they are a sentence's grammar
REPLACE = 0.6
OTHER_LANGUAGES = 0.05
WORD = re.compile(r"[@#]?[A-Za-z][A-Za-z'’]*|https?://\S+")
EMOJI = "😀 😂 😍 😭 😡 🙄 👍 👍🏽 👎 🎉 🔥 ❤️ ☕️ 🤷‍♀️ 🇩🇪 💯 😴 🤢 🥳 😅".split()
EMOTICONS = ":) :( ;-) :D :/ <3 :'( xD".split()


class Texts:
    def __init__(self, seed=SEED):
        self.random = random.Random(seed).random  # the one whose sequence Python promises to keep
        with open(os.path.join(HERE, "words.txt"), encoding="utf-8") as text:
            self.words = [w for line in text if not line.startswith("#") for w in line.split()]
        self.grammar = set(self.words[:KEEP_RANK])
        total, self.reached = 0.0, []
        for rank in range(KEEP_RANK, len(self.words)):
            total += 1 / (rank + 2.7)  # Mandelbrot's form of Zipf's law
            self.reached.append(total)
        self.frames = {True: [], False: []}
        with open(DEMO, encoding="utf-8") as posts:
            for post in map(json.loads, posts):
                if post.get("text"):
                    self.frames[post.get("lang") == "en"].append(post["text"].replace("\n", " "))

    def pick(self, items):
        return items[int(self.random() * len(items))]

    def word(self):
        at = bisect.bisect(self.reached, self.random() * self.reached[-1])
        return self.words[KEEP_RANK + min(at, len(self.reached) - 1)]

    def replaced(self, match):
        """The word of a frame, or another one in its place, written the same way."""
        old = match.group()
        if old.startswith("@"):
            return old if self.random() < 0.2 else f"@{self.word()}{self.pick(['', '_', 'x'])}{int(self.random() * 1000)}"
        if old.startswith("#"):
            return old if self.random() < 0.3 else "#" + self.word() + self.pick(["", self.word().capitalize()])
        if old.startswith("http"):
            return f"https://{self.word()}.example/{int(self.random() * 1e9):x}"
        if old.lower() in self.grammar or self.random() >= REPLACE:
            return old
        new = self.word()
        return new.upper() if old.isupper() and len(old) > 1 else new.capitalize() if old[0].isupper() else new

    def decorated(self, text):
        if self.random() < 0.06:
            text = f"@{self.word()}{int(self.random() * 100)} {text}"
        if self.random() < 0.10:
            text += " " + self.pick(EMOJI) * (1 + int(self.random() * 3))
        if self.random() < 0.04:
            text += " " + self.pick(EMOTICONS)
        if self.random() < 0.08:
            text += " #" + self.word()
        if self.random() < 0.05:
            text += f" https://{self.word()}.example/{int(self.random() * 1e9):x}"
        return text

    def next(self):
        while True:
            is_english = self.random() >= OTHER_LANGUAGES
            text = self.pick(self.frames[is_english])
            if is_english:
                text = WORD.sub(self.replaced, text)
            text = self.decorated(text)
            if LEN_MIN <= len(text.encode()) <= LEN_MAX:
                return text


def make(count=COUNT):
    """count distinct texts."""
    texts, made = Texts(), {}
    while len(made) < count:
        made[texts.next()] = None
    return list(made)


def main():
    for text in make(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT):
        sys.stdout.buffer.write(text.encode() + b"\n")


if __name__ == "__main__":
    main()
