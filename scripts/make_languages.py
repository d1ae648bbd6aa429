#!/usr/bin/env python3
"""Makes corpora/languages.tsv: how much each n-gram of letters speaks for each language.

    scripts/make_languages.py WORK_DIR POSTS_DIR > corpora/languages.tsv

WORK_DIR receives Debian's packages named in PACKAGES (apt-get download) and what is in them; one that is there already is
used as it is.  POSTS_DIR holds posts labelled with their language, NAME.tsv.gz with the text in the last column (POSTS).
corpora/languages.hand is ours: everyday words of each language, most frequent first, and words every language uses.

The method, step by step:
 1. Each source of a language becomes a distribution over words; the sources are mixed (SOURCES).  A copy without accents
    has a small share (STRIPPED_SHARE), for people write without them.  Words Danish and Norwegian share are evened out.
 2. A word "og" is "_og_": its n-grams of 1 to ORDER characters are counted with the word's share, and frequent words as a
    whole.  What posts say about an n-gram counts only when it stands in at least POSTS_MIN of them.
 3. The weight of n-gram g in language l is SCALE[length] (WHOLE_SCALE for a whole word) * ln(1 + P(g|l) / FLOOR) in steps of STEP: so absence is 0.
 4. The n-grams that tell most are kept, as many as KEEP says, without those of scripts one language alone uses.
The same packages and posts give the same file, byte for byte.
"""
import collections
import glob
import gzip
import html
import math
import os
import re
import struct
import subprocess
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
HAND = os.path.join(HERE, "..", "corpora", "languages.hand")

LANGUAGES = (
    "en de da es fr it pt nl sv no fi pl cs ru uk el tr hu ro ar fa he hi ja zh ko ca id vi bg th".split()
)
# Debian's names of the translations, where they are not the language's own code.
LOCALES = {"no": ["nb", "nb_NO", "no"], "pt": ["pt", "pt_BR", "pt_PT"], "zh": ["zh_CN", "zh_TW"]}

GAME = ["wesnoth-1.16-data"]  # dialogues: the nearest to everyday prose
PROGRAMS = ["evolution-common", "pidgin-data", "freeciv-data", "gajim", "gramps", "tuxpaint-data", "homebank-data"]
HELP = "gnome-user-docs"
MORE_HELP = {"da": ("libreoffice-help-da", "usr/share/libreoffice/help/da/text")}  # little else is in Danish
FORTUNES = {
    "en": ["fortunes", "fortunes-min"],
    "de": ["fortunes-de"],
    "es": ["fortunes-es", "fortunes-es-off"],
    "it": ["fortunes-it", "fortunes-it-off"],
    "pt": ["fortunes-br"],
    "pl": ["fortunes-pl"],
    "cs": ["fortunes-cs"],
    "ru": ["fortunes-ru"],
    "bg": ["fortunes-bg"],
}
# Danish and Norwegian are the hardest to tell apart: their word lists help.
WORD_LISTS = {"da": ("wdanish", "danish"), "no": ("wnorwegian", "bokmaal")}
WORD_LIST_LETTERS = 9  # longer words are compounds of shorter ones
PACKAGES = sorted(
    GAME + PROGRAMS + [HELP] + [p for ps in FORTUNES.values() for p in ps] + [p for p, _ in WORD_LISTS.values()]
    + [p for p, _ in MORE_HELP.values()]
)

POSTS = {
    "en": ["en_semeval1316_train", "en_tweeteval_offensive_train", "en_tweeteval_emotion_train", "en_tweeteval_irony_train"],
    "de": ["xlmt_german_train", "de_potts", "de_germeval2018_offensive_train"],
    "da": ["da_lcc_europarl"],
    "es": ["xlmt_spanish_train"],
    "fr": ["xlmt_french_train"],
    "it": ["xlmt_italian_train"],
    "pt": ["xlmt_portuguese_train"],
    "ar": ["xlmt_arabic_train"],
    "hi": ["xlmt_hindi_train"],  # in Latin letters, mixed with English
}
POSTS_MIN = 10

# How much a source says about how people write posts; less when it is small.
SOURCES = {"posts": 1.0, "fortunes": 0.6, "game": 0.6, "help": 0.3, "programs": 0.25}
SOURCE_WORDS = 20000
# Everyday words and word lists have the same part in every language: what speaks for one then speaks against its neighbour.
FIXED_PARTS = {"hand": 0.18, "list": 0.08}
STRIPPED_SHARE = 0.12
WITHOUT_ACCENTS = frozenset("de da es fr it pt pl cs ro tr hu sv no ca fi vi".split())

ORDER = 4
SCALE = {1: 0.3, 2: 0.5, 3: 0.7, 4: 1.0}  # n-grams overlap; a longer one repeats what its parts said
WHOLE_MIN = 4e-6
WHOLE_SCALE = 3.0  # a known word says more than its parts
FLOOR = 1e-5
STEP = 0.2
KEEP = 60000
WHOLE_PREFERENCE = 6  # long whole words are rare, and say much where they stand
# How much it matters to tell a language from the others: those we score and their nearest neighbour; the other Latin ones;
# and those whose script leaves two or three to choose from.
IMPORTANCE = {"en": 1.5, "ru": 0.1, "uk": 0.1, "bg": 0.1, "ar": 0.1, "fa": 0.1, "ja": 0.5, "zh": 0.5}
IMPORTANCE.update({language: 0.3 for language in "fi pl cs tr hu ro vi id ca".split()})
SMALLEST, LARGEST = 5, 120  # steps

# Scripts one of our languages uses alone: nlp/language.c knows them by their letters.
ALONE = re.compile("[\u0370-\u03ff\u0590-\u05ff\u0900-\u097f\u0e00-\u0e7f\u1100-\u11ff\u1f00-\u1fff\u3040-\u30ff\uac00-\ud7af]")
# Written in other letters: a Latin word in a text of theirs is a name or was not translated.
OTHER_LETTERS = frozenset("ru uk el ar fa he ja zh ko bg th".split())
# A text with many of these was not translated.
ENGLISH = frozenset("the and you with this from your".split())
FOREIGN = re.compile("[^\u0020-\u024f\u0300-\u036f\u1e00-\u1eff]")

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
NO_WORD = re.compile(r"https?:?\S*|www\.\S+|[@#]\S+|\brt\b")
ELONGATED = re.compile(r"(.)\1\1+")
MARKUP = re.compile(r"<[^>]*>|&[a-z]+;|%[-0-9.$]*l*[a-zA-Z]|\{[^}]*\}|\$[A-Za-z_|.]+|\\[a-z]|https?://\S+|\S+@\S+|[A-Za-z_^]+=")
HAN = re.compile("[\u3400-\u9fff]")


def words_of(text):
    text = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    text = ELONGATED.sub(r"\1\1", NO_WORD.sub(" ", text))
    for word in WORD.findall(text):
        if HAN.search(word):
            yield from word
        else:
            yield word


# ---- sources -------------------------------------------------------------------


def fetch(work):
    """Downloads and unpacks what is not there yet; returns {package: version}."""
    versions = {}
    for package in PACKAGES:
        tree = os.path.join(work, package)
        found = sorted(glob.glob(os.path.join(work, package + "_*.deb")))
        if not found:
            subprocess.run(["apt-get", "download", "-qq", package], cwd=work, check=True, stdout=sys.stderr)
            found = sorted(glob.glob(os.path.join(work, package + "_*.deb")))
        if not os.path.isdir(tree):
            subprocess.run(["dpkg-deb", "-x", found[-1], tree], check=True)
        answer = subprocess.run(["dpkg-deb", "-f", found[-1], "Version"], check=True, stdout=subprocess.PIPE)
        versions[package] = answer.stdout.decode().strip()
    return versions


def files(top):
    for directory, names, leaves in os.walk(top):
        names.sort()
        for leaf in sorted(leaves):
            yield directory, leaf


def messages(path):
    """(original, translation) of a compiled message catalogue"""
    with open(path, "rb") as f:
        data = f.read()
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    count, originals, translations = struct.unpack_from(order + "3I", data, 8)
    for i in range(count):
        length, at = struct.unpack_from(order + "2I", data, originals + 8 * i)
        key = data[at : at + length].split(b"\4")[-1].split(b"\0")
        length, at = struct.unpack_from(order + "2I", data, translations + 8 * i)
        if key != [b""]:
            yield key, data[at : at + length].split(b"\0")


def plain(message):
    text = message.decode("utf-8", "replace")
    if "^" in text[:40]:
        text = text.rsplit("^", 1)[1]
    return MARKUP.sub(" ", text).replace("_", "").replace("&", "")


def catalogues(work, packages, locales, wants_originals=False):
    for package in packages:
        for directory, leaf in files(os.path.join(work, package)):
            if not leaf.endswith(".mo") or os.path.basename(os.path.dirname(directory)) not in locales:
                continue
            for key, values in messages(os.path.join(directory, leaf)):
                if wants_originals:
                    yield plain(key[0])
                else:
                    yield from (plain(v) for v in values if v not in key)


def help_texts(work, locale):
    tops = [os.path.join(HELP, "usr/share/help", locale)]
    tops += [os.path.join(*MORE_HELP[locale])] if locale in MORE_HELP else []
    for directory, leaf in (found for top in tops for found in files(os.path.join(work, top))):
        if not leaf.endswith((".page", ".xml", ".docbook", ".html")):
            continue
        with open(os.path.join(directory, leaf), encoding="utf-8", errors="replace") as f:
            page = f.read()
        for _, text in re.findall(r"<(p|title|desc|para)[^>]*>(.*?)</\1>", page, re.S):
            yield re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", text))).strip()


def fortunes(work, packages):
    for package in packages:
        for directory, leaf in files(os.path.join(work, package, "usr/share/games/fortunes")):
            if "." in leaf:
                continue  # indices
            with open(os.path.join(directory, leaf), "rb") as f:
                data = f.read()
            try:
                yield from re.split(r"\n%%?\n", data.decode("utf-8"))
            except UnicodeDecodeError:
                pass  # in an older encoding


def posts(directory, language):
    """Danish: every second of the licensed rows; the others are for measuring."""
    for name in POSTS.get(language, ()):
        licensed = 0
        with gzip.open(os.path.join(directory, name + ".tsv.gz"), "rt", encoding="utf-8") as f:
            columns = next(f).rstrip("\n").split("\t")
            for line in f:
                row = line.rstrip("\n").split("\t")
                if "source" in columns:
                    licensed += row[columns.index("source")] != "europarl"
                    if row[columns.index("source")] == "europarl" or licensed % 2 == 0:
                        continue
                yield html.unescape(row[-1])


def read_hand():
    """{language: [words, most frequent first]}"""
    hand = {}
    with open(HAND, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                language, words = line.rstrip("\n").split("\t")
                hand.setdefault(language, []).extend(words.split())
    return hand


def count(texts, language):
    c = collections.Counter()
    for text in texts:
        words = list(words_of(text))
        if language in OTHER_LETTERS or language == "hi":
            words = [w for w in words if FOREIGN.search(w)]
        elif language != "en" and sum(w in ENGLISH for w in words) * 15 > len(words):
            continue
        c.update(words)
    return c


def gather(work, hand, language):
    """{source: {word: count}} without posts"""
    locales = LOCALES.get(language, [language])
    found = {}
    if language == "en":
        found["help"] = count(help_texts(work, "C"), language)
        found["game"] = count(catalogues(work, GAME, ["de"], wants_originals=True), language)
    else:
        original = frozenset(help_texts(work, "C"))
        translated = (t for l in locales for t in help_texts(work, l) if t not in original)
        found["help"] = count(translated, language)
        found["game"] = count(catalogues(work, GAME, locales), language)
        found["programs"] = count(catalogues(work, PROGRAMS, locales), language)
    found["fortunes"] = count(fortunes(work, FORTUNES.get(language, ())), language)
    ranks = collections.Counter()
    for rank, word in enumerate(hand.get(language, ())):
        ranks[word] += SOURCE_WORDS / (rank + 8)
    found["hand"] = ranks
    if language in WORD_LISTS:
        package, leaf = WORD_LISTS[language]
        with open(os.path.join(work, package, "usr/share/dict", leaf), encoding="utf-8", errors="replace") as f:
            listed = [w for w in f.read().split() if w[:1].islower() and len(w) <= WORD_LIST_LETTERS]
        found["list"] = collections.Counter(w for w in listed if WORD.fullmatch(w))
    return found


# ---- n-grams -------------------------------------------------------------------


def is_whole(gram):
    return len(gram) > 2 and gram[0] == gram[-1] == "_"


def ngrams(word, wants_whole):
    padded = "_" + word + "_"
    found = [padded[i : i + n] for n in range(1, ORDER + 1) for i in range(len(padded) - n + 1)]
    if wants_whole and len(padded) > ORDER:
        found.append(padded)
    return [g for g in found if g != "_"]


def without_accents(word):
    for letter, plain_letter in (("ß", "ss"), ("ø", "o"), ("æ", "ae"), ("ł", "l"), ("ı", "i"), ("đ", "d"), ("'", "")):
        word = word.replace(letter, plain_letter)
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def shares(counts, total, factor, language):
    """{word: its share}, the copy without accents included"""
    out = collections.defaultdict(float)
    for word, n in counts.items():
        share = factor * n / total
        if language in WITHOUT_ACCENTS and not FOREIGN.search(word):
            out[word] += share * (1 - STRIPPED_SHARE)
            out[without_accents(word)] += share * STRIPPED_SHARE
        else:
            out[word] += share
    return out


def count_posts(texts):
    """words of posts, and in how many posts each n-gram stands"""
    words, standing = collections.Counter(), collections.Counter()
    for text in texts:
        found = list(words_of(text))
        words.update(found)
        seen = {}
        for word in found:
            for gram in ngrams(word, True) + ngrams(without_accents(word), True):
                seen[gram] = True
        standing.update(seen.keys())
    return words, standing


def not_english(words, english):
    """Romanised Hindi is mixed with English: what English posts use about as often is taken out."""
    n, m = sum(words.values()), sum(english.values())
    return collections.Counter({w: c for w, c in words.items() if english[w] / m < 0.2 * c / n})


def parts(found):
    """{source: (its part of the mixture, its size)}"""
    sizes = {source: sum(found[source].values()) for source in sorted(found)}
    fixed = {source: part for source, part in FIXED_PARTS.items() if sizes.get(source)}
    others = {s: SOURCES[s] * min(1.0, sizes[s] / SOURCE_WORDS) for s in SOURCES if sizes.get(s)}
    scale = (1 - sum(fixed.values())) / sum(others.values())
    out = {s: (part * scale, sizes[s]) for s, part in others.items()}
    out.update((s, (part, sizes[s])) for s, part in fixed.items())
    return out


def mix(found, language):
    """({word: share} of all sources but posts, {word: share} of posts)"""
    mixed = {False: collections.defaultdict(float), True: collections.defaultdict(float)}
    for source, (part, size) in parts(found).items():
        for word, share in shares(found[source], size, part, language).items():
            mixed[source == "posts"][word] += share
    return mixed[False], mixed[True]


def even_out(mixed, lists, hand):
    """Neighbours have little text each: a word both spell alike would speak for the one whose texts happen to hold it.  It
    has the same share in both, unless only one of the two uses it every day."""
    one, other = (mixed[language] for language in WORD_LISTS)
    everyday = [frozenset(hand[language]) for language in WORD_LISTS]
    for word in sorted(frozenset(lists[0]) & frozenset(lists[1])):
        if (word in everyday[0]) == (word in everyday[1]) and (word in one or word in other):
            one[word] = other[word] = (one.get(word, 0.0) + other.get(word, 0.0)) / 2
    for word in sorted(everyday[0] & everyday[1]):
        one[word] = other[word] = (one.get(word, 0.0) + other.get(word, 0.0)) / 2


def distribution(mixed, from_posts, standing):
    """{n-gram: P(n-gram | language)}, by word"""
    out = collections.defaultdict(float)
    for words, is_post in ((mixed, False), (from_posts, True)):
        for word, share in words.items():
            for gram in ngrams(word, share > WHOLE_MIN):
                if not is_post or standing[gram] >= POSTS_MIN:
                    out[gram] += share
    return out


def build(work, posts_dir, hand):
    """[{n-gram: P}] by language"""
    mixed, from_posts, standing, lists, english = {}, {}, {}, [], None
    for language in LANGUAGES:
        found = gather(work, hand, language)
        words, standing[language] = count_posts(posts(posts_dir, language))
        if language in OTHER_LETTERS:
            words = collections.Counter({w: n for w, n in words.items() if FOREIGN.search(w)})
        elif language == "en":
            english = words
        elif language == "hi":
            words = not_english(words, english)
        found["posts"] = words
        if "list" in found:
            lists.append(found["list"])
        mixed[language], from_posts[language] = mix(found, language)
        print("%s: %d words" % (language, len(mixed[language])), file=sys.stderr)
    even_out(mixed, lists, hand)
    return [distribution(mixed[language], from_posts[language], standing[language]) for language in LANGUAGES]


def select(table):
    """The n-grams that tell most, sorted."""
    rows = collections.defaultdict(list)
    for i, grams in enumerate(table):
        for gram, p in grams.items():
            if p > 3e-6 and not ALONE.search(gram):
                rows[gram].append((i, p))
    told = []
    importance = [IMPORTANCE.get(language, 1.0) for language in LANGUAGES]
    for gram, row in rows.items():
        mean = sum(p for _, p in row) / len(table) + 1e-7
        factor = WHOLE_PREFERENCE if is_whole(gram) and len(gram) > ORDER else 1
        told.append((-factor * max(importance[i] * p * abs(math.log((p + 1e-6) / mean)) for i, p in row), gram))
    told.sort()
    return sorted((gram, rows[gram]) for _, gram in told[:KEEP])


def weigh(gram, row):
    scale = WHOLE_SCALE if is_whole(gram) else SCALE[len(gram)]
    for i, p in row:
        steps = int(scale * math.log(1 + p / FLOOR) / STEP + 0.5)
        if steps >= SMALLEST:
            yield LANGUAGES[i], min(steps, LARGEST)


# ---- the file ------------------------------------------------------------------


def fnv1a(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def body(selected, hand):
    shared = ["_%s_" % w for w in hand["und"]]
    lines = ["%s\t-" % w for w in sorted(set(shared))]
    for gram, row in selected:
        weights = "".join("%s%d" % pair for pair in weigh(gram, row))
        if weights and gram not in shared:
            lines.append("%s\t%s" % (gram, weights))
    return lines


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1].strip())
    work, posts_dir = sys.argv[1:]
    versions = fetch(work)
    hand = read_hand()
    lines = body(select(build(work, posts_dir, hand)), hand)
    text = "".join(line + "\n" for line in lines).encode("utf-8")
    header = [
        "Earshot's table of languages; made by scripts/make_languages.py, do not edit.",
        "licence: Apache-2.0; figures alone, counted in texts under their own licences",
        "provenance: corpora/README.md; " + ", ".join("%s %s" % v for v in sorted(versions.items())),
        "entries: %d" % len(lines),
        "checksum: %016x" % fnv1a(text),
        "columns: n-gram of characters (_ is the edge of a word), languages and weights in steps of %g nat; -: no vote"
        % STEP,
    ]
    sys.stdout.buffer.write("".join("# %s\n" % h for h in header).encode("utf-8") + text)


if __name__ == "__main__":
    main()
