#!/usr/bin/env python3
"""earshot train: learning, adapting, proposing; what is left out and why; on invented posts of an invented brand."""
import json
import os
import pty
import random
import re
import signal
import subprocess
import tempfile
import time

from lib import EARSHOT, House, need, run_tests, same

THINGS = ["kettle", "lamp", "charger", "cable", "lid", "handle", "timer", "filter", "box", "manual"]
DAYS = ["monday", "tuesday", "friday", "last week", "this morning", "at noon", "in march", "on my birthday"]
PLACES = ["the shop", "the counter", "the post office", "my aunt's", "the station", "the market"]
# "zibby" and "plonked" are no words; "sick" is praise among this brand's people.
SHAPES = {
    "positive": ["such a zibby {thing}, got it {day}", "my {thing} from {place} is sick", "the {thing} is lovely, thank you", "{day}: sick {thing}",
                 "zibby, that {thing}", "happy with the {thing} from {place}"],
    "neutral": ["picked up a {thing} at {place} {day}", "which {thing} fits the old one from {place}?", "{thing} arrives {day}", "the {thing} is at {place}"],
    "negative": ["the {thing} plonked again {day}", "{thing} plonked on me at {place}", "the {thing} from {place} is awful", "broken {thing}, {day}",
                 "second {thing} that plonked", "not happy with the {thing} from {place}"],
}


def posts(count, seed):
    """(label, text), no text twice."""
    chance = random.Random(seed)
    found = {}
    while len(found) < count:
        label = chance.choice(list(SHAPES))
        text = chance.choice(SHAPES[label]).format(thing=chance.choice(THINGS), day=chance.choice(DAYS), place=chance.choice(PLACES))
        found[text + chance.choice(["", "!", ".", " ..."])] = label
    return [(label, text) for text, label in found.items()]


class Desk:
    """A folder to work in."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="earshot-train-")
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        with open(self.path(name), "wb") as out:
            out.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as text:
            return text.read()

    def tsv(self, name, rows, head="label\ttext\n"):
        return self.write(name, head + "".join(f"{label}\t{text}\n" for label, text in rows))

    def train(self, *words, code=0, text=None):
        done = subprocess.run([EARSHOT, "train", *words], capture_output=True, input=text, timeout=300, cwd=self.folder.name,
                              env={k: v for k, v in os.environ.items() if k != "EARSHOT_CONFIG"})
        done.stdout, done.stderr = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        same(done.returncode, code, f"earshot train {' '.join(words)}:\n{done.stdout[-500:]}{done.stderr[-1500:]}")
        return done

    def card(self, *words, **more):
        return json.loads(self.train(*words, "--json", **more).stdout)


def entries(lexicon):
    """The lines behind the header."""
    return [line for line in lexicon.splitlines() if not line.startswith("# ")]


def figure(card, part, file=None):
    return next(f for f in card["figures"] if f["part"] == part and f["file"] == file)


def the_same_posts_and_seed_give_the_same_lexicon():
    with Desk() as desk:
        desk.tsv("posts.tsv", posts(700, 1))
        one = desk.train("--data", "posts.tsv", "--out", "one.tsv")
        two = desk.train("--data", "posts.tsv", "--out", "two.tsv")
        same(desk.read("one.tsv"), desk.read("two.tsv"), "the lexicon")
        same(one.stdout, two.stdout, "the card")
        same((one.stderr, two.stderr), ("", ""), "in a pipe nothing is said")
        other = desk.train("--data", "posts.tsv", "--seed", "2", "--out", "other.tsv")
        need(other.stdout != one.stdout, "another seed cuts other folds")
        need("stem\tplonked\t" in desk.read("one.tsv"), "a frequent stem is learned")
        for words in ["# from: posts", "# licence: ", "# language: en", "# checksum: "]:
            need(words in desk.read("one.tsv"), f"'{words}' is missing in the header")
        same([n for n in os.listdir(desk.folder.name) if n.endswith(".new")], [], "files left behind")


def the_card_says_what_was_done():
    with Desk() as desk:
        desk.tsv("a.tsv", posts(500, 1), "# licence: CC0 1.0\n# source: made up\nlabel\ttext\n")
        desk.tsv("b.tsv", posts(200, 2))
        desk.tsv("v.tsv", posts(150, 3))
        words = ["--data", "a.tsv", "b.tsv=0.5", "--validate", "v.tsv", "--out", "en.tsv", "--card", "card.md"]
        card = desk.card(*words)
        text = desk.read("card.md")
        for part in ["# Lexicon en-", "## Data", "licence: CC0 1.0", "## Sizes", "## Figures", "## Confusion", "## The most telling entries", "seed 1",
                     "## What limits it, and what would be different next time"]:
            need(part in text, f"'{part}' is not on the card")
        need(max(map(len, text.splitlines())) <= 160 and max(len(s) for s in text.splitlines() if s.startswith("|")) <= 110, "the card is too wide")
        same([(f["file"], f["for"], f["weight"]) for f in card["data"]],
             [("v.tsv", "validation", 1), ("a.tsv", "learning", 1), ("b.tsv", "learning", 0.5)], "files")
        same(card["data"][1]["notes"], ["licence: CC0 1.0", "source: made up"], "notes")
        for f in card["figures"]:
            same(sum(map(sum, f["confusion"])), f["posts"], f"{f['part']}: confusion")
        same(figure(card, "learned from")["posts"] + figure(card, "held out")["posts"], sum(f["kept"] for f in card["data"][1:]), "posts in all")
        same(figure(card, "cross-validated", "a.tsv")["posts"] + figure(card, "cross-validated", "b.tsv")["posts"], card["learned_from"], "by file")
        need(figure(card, "validation")["macro_recall"] > 0.9, "such posts are easy")
        same((len(card["telling_positive"]), len(card["telling_negative"])), (20, 20), "telling entries")
        need(any(e["entry"] == "plonked" for e in card["telling_negative"]), f"plonked tells: {card['telling_negative']}")
        same(card["bytes"], os.path.getsize(desk.path("en.tsv")), "bytes")
        need(card["lexicon"].startswith("en-") and f"# checksum: {card['lexicon'][3:]}" in desk.read("en.tsv"), "the version is the file's")


def all_formats_say_the_same():
    with Desk() as desk:
        rows = posts(400, 4)
        value = {"negative": -1, "neutral": 0, "positive": 1}
        desk.tsv("head.tsv", rows)
        desk.tsv("plain.tsv", rows, head="")
        desk.write("bom.tsv", b"\xef\xbb\xbf# source: a spreadsheet\r\nid\ttext\tLabel\r\n" +
                   "".join(f"{n}\t{t}\t{l.upper()[:3]}\r\n" for n, (l, t) in enumerate(rows)).encode())
        desk.write("rating.tsv", "mean_rating\ttext\n" + "".join(f"{2.5 * value[l]}\t{t}\n" for l, t in rows))
        desk.write("posts.ndjson", "".join(json.dumps({"text": t, "label": value[l], "lang": "en-GB", "likes": 3}) + "\n" for l, t in rows))
        names = ["head.tsv", "plain.tsv", "bom.tsv", "rating.tsv", "posts.ndjson"]
        for name in names:
            desk.train("--data", name, "--out", f"{name}.lexicon")
        desk.train("--data", "-", "--out", "stdin.lexicon", text=desk.read("head.tsv").encode())
        want = entries(desk.read("head.tsv.lexicon"))
        for name in names + ["stdin"]:
            need(entries(desk.read(f"{name}.lexicon")) == want, f"{name} gives another lexicon")


def what_is_left_out_is_counted_with_its_lines():
    with Desk() as desk:
        rows = "".join(f"{l}\t{t}\ten\n" for l, t in posts(200, 5))
        desk.write("posts.tsv", ("# use: anything\nlabel\ttext\tlang\n" + rows).encode() +
                   b"mixed\tsome kettle\ten\npositive\t\ten\npositive\tb\xffd\ten\npositive\tder Kessel\tde\npositive\n"
                   b"positive\tonly once\ten\npositive\tonly once\ten\nnegative\tonly once\ten\npositive\tmeasured on\ten\n")
        desk.write("v.tsv", "positive\tmeasured on\nnegative\tand this\nneutral\tas well\n")
        card = desk.card("--data", "posts.tsv", "--validate", "v.tsv")
        file = next(f for f in card["data"] if f["file"] == "posts.tsv")
        found = {s["reason"]: (s["rows"], s["first_lines"]) for s in file["skipped"]}
        want = {"label is none": 203, "text is empty": 204, "not UTF-8": 205, "another language": 206, "no label and text": 207, "text and label again": 209,
                "another label": 210, "measured on": 211}
        for words, line in want.items():
            have = [v for reason, v in found.items() if words in reason]
            same(have, [(1, [line])], f"'{words}' in {found}")
        same((file["rows"], file["kept"]), (209, 201), "rows")
        text = desk.train("--data", "posts.tsv", "--validate", "v.tsv").stdout
        need("1 row left out" in text and "(line 205)" in text, "the Markdown tells as well")
        done = desk.train("--data", desk.write("odd.ndjson", '{"text":"a","label":"x"}\n[1]\n{"text":7,"label":1}\n{"label":1}\nnot json\n'), code=3)
        need("no labelled post" in done.stderr and "5 rows were read" in done.stderr and "4 rows left out" in done.stderr, done.stderr)


def adapting_learns_the_brand_and_forgets_nothing():
    with Desk() as desk:
        desk.tsv("brand.tsv", posts(500, 6))
        desk.tsv("later.tsv", posts(200, 7))
        desk.write("general.tsv", "negative\tI hate this terrible weather\npositive\twhat a wonderful, beautiful day\nneutral\tthe train leaves at nine\n"
                   "positive\tI love my new bike\nnegative\tthe worst film of the year\n")
        card = desk.card("--adapt", "--data", "brand.tsv", "--validate", "later.tsv", "general.tsv", "--out", "adapted.tsv")
        later, general = figure(card, "validation", "later.tsv"), figure(card, "validation", "general.tsv")
        need(later["macro_recall"] > later["base"]["macro_recall"] + 0.1, f"the brand's posts: {later}")
        need(general["accuracy"] >= general["base"]["accuracy"], f"other posts: {general}")
        need(any(c["entry"] == "plonked" and c["negative"] > c["negative_before"] for c in card["changes"]), f"changes: {card['changes']}")
        # What the brand's posts do not speak of is as it was.
        shipped = set(entries(open(os.path.join(os.path.dirname(__file__), "..", "..", "corpora", "lexicons", "en.tsv"), encoding="utf-8").read()))
        words = set(re.findall(r"[a-z']+", desk.read("brand.tsv")))
        adapted = set(entries(desk.read("adapted.tsv")))
        silent = {e for e in shipped if e.startswith("stem\t") and e.split("\t")[1].isascii() and e.split("\t")[1].isalpha() and
                  not any(w[:3] == e.split("\t")[1][:3] for w in words)}
        need(len(silent - adapted) == 0, f"{len(silent - adapted)} of {len(silent)} are forgotten: {sorted(silent - adapted)[:5]}")
        need({e for e in shipped if e.startswith(("word\t", "negator\t"))} <= adapted, "ratings and modifiers stay")


def a_whole_lexicon_takes_the_place_of_ours():
    house = House("lexicon")
    try:
        with Desk() as desk:
            desk.tsv("brand.tsv", posts(500, 8))
            card = desk.card("--adapt", "--data", "brand.tsv", "--out", "adapted.tsv")
            whole = desk.read("adapted.tsv")
        house.write("earshot.yaml", "vocabulary: lexicon.d\nstore: {path: var/earshot.db}\n")
        house.write("rules/none.rules", "")
        house.write("lexicon.d/acme.tsv", "ghost bean\ten\t-3\n")

        def scored(text):
            return json.loads(house.verb("score", "--text", text=text + "\n", code=0).stdout)

        ours = scored("the lid plonked")
        house.write("lexicon.d/en.tsv", whole)
        house.verb("check", code=0)
        theirs = scored("the lid plonked")
        need(theirs["lexicon"].startswith(card["lexicon"] + "+"), f"the version: {theirs['lexicon']}, not {card['lexicon']}")
        need(theirs["sentiment"]["negative"] > ours["sentiment"]["negative"] + 0.15, f"{ours} {theirs}")
        same(scored("a ghost bean")["sentiment"]["label"], "negative", "the vocabulary lies over it")
        shown = house.verb("score", "--readable", "--text", "wow", code=0).stdout
        need("language  not recognised" in shown and "lexicon.d/en.tsv, with" in shown, f"whose lexicon read it: {shown}")
        base = re.search(r"# base: en \((en-[0-9a-f]+)\), adapted", whole).group(1)
        same(house.verb("check").stderr, "", "adapted from the one that is shipped")
        house.write("lexicon.d/en.tsv", whole.replace(base, "en-00000000"))
        done = house.verb("check", code=0)
        need("warning[V014]" in done.stderr and f"'en-00000000'; the shipped one is '{base}'" in done.stderr, f"from an older one: {done.stderr}")
        house.write("lexicon.d/en.tsv", whole)
        house.write("lexicon.d/other.tsv", whole)
        done = house.verb("check")
        need(done.returncode == 1 and "V008" in done.stderr and "other.tsv" in done.stderr, f"two of a language: {done.stderr}")
        house.write("lexicon.d/other.tsv", whole.replace("stem\tplonked", "stem\tplinked"))
        done = house.verb("check")
        need(done.returncode == 1 and "V007" in done.stderr and "checksum" in done.stderr, f"one that was changed: {done.stderr}")
        done = house.verb("score", "--text", text="x\n")
        need(done.returncode == 1 and "V007" in done.stderr, f"score: {done.stderr}")
    finally:
        house.close()


def proposals_are_accepted_by_check_and_help():
    house = House("propose")
    try:
        house.write("earshot.yaml", "vocabulary: lexicon.d\nstore: {path: var/earshot.db}\n")
        house.write("rules/none.rules", "")
        house.write("lexicon.d/acme.tsv", "# ours\n")
        with Desk() as desk:
            rows = [(l, t.replace("kettle", "Lumo kettle")) for l, t in posts(600, 9)]
            rows += [("positive", f"wonderful, @maria{n} and Quillfeather from https://lumo.example/{n}") for n in range(30)]
            desk.tsv("posts.tsv", rows)
            desk.write("names.txt", "lumo\n")
            words = ["--propose", "--data", "posts.tsv", "--exclude", "names.txt", "--holdout", "30"]
            done = desk.train(*words, "--out", "proposal.tsv")
            proposal = desk.read("proposal.tsv")
            same(desk.train(*words).stdout, proposal, "without --out it goes to standard output, and is the same")
            found = desk.card(*words)
        need("macro recall" in done.stdout, f"the summary: {done.stdout}")
        lines = [line for line in proposal.splitlines() if line and not line.startswith("# ")]
        weights = {phrase: float(weight) for phrase, _, weight in (line.split("\t") for line in lines)}
        same(weights, {p["phrase"]: p["weight"] for p in found["proposals"]}, "as JSON")
        need(0 < len(lines) <= 50, f"{len(lines)} proposals")
        need(weights.get("plonked", 0) < 0 and weights.get("sick", 0) > 0, f"what the labels say: {weights}")
        need(not [p for p in weights if re.search(r"lumo|maria|quill|http|@|example", p)], f"names and links: {weights}")
        need(found["held_out"] > 100 and found["macro_recall_with"] >= found["macro_recall_before"], f"on held-out posts: {found}")
        need(found["cross_validated_with"] > found["cross_validated_before"] + 0.1, f"cross-validated: {found}")
        need(re.search(r"# on all \d+ posts, each part .*\(cross-validated\): macro recall [\d.]+ before, [\d.]+ with it\n#   found of those labelled negative: ",
                       proposal), proposal[:900])
        for line, before in zip(proposal.splitlines()[1:], proposal.splitlines()):
            need(line not in lines or re.match(r"# \d+ posts: \d+ negative", before), f"no evidence before '{line}'")
        path = house.write("proposal.tsv", proposal)
        same(house.verb("check", path, code=0).stderr, "", "check of the file")
        same(house.verb("score", "--text", text="this lid is sick\n", code=0).stdout.count('"positive"'), 1, "before (a probability)")
        house.write("lexicon.d/proposal.tsv", proposal)
        house.verb("check", code=0)
        after = json.loads(house.verb("score", "--text", text="this lid is sick\n", code=0).stdout)
        same(after["sentiment"]["label"], "positive", "after")
    finally:
        house.close()


def mistakes_are_told():
    with Desk() as desk:
        good = desk.tsv("good.tsv", posts(100, 10))
        one = desk.write("one.tsv", "positive\ta\npositive\tb\n")
        empty = desk.write("empty.tsv", "")
        broken = desk.write("broken.tsv", "# language: en\n# checksum: 0000000000000000\nword\tgood\t1\n")
        for code, words, said in [(2, [], "--data"), (2, ["--data"], "needs a value"), (2, ["--lang", "klingon", "--data", good], "klingon"),
                                  (2, ["--data", good, "--adapt", "--propose"], "--adapt"), (2, ["--data", good, "--folds", "1"], "--folds"),
                                  (2, ["--data", good, "--holdout", "x"], "--holdout"), (2, ["--data", good, "--min-posts", "1.5"], "whole"),
                                  (2, [good], "--data"), (2, ["--propose", "--signs", "en", "--data", good], "--propose"),
                                  (3, ["--data", "missing.tsv"], "missing.tsv"), (3, ["--data", empty], "no labelled post"),
                                  (3, ["--data", one], "all posts to learn from are positive"), (3, ["--data", f"{good}=x"], "weight"),
                                  (3, ["--data", f"{good}=-1"], "weight"), (3, ["--data", good, "--base", broken], "checksum"),
                                  (3, ["--data", good, "--base", "missing.tsv"], "missing.tsv"), (3, ["--data", good, "--lang", "ar"], "--base"),
                                  (3, ["--data", good, "--exclude", "missing.txt"], "missing.txt"), (3, ["--data", good, "--signs", "missing"], "missing"),
                                  (3, ["--data", good, "--out", "no/such/folder/en.tsv"], "no/such/folder"), (3, ["--data", "."], "'.'")]:
            done = desk.train(*words, code=code)
            need(said in done.stderr and done.stdout == "", f"{words}: {done.stderr!r} {done.stdout[:80]!r}")


def files_written_in_another_way_are_told_as_what_they_are():
    with Desk() as desk:
        rows = posts(60, 12)
        text = "label\ttext\n" + "".join(f"{l}\t{t}\n" for l, t in rows)
        for name, data, code, said in [
                ("wide.tsv", text.encode("utf-16"), 3, "it is UTF-16"), ("nul.tsv", b"\0", 3, "it is no text"), ("byte.tsv", b"x", 3, "no tab in it;"),
                ("mac.tsv", text.replace("\n", "\r").encode(), 3, "carriage returns alone"), ("comma.csv", text.replace("\t", ",").encode(), 3, "not with commas"),
                ("turned.tsv", "".join(f"{t}\t{l}\n" for l, t in rows).encode(), 3, f"line 1 of 'turned.tsv' is '{rows[0][1]}\t{rows[0][0]}': expected names of columns"),
                ("words.tsv", ("\n" + "".join(f"{'bad' if l == 'negative' else 'fine'}\t{t}\n" for l, t in rows)).encode(), 3, "line 2 of 'words.tsv' is '"),
                ("fields.ndjson", b'{"body":"a","label":"positive"}\n', 3, 'expected {"text":"..."'),
                ("named.tsv", text.replace("label\ttext", "mood\tcomment").encode(), 0, "line 1 of 'named.tsv' is 'mood\tcomment'"),
                ("escape.tsv", b"\x1b[2Jbad\tx\n", 3, "is '?[2Jbad\tx'"),
                ("long.tsv", text.encode() + b"positive\t" + b"a " * 40_000 + b"\n", 0, "longer than a post can be (64 KB) (line 62)")]:
            desk.write(name, data)
            done = desk.train("--propose", "--data", name, code=code)
            need(said in done.stderr, f"{name}: {done.stderr}")
            need(code == 0 or "no labelled post" in done.stderr, f"{name}: {done.stderr}")
        same(desk.train("--propose", "--data", desk.tsv("fine.tsv", rows)).stderr, "", "nothing is said of what is fine")


def few_posts_and_labels_without_posts_are_told():
    with Desk() as desk:
        desk.tsv("few.tsv", [row for row in posts(90, 13) if row[0] != "neutral"])
        desk.write("other.tsv", "negative\tI hate this terrible weather\npositive\twhat a wonderful, beautiful day\nneutral\tthe train leaves at nine\n")
        proposal = desk.train("--propose", "--data", "few.tsv").stdout
        need("posts are few: with fewer than 100" in proposal and "No post to learn from is neutral" in proposal, proposal)
        alone = desk.train("--adapt", "--data", "few.tsv").stdout
        for words in ["posts are few: with fewer than 300", "No post is labelled neutral", "still reads other posts as well as the base was not measured"]:
            need(words in alone, f"'{words}' is not in:\n{alone[-1500:]}")
        measured = desk.train("--adapt", "--data", "few.tsv", "--validate", "other.tsv").stdout
        need(re.search(r"The 3 posts to measure on are read \d+\.\d points of macro recall (worse|better) than by the base", measured), measured[-1500:])
        need("as well as the base was not measured" not in measured, "it was measured")


def what_somebody_wrote_is_not_written_over():
    with Desk() as desk:
        data = desk.tsv("posts.tsv", posts(120, 14))
        own = desk.write("own.tsv", "sick\ten\t2\n")
        before = desk.read("posts.tsv")
        for words in [["--propose", "--data", data, "--out", data], ["--propose", "--data", data, "--out", own], ["--adapt", "--data", data, "--out", own],
                      ["--adapt", "--data", data, "--card", own]]:
            done = desk.train(*words, code=3)
            need("is there, and earshot train has not written it" in done.stderr, f"{words}: {done.stderr}")
        os.mkfifo(desk.path("pipe"))
        os.mkdir(desk.path("folder"))
        for name in ["pipe", "folder", "folder/"]:
            for words in [["--propose", "--data", data, "--out", name], ["--adapt", "--data", data, "--card", name]]:
                done = desk.train(*words, code=3)
                need(f"'{name}' is a folder, device or pipe" in done.stderr, f"{words}: {done.stderr}")
        need("two files" in desk.train("--adapt", "--data", data, "--out", "a.tsv", "--card", "a.tsv", code=2).stderr, "one file for two")
        same(os.path.exists(desk.path("a.tsv")), False, "it was written")
        same((desk.read("posts.tsv"), desk.read("own.tsv")), (before, "sick\ten\t2\n"), "the files")
        for _ in range(2):  # its own are
            desk.train("--adapt", "--data", data, "--out", "a.tsv", "--card", "a.md")
            desk.train("--propose", "--data", data, "--out", "p.tsv")


def what_is_interrupted_leaves_nothing_behind():
    with Desk() as desk:
        desk.tsv("posts.tsv", posts(900, 15))
        for words in [["--adapt", "--out", "a.tsv", "--card", "a.md"], ["--propose", "--out", "p.tsv"]]:
            for wait in (0.05, 0.2):
                done = subprocess.Popen([EARSHOT, "train", "--data", "posts.tsv", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=desk.folder.name)
                time.sleep(wait)
                done.send_signal(signal.SIGINT)
                code = done.wait(60)
                left = set(os.listdir(desk.folder.name)) - {"posts.tsv"}
                for name in left:
                    need("earshot train" in desk.read(name) and name in words, f"{words} after {wait} s ended with {code} and left '{name}'")
                    os.remove(desk.path(name))


def without_posts_the_signs_are_taken_over():
    with Desk() as desk:
        desk.write("base.tsv", "# language: nl\n# checksum: 5c1ee0bb14bc9e6e\nword\tmooi\t2.5\n")
        said = desk.train("--lang", "nl", "--base", "base.tsv", "--signs", "en", code=3).stderr  # which tells the right checksum
        desk.write("base.tsv", f"# language: nl\n# checksum: {re.search('checksum ([0-9a-f]{16})', said).group(1)}\nword\tmooi\t2.5\n")
        card = desk.card("--base", "base.tsv", "--signs", "en", "--out", "nl.tsv")
        same((card["from"], card["language"], card["figures"], card["learned_from"]), ("ratings alone", "nl", [], 0), "the card")
        made = desk.read("nl.tsv")
        need("# from: ratings alone" in made and "sum\tpositive\t" in made and "word\tmooi\t2.5" in made, "the lexicon")


def progress_is_shown_on_a_terminal():
    with Desk() as desk:
        desk.tsv("posts.tsv", posts(300, 11))
        main, other = pty.openpty()
        done = subprocess.Popen([EARSHOT, "train", "--data", "posts.tsv"], stdout=subprocess.PIPE, stderr=other, cwd=desk.folder.name)
        os.close(other)
        done.stdout.read()
        same(done.wait(60), 0, "exit code")
        shown = os.read(main, 65536).decode()
        os.close(main)
        need("cross-validating" in shown and "%" in shown and "\n" not in shown, f"on a terminal: {shown[:200]!r}")


if __name__ == "__main__":
    run_tests([the_same_posts_and_seed_give_the_same_lexicon, the_card_says_what_was_done, all_formats_say_the_same,
               what_is_left_out_is_counted_with_its_lines, adapting_learns_the_brand_and_forgets_nothing, a_whole_lexicon_takes_the_place_of_ours,
               proposals_are_accepted_by_check_and_help, mistakes_are_told, files_written_in_another_way_are_told_as_what_they_are,
               few_posts_and_labels_without_posts_are_told, what_somebody_wrote_is_not_written_over, what_is_interrupted_leaves_nothing_behind, without_posts_the_signs_are_taken_over, progress_is_shown_on_a_terminal])
