#!/usr/bin/env python3
"""Lists the words that may be no entry of a learned lexicon: personal names, and brands.

    scripts/make_exclusions.py WORK_DIR OUT_DIR

Writes OUT_DIR/LANGUAGE.txt (personal names) for every language below and OUT_DIR/brands.txt: one word a line, folded
as the lexicon folds (NFKC, case folding), sorted.  WORK_DIR takes the Debian packages this reads: it fetches each with
"apt-get download" and unpacks it there; what is there already is used again.

Personal names: given names and surnames of the two packages in NAME_PACKAGES, whatever their country, because posts of
every language name people of every country; the rows "person" of corpora/lexicons/exclude.hand; and what the word list of
a language writes with a capital alone (proper names; German writes all nouns so, and is treated below).

A name that is an everyday word stays allowed.  It is one where the word list of the language has it in lower case
(for German, also where the list inflects it as a noun: "Freunde", "Freundes"), unless exclude.hand says "name"
for it; and where exclude.hand says "word".
"""
import ast
import glob
import os
import re
import subprocess
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
HAND = os.path.join(HERE, "..", "corpora", "lexicons", "exclude.hand")
NAME_PACKAGES = ("python3-fake-factory", "libtext-names-perl")
# language -> (package, word list) ...
WORD_LISTS = {
    "en": (("wamerican", "american-english"), ("wbritish", "british-english")),
    "de": (("wngerman", "ngerman"),),
    "da": (("wdanish", "danish"),),
    "es": (("wspanish", "spanish"),),
    "fr": (("wfrench", "french"),),
    "it": (("witalian", "italian"),),
    "pt": (("wportuguese", "portuguese"), ("wbrazilian", "brazilian")),
    "nl": (("wdutch", "dutch"),),
    "sv": (("wswedish", "swedish"),),
}
# Endings of German nouns that names do not take ("Freunde", "Freundes"; a name has only "s").
GERMAN_INFLECTIONS = ("e", "es", "en")
KINDS = ("person", "name", "word", "brand")


def fold(word):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())


def unpack(work_dir, packages):
    """The directory with what the packages hold."""
    root = os.path.join(work_dir, "root")
    os.makedirs(root, exist_ok=True)
    for package in packages:
        if not glob.glob(os.path.join(work_dir, package + "_*.deb")):
            subprocess.run(["apt-get", "download", package], cwd=work_dir, check=True, stdout=subprocess.DEVNULL)
        for path in glob.glob(os.path.join(work_dir, package + "_*.deb")):
            subprocess.run(["dpkg-deb", "-x", path, root], check=True)
    return root


def read_text(path):
    with open(path, "rb") as f:
        data = f.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def names_of_providers(root):
    """Strings in the assignments to first_names..., last_names... of the provider modules."""
    names = set()
    pattern = os.path.join(root, "usr/lib/python3/dist-packages/faker/providers/person/*/__init__.py")
    for path in sorted(glob.glob(pattern)):
        for node in ast.walk(ast.parse(read_text(path))):
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                continue
            if not re.search(r"(first|last)_names", node.targets[0].id):
                continue
            for leaf in ast.walk(node.value):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and "{" not in leaf.value:
                    names.update(re.split(r"[\s-]+", leaf.value))
    return names


def names_of_census(root):
    """The tables of the module: NAME share cumulated rank."""
    names = set()
    for line in read_text(os.path.join(root, "usr/share/perl5/Text/Names.pm")).splitlines():
        row = re.match(r"([A-Z]{2,})\s+\d+\.\d+\s+\d+\.\d+\s+\d+\s*\Z", line)
        if row:
            names.add(row.group(1))
    return names


def is_name(word):
    """Three letters of Latin script at least, or a hand-written row: shorter ones are words everywhere."""
    return len(word) >= 3 and all(unicodedata.name(c, "").startswith("LATIN") for c in word)


def read_words(root, lang):
    words = set()
    for _, name in WORD_LISTS[lang]:
        text = read_text(os.path.join(root, "usr/share/dict", name))
        words.update(line.strip() for line in text.splitlines())
    return words


def everyday_words(lang, words, names):
    """Folded words of the language that are no names only ("Gabriele" is no inflection of "Gabriel")."""
    everyday = set(fold(w) for w in words if w[:1].islower())
    if lang == "de":
        everyday.update(
            fold(w) for w in words
            if w[:1].isupper() and any(
                w + ending in words and fold(w + ending) not in names for ending in GERMAN_INFLECTIONS))
    return everyday


def proper_names(lang, words, everyday):
    """Words written with a capital alone."""
    if lang == "de":
        return set()
    return set(fold(w) for w in words if w[:1].isupper() and w[1:].islower()) - everyday


def read_hand():
    """kind, language ("-": all) -> set of folded entries"""
    entries = {}
    for number, line in enumerate(read_text(HAND).splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 3 or columns[0] not in KINDS:
            sys.exit("%s:%d: three columns are wanted, the first one of %s" % (HAND, number, " ".join(KINDS)))
        entries.setdefault((columns[0], columns[1]), set()).update(fold(e) for e in columns[2].split("|"))
    return entries


def exclusions_of(lang, root, names, hand):
    def by_hand(kind):
        return hand.get((kind, "-"), set()) | hand.get((kind, lang), set())

    words = read_words(root, lang)
    everyday = everyday_words(lang, words, names)
    found = set(n for n in (names | proper_names(lang, words, everyday)) - everyday if is_name(n))
    named = (found - by_hand("word")) | by_hand("name") | by_hand("person")
    return named - hand.get(("word", lang), set())


def write_list(path, words):
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(w + "\n" for w in sorted(words))
    print("%s: %d words" % (path, len(words)))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    work_dir, out_dir = sys.argv[1:]
    packages = NAME_PACKAGES + tuple(package for lists in WORD_LISTS.values() for package, _ in lists)
    root = unpack(work_dir, packages)
    names = set(fold(n) for n in names_of_providers(root) | names_of_census(root))
    hand = read_hand()
    os.makedirs(out_dir, exist_ok=True)
    for lang in sorted(WORD_LISTS):
        write_list(os.path.join(out_dir, lang + ".txt"), exclusions_of(lang, root, names, hand))
    write_list(os.path.join(out_dir, "brands.txt"), hand.get(("brand", "-"), set()))


if __name__ == "__main__":
    main()
