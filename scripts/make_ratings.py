#!/usr/bin/env python3
"""Makes the part of a lexicon that is not learned: published word ratings and what we wrote by hand.

    scripts/make_ratings.py LANG RATINGS_DIR > base.tsv

RATINGS_DIR holds the published lists that SOURCES names (corpora/README.md says where they come from and under what
licence): word, rating, and further columns.  corpora/lexicons/LANG.hand is ours: modifiers, idioms, words, corrections,
words to drop; signs.hand the same for emoji and emoticons of all languages.

A word's weight is the mean of its ratings on the scale -4..4, each weighted by how much its source says: VADER
counts three (ten people rated each word), AFINN two, pattern one.  A word only pattern knows is scaled down.
Weights below 0.3 are left out.  The same input gives the same output, byte for byte.  It is what `earshot train
--base` begins with.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LEXICONS = os.path.join(HERE, "..", "corpora", "lexicons")
ONLY_PATTERN = 0.6
SMALLEST = 0.3
ROLES = ("negator", "booster", "contrast", "sarcasm")
# File, factor to the scale -4..4, share.
SOURCES = {
    "en": (("vader_en.tsv", 1.0, 3), ("afinn_en.tsv", 0.8, 2), ("pattern_en.tsv", 4.0, 1)),
    "da": (("afinn_da.tsv", 0.8, 2),),
    "sv": (("afinn_sv.tsv", 0.8, 2),),
    "fr": (("afinn_fr.tsv", 0.8, 2), ("pattern_fr.tsv", 4.0, 1)),
    "it": (("pattern_it.tsv", 4.0, 1),),
    "nl": (("pattern_nl.tsv", 4.0, 1),),
    "de": (), "es": (), "pt": (),
}
LICENCES = {"vader": "vaderSentiment (MIT)", "afinn": "afinn (Apache-2.0)", "pattern": "pattern (PDDL)"}
# A plain word or phrase: no handle, no link, no digit alone, no emoticon (those are ours).
PLAIN = re.compile(r"[^\W\d_][\w'-]*[^\W_](?: [\w'-]+)*\Z")


def fnv1a(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def rows(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as f:
        for line in f:
            columns = line.rstrip("\n").split("\t")
            if len(columns) >= 2:
                yield columns[0].strip().lower(), float(columns[1])


def gather(lang, directory):
    """word -> [(rating -4..4, share)]"""
    ratings = {}
    for name, factor, share in SOURCES[lang]:
        seen = {}
        for word, value in rows(directory, name):
            if PLAIN.match(word):
                seen.setdefault(word, []).append(value * factor)
        for word, values in seen.items():
            ratings.setdefault(word, []).append((sum(values) / len(values), share))
    return ratings


def weigh(found):
    total = sum(share for _, share in found)
    mean = sum(value * share for value, share in found) / total
    return mean * ONLY_PATTERN if total == 1 else mean


def read_hand(name):
    """(kind, weight, entry) in the order of the file"""
    path = os.path.join(LEXICONS, name)
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            columns = line.split("\t")
            if len(columns) != 3:
                sys.exit("%s:%d: three columns are wanted" % (path, number))
            split = split_emoticons if columns[0] == "emoticon" else (lambda s: s.split("|"))
            for entry in split(columns[2]):
                yield columns[0], columns[1], entry


def split_emoticons(text):
    """Splits at bars; a bar that is a mouth ends its emoticon and has a backslash before it."""
    out, entry, i = [], "", 0
    while i < len(text):
        if text.startswith("\\|", i) and (i + 2 == len(text) or text[i + 2] == "|"):
            entry += "|"
            i += 2
        elif text[i] == "|":
            out.append(entry)
            entry = ""
            i += 1
        else:
            entry += text[i]
            i += 1
    return out + [entry]


def spelling(entry):
    """The loader cuts at hyphens and shortens drawn-out words: what it sees as one entry is one here."""
    return re.sub(r"([a-z])\1{2,}", r"\1\1", entry.replace("-", " ").casefold()) if entry[0].isalpha() else entry


def lines_of(ratings, hand):
    """(kind, entry) -> line; what is ours comes before what is published, the first row of the hand file first."""
    lines, has_weight, has_role = {}, set(), set()
    dropped = set(spelling(entry) for kind, _, entry in hand if kind == "drop")
    for kind, weight, entry in hand:
        taken = has_role if kind in ROLES else has_weight
        if kind == "drop" or spelling(entry) in taken:
            continue
        taken.add(spelling(entry))
        lines[(kind, entry)] = "%s\t%s" % (kind, entry) + ("" if weight == "-" else "\t" + weight)
    for word, found in sorted(ratings.items()):
        weight = weigh(found)
        if spelling(word) in has_weight or spelling(word) in dropped or abs(weight) < SMALLEST:
            continue
        has_weight.add(spelling(word))
        kind = "phrase" if " " in word else "word"
        lines[(kind, word)] = "%s\t%s\t%.2f" % (kind, word, max(-4.0, min(4.0, weight)))
    return lines


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in SOURCES:
        sys.exit(__doc__)
    lang = sys.argv[1]
    hand = list(read_hand(lang + ".hand")) + list(read_hand("signs.hand"))
    lines = lines_of(gather(lang, sys.argv[2]), hand)
    body = "".join(lines[key] + "\n" for key in sorted(lines))
    sources = [LICENCES[name.split("_")[0]] for name, _, _ in SOURCES[lang]]
    if lang == "it":
        sources = ["pattern (BSD-3-Clause)"]
    sys.stdout.write("""# language: %s
# licence: Apache-2.0%s
# checksum: %016x
""" % (lang, "; ratings from " + ", ".join(sources) if sources else "", fnv1a(body.encode("utf-8"))) + body)


main()
