#!/usr/bin/env python3
"""earshot score as a marketer uses it: explanations to be read, words as arguments, what it needs of a configuration."""
import json
import os
import pty
import subprocess

from lib import EARSHOT, House, need, run_tests, same

WORDS = "# ours\nsick\ten\t3\nghost bean\ten\t-2.5\n"


def score(*words, text=None, cwd="/", code=0):
    done = subprocess.run([EARSHOT, "score", *words], input=text, capture_output=True, text=True, timeout=60, cwd=cwd,
                          env={k: v for k, v in os.environ.items() if k != "EARSHOT_CONFIG"})
    same(done.returncode, code, f"earshot score {words}: {done.stdout[-300:]}{done.stderr[-500:]}")
    return done


def on_a_terminal(*words):
    main, other = pty.openpty()
    done = subprocess.Popen([EARSHOT, "score", *words], stdin=subprocess.DEVNULL, stdout=other, cwd="/")
    os.close(other)
    shown = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    same(done.wait(60), 0, f"on a terminal: {words}")
    os.close(main)
    return shown.decode().replace("\r\n", "\n")


def reasons(shown):
    """(effect, the rest) of the lines behind "because"."""
    lines = shown.split("because ")[1].split("together ")[0].splitlines()[1:]
    return [(float(line.split(None, 1)[0]), line.split(None, 1)[1]) for line in lines]


def lines_add_up(shown):
    lines = reasons(shown)
    together = float(shown.split("together  ")[-1].split(":")[0])
    need(abs(sum(effect for effect, _ in lines) - together) < 0.0051 * (len(lines) + 1), f"the lines are not {together} together:\n{shown}")


def an_explanation_is_read_on_a_terminal_and_parsed_in_a_pipe():
    said = "The staff was not very helpful, but I love the coffee!"
    shown = on_a_terminal("--explain", said)
    for words in [f"text      {said}", "language  en", "label     ", "%", "lexicon   en-", "shipped", "intents   ", "negated by 'not', boosted by 'very'",
                  "where every post in this language begins", "its exclamation marks", "together "]:
        need(words in shown, f"'{words}' is not in:\n{shown}")
    told = json.loads(score("--explain", said).stdout)
    same(json.loads(on_a_terminal("--explain", "--json", said)), told, "--json on a terminal")
    same(json.loads(score("--explain", "--text", text=said + "\n").stdout), told, "from standard input")
    same(score("--readable", said).stdout, shown, "--readable in a pipe")
    need(json.loads(on_a_terminal(said))["sentiment"] == told["sentiment"], "without --explain it is JSON everywhere")
    same(score("--readable", "--json", said, code=2).stdout, "", "both forms")
    effects = [effect for effect, _ in reasons(shown)]
    same(effects, sorted(effects, key=lambda e: -abs(e)), "the heaviest first")
    same(len(effects), len(told["reasons"]), "a line for each")
    need(abs(sum(r["effect"] for r in told["reasons"]) - float(shown.split("together")[1].split(":")[0])) < 0.006, f"the sum: {shown}")


def it_says_which_file_a_brands_word_is_from():
    house = House("score")
    try:
        house.write("earshot.yaml", "vocabulary: lexicon.d\nstore: {path: var/earshot.db}\n")
        house.write("lexicon.d/acme.tsv", WORDS)
        shown = house.verb("score", "--readable", "this ghost bean is SICK", code=0).stdout
        found = {rest.split("  (")[0]: rest for _, rest in reasons(shown)}
        need("lexicon.d/acme.tsv line 2: +3.00" in found["SICK"] and "lexicon.d/acme.tsv line 3: -2.50" in found["ghost bean"], shown)
        need("lexicon   en-" in shown and ", shipped, with" in shown, shown)
        lines_add_up(shown)
        need("with the brand's own words over it" in shown and "the brand's own words " in shown.split("together")[1], shown)
    finally:
        house.close()


def many_posts_and_odd_ones_are_explained():
    lines = ['{"id":"p1","text":"I love it\\nand so"}', "", "nope", '{"id":"p\\u001b[2J","text":"a\\u001b[2Jb \\u202e c"}',
             json.dumps({"text": "good bad " * 2000}), '{"text":""}', json.dumps({"text": "هذا المنتج سيء جدا ولا أنصح به أحدا"})]
    shown = score("--readable", text="\n".join(lines) + "\n", code=1).stdout
    blocks = shown.rstrip("\n").split("\n\n")
    same(len(blocks), len(lines), f"blocks:\n{shown}")
    need(blocks[0].startswith("post      p1\ntext      I love it and so\n"), blocks[0])
    need("line 2: the line is empty" in blocks[1] and "line 3: " in blocks[2] and "plain text need --text" in blocks[2], shown)
    need("\x1b" not in shown and "\u202e" not in shown, "what moves a terminal's cursor")
    need("smaller ones together" in blocks[4] and len(blocks[4].splitlines()) < 60, f"a long one has {len(blocks[4].splitlines())} lines")
    need(blocks[4].splitlines()[0].endswith(" ..."), "it is cut, and says so")
    lines_add_up(blocks[4])
    need("no word or sign in it says anything" in blocks[5] and "not recognised" in blocks[5], blocks[5])
    need("label     neutral, not sure: there is no lexicon for this language" in blocks[6], blocks[6])


def an_id_stays_with_what_is_wrong_with_its_post():
    lines = ['{"id":12,"text":5}', '{"id":1.50,"text":"good"}', '{"id":"z"}', '{"id":{"a":[null]},"text":null}', '{"id":null,"text":"good"}', '{"text":7}', "[1]"]
    text = "\n".join(lines) + "\n"
    told = [json.loads(line) for line in score(text=text, code=1).stdout.splitlines()]
    same([t.get("id", "none") for t in told], [12, 1.5, "z", {"a": [None]}, None, "none", "none"], "ids")
    same(["error" in t for t in told], [True, False, True, True, False, True, True], "errors")
    blocks = score("--readable", text=text, code=1).stdout.split("\n\n")
    same([block.split("\n")[0] for block in blocks],
         ["post      12", "post      1.5", "post      z", 'line 4: "text" is null, expected a string', "text      good",
          'line 6: "text" is a number, expected a string', 'line 7: expected an object with "text", got a list'], "to be read")


def an_error_names_its_file_among_several():
    house = House("files")
    try:
        good, bad = house.write("good.ndjson", '{"text":"good"}\n'), house.write("bad\x1b.ndjson", "\nnope\n")
        told = [json.loads(line) for line in score(good, bad, good, code=1).stdout.splitlines()]
        same([(t.get("file"), t.get("line")) for t in told], [(None, None), (bad, 1), (bad, 2), (None, None)], "as JSON")
        shown = score("--readable", good, bad, code=1).stdout
        need(f"{bad.replace(chr(27), '?')} line 1: the line is empty" in shown.replace("\\x1b", "?").replace("\ufffd", "?"), shown)
        need("\x1b" not in shown, "what moves a terminal's cursor")
        need("file" not in json.loads(score(bad, code=1).stdout.splitlines()[0]), "of one file its name is known")
        need("file" not in json.loads(score("-", text="nope\n", code=1).stdout), "standard input")
    finally:
        house.close()


def a_rating_borrowed_from_english_says_so():
    shown = score("--readable", "--lang", "de", "Das Essen gestern Abend war für uns alle gorgeous und wirklich schön").stdout
    found = {rest.split("  (")[0]: rest for _, rest in reasons(shown)}
    need("language  de" in shown and "(rated in English +" in found["gorgeous"], shown)
    need("rated in English" not in found["wirklich schön"], shown)
    need("in English" not in score("--readable", "This is awesome and I love it").stdout, "where English is its own")


def a_vocabulary_that_is_a_dangling_link_says_so():
    house = House("link")
    try:
        house.write("earshot.yaml", "vocabulary: lexicon.d\nstore: {path: var/earshot.db}\n")
        link = house.write("lexicon.d/acme.tsv", WORDS)
        os.unlink(link)
        os.symlink("gone.tsv", link)
        done = house.verb("score", "I love it", code=3)
        need("acme.tsv" in done.stderr and "a link to something that is not there" in done.stderr, done.stderr)
    finally:
        house.close()


def who_types_is_told_that_it_listens():
    main, other = pty.openpty()
    done = subprocess.Popen([EARSHOT, "score", "--text"], stdin=other, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")
    os.close(other)
    os.write(main, b"I love it\n\x04")
    out, err = done.communicate(timeout=60)
    os.close(main)
    same((json.loads(out)["sentiment"]["label"], "Ctrl-D" in err), ("positive", True), "at the keyboard")


def words_are_told_from_files():
    house = House("words")
    try:
        path = house.write("my posts.txt", "I hate it\n")
        same(json.loads(score("--text", path).stdout)["sentiment"]["label"], "negative", "a file with a space in its name")
        same(json.loads(score("I love it").stdout)["sentiment"]["label"], "positive", "words")
        same(json.loads(score("--text", "wonderful").stdout)["lexicon"], json.loads(score("--text", text="wonderful\n").stdout)["lexicon"], "one word")
        same(json.loads(score("one line,\ntwo lines: terrible").stdout)["sentiment"]["label"], "negative", "several lines are one post")
        same(json.loads(score(b"not \xff good").stdout)["sentiment"]["label"], "negative", "bytes that are no text")
        same(score("--readable", b"not \xff good").stdout.splitlines()[0], "text      not \ufffd good", "bytes that are no text")
        for word in ["Terrible.", "terrible...", ":("]:
            same(json.loads(score("--text", word).stdout)["sentiment"]["label"], "negative", f"'{word}' is no name of a file")
        for words in [["terrible"], ["--text", "no-such.txt"], ["--text", "no/such"], ["not", "good", "at", "all"]]:
            done = score(*words, code=3)
            need("there is no file" in done.stderr and "between quotes" in done.stderr, f"{words}: {done.stderr}")
        need("'.'" in score(".", code=3).stderr, "a folder")
        need("'xx' is not a language" in score("--lang", "xx", "a b", code=2).stderr, "no language")
        same([json.loads(score("--lang", lang, "--text", "terrible").stdout)["lang"] for lang in ("en", "fr", "en-GB")], ["en", "fr", "en"], "a hint")
    finally:
        house.close()


def of_a_configuration_only_the_lexicon_folder_is_needed():
    house = House("broken")
    try:
        house.write("earshot.yaml", "vocabulary: lexicon.d\nstore: {path: var/earshot.db}\nchannels:\n"
                    '  email: {type: email, server: "smtp://mail.example:587", user: a, password: "${EARSHOT_NO_SUCH}", from: a@acme.example}\n')
        house.write("lexicon.d/acme.tsv", WORDS)
        house.write("rules/acme.rules", 'brand acme "Acme"\n  called "acme"\nend\n')
        done = house.verb("score", "Acme is sick", code=0)
        told = json.loads(done.stdout)
        same((told["sentiment"]["label"], told["brands"], done.stderr), ("positive", ["Acme"], ""), "a secret that is not here")
        house.write("rules/broken.rules", "rule broken whenn\n")
        done = house.verb("score", "Acme is sick", code=0)
        told = json.loads(done.stdout)
        same((told["sentiment"]["label"], told["brands"]), ("positive", []), "a broken rule")
        need("no brands are looked for" in done.stderr and "earshot check" in done.stderr, done.stderr)
        house.write("lexicon.d/acme.tsv", "sick\ten\tvery\n")
        need("V004" in house.verb("score", "x y", code=1).stderr, "a broken vocabulary")
        house.write("earshot.yaml", "vocablary: lexicon.d\n")
        need("vocabulary" in house.verb("score", "x y", code=1).stderr, "a broken configuration")
    finally:
        house.close()


if __name__ == "__main__":
    run_tests([an_explanation_is_read_on_a_terminal_and_parsed_in_a_pipe, it_says_which_file_a_brands_word_is_from,
               many_posts_and_odd_ones_are_explained, an_id_stays_with_what_is_wrong_with_its_post, words_are_told_from_files, an_error_names_its_file_among_several,
               a_rating_borrowed_from_english_says_so, a_vocabulary_that_is_a_dangling_link_says_so, who_types_is_told_that_it_listens,
               of_a_configuration_only_the_lexicon_folder_is_needed])
