#!/usr/bin/env python3
"""What the documents show works as it is printed: commands, rules, mappings, bodies."""
import glob
import json
import os
import re
import shlex
import subprocess

from lib import EARSHOT, ROOT, House, need, post, run_tests, same, wait_for

DOCS = [os.path.join(ROOT, "README.md"), *sorted(glob.glob(os.path.join(ROOT, "docs", "*.md")))]
CONFIG = """store: {path: var/earshot.db}
server: {listen: "off"}
rules: rules
templates: templates
timezone: Europe/Berlin
offers: {ten-percent: {codes: codes.csv}}
channels:
  email: {type: file, dir: out, endpoint: email}
alerts: {queues: {support: {notify: ["log:"]}}}
"""
RULES = """brand acme "Acme"
  called "acme", "#acme"
end

segment loyal "Loyal fans"
  when customer.plan is "gold"
end

segment staff "Our own people" imported
end

rule angry-influencer "Angry"
  when sentiment is below -0.4
  then alert "support" as high
end

rule make-it-right "A concession to an unhappy customer"
  when all of
    brand is acme
    sentiment is below -0.4
    customer allows email
  end
  happening 2 times within 7 days per customer
  then
    send "we-are-sorry" by email to customer with offer ten-percent
    set customer "care_priority" to "high"
  end
end

rule late-parcel "A parcel is late"
  when text contains "late"
  then alert "support" as high
end
"""
CUSTOMERS = """ChannelType,Address,Id,OptOut,User.UserId,User.UserAttributes.plan,User.UserAttributes.SocialHandle
EMAIL,ann@mail.example,e1,NONE,u-1001,gold,@ann@social.example
"""
MAPPED = """Customer no.,E-mail,First name,Interests,Customer since,Turnover,Newsletter,Newsletter since,VIP
u-7,bo@mail.example,Bo,tea;coffee,21.11.2024,"1.234,50",yes,01.02.2025,no
"""

# What a document names and this house calls otherwise.
NAMES = {"/etc/earshot/earshot.yaml": "earshot.yaml", "corpora/demo/earshot.yaml": "earshot.yaml", "/backup/earshot-$(date": "copy.db", "+%F).db": "",
         "POST-ID": "https://social.example/posts/7", "https://social.example/users/someone/statuses/7": "https://social.example/posts/7",
         "https://social.example/posts/8": "https://social.example/posts/7", "@someone@social.example": "@a7@social.example"}
# Not run: the daemon itself, what needs it to be stopped, what is a choice and no command.
LEFT_OUT = ("run", "restore", "bench", "train")
# Ended with 1 when there is nothing to decide on; the command is right all the same.
MAY_FIND_NOTHING = ("people accept", "people dismiss", "people unlink", "plan", "alerts", "outbox", "why")


def commands(path):
    """(line number, words) of each command that stands in a block."""
    is_fenced = False
    for number, line in enumerate(open(path, encoding="utf-8").read().splitlines(), 1):
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced or line.startswith("    "):
            found = re.match(r"(?:\$ )?(?:build/)?earshot ([a-z][^#|]*?)(?:   +\S.*)?(?: *#.*)?$", line.strip())
            if found and "..." not in found[1]:
                yield number, shlex.split(found[1])


def blocks(path, first_line):
    """(line number, text) of each block, fenced or indented, whose first line begins so."""
    found, kept, begins, fence = [], [], 0, False
    for number, line in enumerate([*open(path, encoding="utf-8").read().splitlines(), "the end"], 1):
        if fence or line.startswith("    ") or (not line and kept):
            if fence and line.startswith("```"):
                fence = False
            else:
                begins = begins if kept else number
                kept.append(line if fence else line[4:])
                continue
        elif line.startswith("```"):
            fence = True
        if kept:
            found.append((begins, "\n".join(kept) + "\n"))
        kept = []
    return [(at, text) for at, text in found if re.match(first_line, text)]


class Documented(House):
    def __init__(self):
        super().__init__("docs")
        self.write("earshot.yaml", CONFIG)
        self.write("rules/acme.rules", RULES)
        self.write("codes.csv", "code\n" + "".join(f"C{n}\n" for n in range(9)))
        self.template("we-are-sorry", "service", subject="Sorry", text="Sorry\n")
        self.write("customers.csv", CUSTOMERS)
        self.write("people.csv", MAPPED)
        self.write("draft.rules", 'segment fans "Fans"\n  when customer.plan is "gold"\nend\n')
        self.write("staff.csv", "u-1001\n")
        self.write("mentions.csv", "timestamp,count\n" + "".join(f"2026-11-{1 + n // 24:02d} {n % 24:02d}:00:00,{n % 7}\n" for n in range(48)))
        self.write("pairs.csv", "A_follower_count,B_follower_count\n100,2000\n")
        _, mapping = blocks(os.path.join(ROOT, "docs", "import.md"), r"columns:")[0]
        self.write("people.yaml", mapping)
        self.write("march.ndjson", json.dumps(post(1, "Acme is late")) + "\n")
        self.write("proposal.tsv", "delayed\ten\t-1.5\n")
        self.write("customers.ndjson", '{"id":"u-1001"}\n')

    def __enter__(self):
        self.start()
        self.verb("import", "customers.csv", code=0)
        same(self.call("POST", "/api/v1/posts", post(7, "Acme lost my parcel again, this is terrible"))[0], 201, "a post")
        return self

    def __exit__(self, *_):
        self.close()


def every_command_of_the_documents_is_one():
    seen = 0
    with Documented() as house:
        for path in DOCS:
            for number, words in commands(path):
                words = [NAMES.get(w, w) for w in words if NAMES.get(w, w) != ""]
                if words[0] in LEFT_OUT:
                    continue
                if words[:2] == ["export", "--person"] or words[0] == "backup":
                    words[-1] = f"made-{seen}"
                seen += 1
                text = "u-1001\n" if words[0] == "erase" else 'Worst coffee ever :('
                done = subprocess.run([EARSHOT, words[0], "-c", house.config, *[w for w in words[1:] if w not in ("-c", "earshot.yaml")]], input=text,
                                      capture_output=True, text=True, cwd=house.dir, timeout=120)
                about = " ".join(words)
                fine = (0, 1) if about.startswith(MAY_FIND_NOTHING) else (0,)
                if words[0] == "erase" and "--dry-run" not in words:
                    fine = (0, 1, 2)  # it asks on a terminal
                need(done.returncode in fine, f"{os.path.relpath(path, ROOT)}:{number}: earshot {about}: {done.returncode}\n{done.stdout}{done.stderr}")
    need(seen >= 50, f"only {seen} commands found: the documents are written otherwise now")


def commands_named_in_passing_exist():
    seen, usages = 0, {}
    for path in DOCS:
        for found in re.finditer(r"`earshot ([a-z]+)((?: [a-z|-]+)*)[^`\n]*`", open(path, encoding="utf-8").read()):
            verb, words = found[1], found[2].split()
            if verb not in usages:
                usages[verb] = subprocess.run([EARSHOT, verb, "-h"], capture_output=True, text=True, timeout=60)
            usage = usages[verb]
            same(usage.returncode, 0, f"{path}: earshot {verb} -h")
            first_line = usage.stdout.splitlines()[0]
            for word in words[0].split("|") if words and "[" in first_line and verb in ("people", "rules", "outbox", "alerts", "segments") else []:
                need(re.search(rf"(\W){re.escape(word)}\b", usage.stdout), f"{os.path.relpath(path, ROOT)}: {found[0]}: no such word in\n{first_line}")
            for option in (w for w in words if w.startswith("--")):
                need(option in usage.stdout, f"{os.path.relpath(path, ROOT)}: {found[0]}: no such option")
            seen += 1
    need(seen >= 40, f"only {seen} found")


def every_rule_segment_and_watch_that_is_shown_can_be_read():
    seen = 0
    house = House("docs-rules")
    try:
        house.write("check/nothing.yaml", "")
        for path in DOCS:
            if path.endswith("diagnostics.md"):  # there are mistakes in it, on purpose
                continue
            for number, block in blocks(path, r"(?:brand|list|segment|rule|watch) [a-z-]+ \""):
                seen += 1
                more = ""
                for brand in set(re.findall(r"brand is (?:one of )?([a-z-]+)", block)):
                    more += "" if f"brand {brand} " in block else f'brand {brand} "{brand}"\n  called "{brand}"\nend\n'
                for wanted in set(re.findall(r"in segment ([a-z-]+)", block)):
                    more += "" if f"segment {wanted} " in block else f'segment {wanted} "{wanted}" imported\nend\n'
                for wanted in set(re.findall(r"\blist ([a-z-]+)$", block, re.M)):
                    more += "" if f"list {wanted} " in block else f'list {wanted} "{wanted}"\n  "x"\nend\n'
                file = house.write("check/shown.rules", block + more)
                done = subprocess.run([EARSHOT, "check", file], capture_output=True, text=True, cwd=house.path("check"), timeout=60)
                same(done.returncode, 0, f"{os.path.relpath(path, ROOT)}:{number}\n{done.stderr}")
    finally:
        house.close()
    need(seen >= 20, f"only {seen} blocks found")


def the_bodies_of_events_and_customers_are_taken():
    with Documented() as house:
        text = open(os.path.join(ROOT, "docs", "events.md"), encoding="utf-8").read()
        body = re.search(r"/api/v1/events -d '(.*?)'", text, re.S)[1]
        status, answer = house.call("POST", "/api/v1/events", body, {"Content-Type": "application/json"})
        same((status, answer["stored"]), (201, 1), "the event of the document")
        need("order cancelled" in house.verb("people", "events", "u-1001", code=0).stdout, "it is listed")
        _, line = blocks(os.path.join(ROOT, "docs", "import.md"), r'\{"id":"u-1"')[0]
        for name, value in {"timezone": "Europe/Berlin", "locale": "de_DE", "country": "DE", "author_id": "https://social.example/users/ann",
                            "unlinked_at": "2025-02-01T00:00:00Z"}.items():
            line = line.replace(f'"{name}":"..."', f'"{name}":"{value}"')
        house.write("own.jsonl", line.replace("\n", "").replace('"..."', '"x"') + "\n")
        done = house.verb("import", "own.jsonl", code=0)
        need("u-1" in house.verb("people", "show", "u-1", code=0).stdout, done.stdout + done.stderr)


if __name__ == "__main__":
    run_tests([every_command_of_the_documents_is_one, commands_named_in_passing_exist, every_rule_segment_and_watch_that_is_shown_can_be_read,
               the_bodies_of_events_and_customers_are_taken])
