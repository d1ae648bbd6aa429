#!/usr/bin/env python3
"""Makes corpora/frequencies.tsv: in how many of 10,000 posts the words of our patterns stand.

    scripts/make_frequencies.py POSTS_DIR > corpora/frequencies.tsv

POSTS_DIR holds the posts named in POSTS, gzip TSV with the text in the last column; corpora/README.md says where they
come from.  Patterns of intents are looked for from words that posts hold seldom: nothing else is read from this table.

A word counts once a post, in small letters; links, mentions and hashtags do not.  Only words of at least POSTS_MIN posts
and LEAST of 10,000 are written, and of those only such as begin like words of corpora/intents/LANGUAGE.tsv and share
a stem with one (libstemmer's, as everywhere): no other would ever be asked for, and whoever is named in the posts is
not named here.  Where a language has few posts (Danish), its figures are those of its words in corpora/languages.tsv,
which come from other texts as well, for a post of WORDS words.
The same posts give the same file, byte for byte.
"""
import collections
import csv
import ctypes
import ctypes.util
import gzip
import html
import math
import os
import re
import sys

CORPORA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "corpora")

POSTS = {
    "en": ["en_semeval1316_train", "en_tweeteval_offensive_train", "en_tweeteval_emotion_train", "en_tweeteval_irony_train"],
    "de": ["xlmt_german_train", "de_potts", "de_germeval2018_offensive_train"],
}
FROM_LANGUAGES = ["da"]
STEMMERS = {"en": b"english", "de": b"german", "da": b"danish"}
POSTS_MIN = 10
OF = 10000
LEAST = 10
LETTERS = 4
WORDS = 15
# As scripts/make_languages.py weighs whole words.
STEP, WHOLE_SCALE, FLOOR = 0.2, 3.0, 1e-5

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
NO_WORD = re.compile(r"https?:?\S*|www\.\S+|[@#]\S+")
GROUP = re.compile(r"<[^>]*>")


def words_of(text):
    text = NO_WORD.sub(" ", html.unescape(text)).replace("\u2019", "'")
    return set(WORD.findall(text.lower()))


def count_posts(directory, names):
    """Of 10,000 posts so many hold each word."""
    posts, counts = 0, collections.Counter()
    for name in names:
        with gzip.open(os.path.join(directory, name + ".tsv.gz"), "rt", encoding="utf-8") as lines:
            for row in csv.reader(list(lines)[1:], delimiter="\t", quoting=csv.QUOTE_NONE):
                posts += 1
                counts.update(words_of(row[-1]))
    return {w: round(n * OF / posts) for w, n in counts.items() if n >= POSTS_MIN}


def read_languages(language):
    """The same from the weights of whole words."""
    counts = {}
    with open(os.path.join(CORPORA, "languages.tsv"), encoding="utf-8") as lines:
        for line in lines:
            entry = re.match(r"_(\w+)_\t\S*?%s(\d+)" % language, line)
            if entry and WORD.fullmatch(entry[1]):
                share = FLOOR * (math.exp(int(entry[2]) * STEP / WHOLE_SCALE) - 1)
                counts[entry[1]] = round(OF * (1 - (1 - share) ** WORDS))
    return counts


def make_stemmer(language):
    lib = ctypes.CDLL(ctypes.util.find_library("stemmer"))
    lib.sb_stemmer_new.restype = ctypes.c_void_p
    lib.sb_stemmer_stem.restype = ctypes.c_void_p
    stemmer = ctypes.c_void_p(lib.sb_stemmer_new(STEMMERS[language], b"UTF_8"))

    def stem(word):
        text = word.encode("utf-8")
        return ctypes.string_at(lib.sb_stemmer_stem(stemmer, text, len(text)), lib.sb_stemmer_length(stemmer))

    return stem


def pattern_words(language):
    with open(os.path.join(CORPORA, "intents", language + ".tsv"), encoding="utf-8") as lines:
        columns = [GROUP.sub(" ", line.rstrip("\n").split("\t")[-1]) for line in lines if not line.startswith("#")]
    return set().union(*map(words_of, columns))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print("# Earshot's table of how many posts hold words; made by scripts/make_frequencies.py, do not edit.")
    print("# licence: Apache-2.0; figures alone, counted in posts under their own licences")
    print("# provenance: corpora/README.md")
    print("# columns: language, word, posts of %d that hold it" % OF)
    tables = {l: count_posts(sys.argv[1], names) for l, names in POSTS.items()}
    tables.update({l: read_languages(l) for l in FROM_LANGUAGES})
    for language, counts in tables.items():
        stem = make_stemmer(language)
        words = pattern_words(language)
        beginnings = {word[:LETTERS] for word in words}
        stems = {stem(word) for word in words}
        for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if count >= LEAST and word[:LETTERS] in beginnings and stem(word) in stems:
                print(language, word, count, sep="\t")


if __name__ == "__main__":
    main()
