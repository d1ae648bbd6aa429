#!/usr/bin/env python3
"""The ten recipes of docs/recipes.md: each is checked as it stands there, and then lived through on a virtual clock: somebody gets what it
promises, and somebody else does not."""
import json
import os
import re
import subprocess

from lib import EARSHOT, House, ROOT, need, post, run_tests, same

CUSTOMERS = """ChannelType,Address,OptOut,Demographic.Timezone,User.UserId,User.UserAttributes.Tier,User.UserAttributes.SocialHandle
EMAIL,anna@mail.example,NONE,Europe/Berlin,anna,silver,@anna@social.example
PUSH,phone-anna,NONE,Europe/Berlin,anna,silver,@anna@social.example
EMAIL,ben@mail.example,NONE,America/New_York,ben,gold,@ben@social.example
PUSH,phone-ben,NONE,America/New_York,ben,gold,@ben@social.example
EMAIL,cleo@mail.example,ALL,Europe/Berlin,cleo,gold,@cleo@social.example
"""
LOVE = "I love the new flat white at Acme, thank you!"
WORST = "Worst coffee at Acme in years, cold and late again."
HELP = "The Acme app crashed and I was charged twice, can anyone help?"
LEAVE = "Cancelled my Acme plan, never again."

# A promotion, for what is paused meanwhile.
NEWS = """rule news "News"
  when all of
    text contains "tell me"
    customer allows email
  end
  then
    send "news" by email to customer
  end
end
"""


def manual(name="recipes.md"):
    with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as page:
        return page.read()


def recipes():
    """By its heading: (rules, [(template, purpose, parts)])."""
    found = {}
    for part in re.split(r"^## \d+\. ", manual(), flags=re.M)[1:]:
        title = part.splitlines()[0]
        blocks = re.findall(r"^```\n(brand .*?)^```$", part, re.M | re.S)
        same(len(blocks), 1, f"blocks of rules in '{title}'")
        needs = re.search(r"\*\*Needs:\*\*(.*?)\n\n", part, re.S).group(1)
        found[title] = (blocks[0], [(n, p, parts.split(", ")) for n, p, parts in re.findall(r"`([\w-]+)` \((\w+): ([\w, ]+)\)", needs)])
    return found


class Recipe(House):
    """A house with one recipe and just what it says it needs."""

    def __init__(self, *titles, more=""):
        super().__init__("recipe")
        rules = ""
        for title in titles:
            text, templates = recipes()[title]
            rules += text if not rules else re.sub(r"^brand .*?^end\n", "", text, flags=re.M | re.S)
            for name, purpose, parts in templates:
                self.template(name, purpose, **{part: f"{name}\n" for part in parts})
        self.write("rules/recipe.rules", rules)
        if more:
            self.write("rules/more.rules", more)
            self.template("news", "marketing", subject="News", text="News\n")
        self.write("customers.csv", CUSTOMERS)
        self.write("codes.csv", "code\n" + "".join(f"CODE-{n}\n" for n in range(100)))
        queues = "".join(f"    {name}: {{notify: ['log:']}}\n" for name in dict.fromkeys(re.findall(r'alert "([^"]+)"', rules)))
        offers = "".join(f"  {name}: {{codes: codes.csv, cost: 100}}\n" for name in dict.fromkeys(re.findall(r"with offer (\S+)", rules)))
        self.write("earshot.yaml", f"""
store: {{path: var/earshot.db}}
server: {{listen: "off"}}
timezone: Europe/Berlin
customers: {{import: customers.csv}}
limits: {{currency: EUR}}
reply_channel: social
channels:
  email: {{type: file, dir: out/email, endpoint: email}}
  push: {{type: file, dir: out/push, endpoint: push}}
  social: {{type: file, dir: out/social, endpoint: none}}
""" + (f"alerts:\n  queues:\n{queues}" if queues else "") + (f"offers:\n{offers}" if offers else ""))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def live(self, *posts, customers=CUSTOMERS):
        """Everything that is decided about the posts, as (rule, the post's number, what, outcome), and by those keys the rows."""
        self.write("replayed.csv", customers)
        lines = "".join(json.dumps(p) + "\n" for p in posts)
        done = self.verb("replay", "--posts", "-", "--customers", "replayed.csv", "--all", text=lines, code=0)
        need("rejected" not in done.stderr, done.stderr)
        self.rows = [json.loads(line) for line in done.stdout.splitlines()]
        return [(r["rule_id"], r["occurrence_id"].rsplit("/", 1)[-1], r["action"].split(" ")[0], r["outcome"]) for r in self.rows]


def by(who, number, text, at, **more):
    """A post; `at` is "DAY HOUR:MINUTE" of December 2026, by UTC."""
    day, clock = at.split(" ")
    made = post(number, text, created_at=f"2026-12-{int(day):02d}T{clock}:00Z", **more)
    made["author"].update({"id": f"https://social.example/users/{who}", "handle": f"@{who}@social.example", "bot": False})
    return made


def happened(found):
    """Without what was only counted, waited or was held."""
    return [f for f in found if f[3] not in ("counted", "waiting", "held")]


def note(house, number, rule, outcome):
    found = [r["note"] for r in house.rows if (r["occurrence_id"].rsplit("/", 1)[-1], r["rule_id"], r["outcome"]) == (str(number), rule, outcome)]
    same(len(found), 1, f"{outcome} of {rule} for {number}")
    return found[0]


def every_recipe_is_fine_as_it_stands_in_the_manual():
    titles = list(recipes())
    same(len(titles), 10, "recipes")
    for title in titles:
        with Recipe(title) as house:
            done = house.verb("check", code=0)
            need(", 0 warnings" in done.stdout and not done.stderr, f"{title}: {done.stdout}{done.stderr}")
            house.verb("rules", "fmt", "--check", "rules/recipe.rules", code=0)
            text, templates = recipes()[title]
            need("  fires on " in text and "  does not fire on " in text, f"'{title}' has examples of both kinds")
            named = sorted(set(re.findall(r'(?:send|draft reply) "([^"]+)"', text)))
            same(named, sorted(t[0] for t in templates), f"templates '{title}' says it needs")
            offers = re.findall(r"\*\*Needs:\*\*[^*]*?offer `([\w-]+)`", manual().split(f". {title}\n")[1].split("\n## ")[0], re.S)
            same(sorted(set(re.findall(r"with offer (\S+)", text))), offers, f"offers '{title}' says it needs")


def all_ten_can_live_together():
    with Recipe(*recipes()) as house:
        done = house.verb("check", code=0)
        need(", 0 warnings" in done.stdout and not done.stderr, f"{done.stdout}{done.stderr}")


def what_the_manual_shows_does_what_its_examples_say():
    blocks = re.findall(r"^```\n((?:brand|rule|watch) .*?)^```$", manual("rules.md"), re.M | re.S)
    need(len(blocks) >= 6, f"{len(blocks)} blocks")
    with Recipe("Launch day") as house:
        house.write("manual.rules", "\n".join(blocks))
        bare = house.path("bare")
        os.mkdir(bare)
        done = subprocess.run([EARSHOT, "check", house.path("manual.rules")], cwd=bare, capture_output=True, text=True, timeout=60,
                              env={k: v for k, v in os.environ.items() if k != "EARSHOT_CONFIG"})
        same((done.returncode, done.stderr), (0, ""), "a check without a configuration")


def an_example_that_does_not_hold_is_seen():
    with Recipe("Launch day") as house:
        wrong = recipes()["Launch day"][0].replace('does not fire on "Queueing since six for Acme"', 'fires on "Queueing since six for Acme"')
        house.write("rules/recipe.rules", wrong)
        need("R121" in house.verb("check", code=1).stderr, "the wrong example is told")


def influencers_and_friends_are_thanked_once_a_month():
    tiny = {"id": "https://kaffee.example/users/t", "handle": "@tinyroaster@kaffee.example", "followers": 40, "bot": False}
    with Recipe("Care for influencers") as house:
        found = house.live(
            by("grind", 1, LOVE, "1 09:00", followers=250000), by("small", 2, LOVE, "1 09:01", followers=300),
            dict(by("tiny", 3, LOVE, "1 09:02"), author=tiny),
            by("grind", 4, LOVE, "20 09:00", followers=250000), by("grind", 5, WORST, "21 09:00", followers=250000),
            by("unknown", 6, LOVE, "21 09:01", followers=None), by("grind", 7, LOVE, "31 09:01", followers=250000))
        same(happened(found), [("care-influencers", n, *what) for n in "137" for what in (("tag", "done"), ("draft", "drafted"))], "thanked")
        need("30 days" in note_of(house, 4), "the second praise rests")


def note_of(house, number):
    return " ".join(r["note"] for r in house.rows if r["occurrence_id"].endswith(f"/{number}"))


def the_launch_offer_goes_once_to_customers_in_its_days_and_not_at_night():
    tag = "Queueing since six for #acmelaunch"
    with Recipe("Launch day") as house:
        found = house.live(
            by("anna", 1, tag, "1 07:59"), by("anna", 2, tag, "1 08:00"), by("anna", 3, tag, "2 08:00"), by("cleo", 4, tag, "2 08:01"),
            by("stranger", 5, tag, "2 08:02"), by("ben", 6, tag, "2 08:03"), by("ben", 7, tag, "3 17:00"))
        same(happened(found), [("launch-day", "2", "send", "queued"), ("launch-day", "6", "send", "queued")], "offers")
        need("waits until 2026-12-02T13:00:00Z" in note(house, 6, "launch-day", "queued"), "it is the small hours in New York")
        need("in total per customer" in note_of(house, 3), note_of(house, 3))
        same([f for f in found if f[1] in ("1", "7")], [], "before and after the launch")


def the_offers_of_launch_day_come_to_an_end():
    tag = "Queueing since six for #acmelaunch"
    many = CUSTOMERS.splitlines()[0] + "\n" + "".join(f"PUSH,p{n},NONE,Europe/Berlin,m{n},x,@m{n}@social.example\n" for n in range(501))
    with Recipe("Launch day") as house:
        found = house.live(*[by(f"m{n}", n, tag, f"1 {9 + n // 60:02d}:{n % 60:02d}") for n in range(501)], customers=many)
        same([f[3] for f in found].count("queued"), 500, "offers")
        same(found[-1], ("launch-day", "500", "send", "held"), "the last one")


def support_hears_of_each_and_nobody_is_left_waiting():
    own = {"id": "https://social.acme.example/users/acme", "handle": "@acmecoffee@social.acme.example"}
    with Recipe("Help before they ask") as house:
        found = house.live(
            by("anna", 1, HELP, "1 09:00"), by("stranger", 2, HELP, "1 09:01"), by("helped", 3, HELP, "1 09:02"),
            dict(by("x", 4, "Try again, please", "1 09:30", reply_to="https://social.example/posts/3"), author=own),
            dict(by("mira", 5, HELP, "1 09:31"), author={"id": "https://social.acme.example/users/m", "handle": "@mira@social.acme.example"}),
            by("anna", 6, HELP, "1 12:00"), by("anna", 7, HELP, "2 09:01"))
        same(happened(found), [
            ("support-alert", "1", "alert", "alerted"), ("support-mail", "1", "send", "queued"), ("support-alert", "2", "alert", "alerted"),
            ("support-alert", "3", "alert", "alerted"), ("still-waiting", "1", "alert", "alerted"), ("still-waiting", "2", "alert", "alerted"),
            ("support-alert", "6", "alert", "alerted"), ("still-waiting", "6", "alert", "alerted"),
            ("support-alert", "7", "alert", "alerted"), ("support-mail", "7", "send", "queued"), ("still-waiting", "7", "alert", "alerted")],
             "what happened; the mail was no answer")
        same([r["at"] for r in house.rows if r["rule_id"] == "still-waiting" and r["outcome"] == "alerted"],
             ["2026-12-01T11:00:00Z", "2026-12-01T11:01:00Z", "2026-12-01T14:00:00Z", "2026-12-02T11:01:00Z"], "two hours later")
        need("answered at 2026-12-01T09:30:00Z" in note(house, 3, "still-waiting", "held"), "the brand answered")


def the_second_complaint_of_a_week_is_made_right_in_the_morning():
    with Recipe("Make it right") as house:
        found = house.live(
            by("anna", 1, WORST, "1 08:00"), by("ben", 2, WORST, "1 22:00"), by("anna", 3, WORST, "2 22:00"), by("cleo", 4, WORST, "3 08:00"),
            by("cleo", 5, WORST, "3 09:00"), by("anna", 6, WORST, "5 09:00"), by("ben", 7, WORST, "9 22:00"), by("anna", 8, WORST, "20 09:00"))
        same(happened(found), [("make-it-right", "3", "send", "queued"), ("make-it-right", "3", "set", "done"),
                               ("still-unhappy", "6", "alert", "alerted")], "what happened")
        need("waits until 2026-12-03T07:00:00Z" in note(house, 3, "make-it-right", "queued"), "eight o'clock in Berlin")
        same(note(house, 7, "make-it-right", "counted"), "1 of 2 within 7 days per customer", "eight days later")


def what_the_month_has_no_money_for_is_not_sent():
    many = CUSTOMERS.splitlines()[0] + "\n" + "".join(f"EMAIL,m{n}@mail.example,NONE,Europe/Berlin,m{n},x,@m{n}@social.example\n" for n in range(4))
    with Recipe("Make it right") as house:
        found = house.live(*[by(f"m{n % 4}", n, WORST, f"1 09:{n:02d}") for n in range(12)], customers=many)
        sent = [f for f in found if f[2] == "send"]
        same([f[3] for f in sent if f[1] in "4567"], ["queued", "queued", "queued", "suppressed"], "three times 100")
        need("300" in note_of(house, 7), note_of(house, 7))
        same([f[3] for f in sent if f[1] == "11"], ["suppressed"], "no rest has begun: the next month has money again")
        same([f[3] for f in sent if f[1] == "8"], ["held"], "who got theirs rests")


def who_leaves_is_asked_to_stay_unless_they_come_back_by_themselves():
    names = [f"m{n}" for n in range(40)]
    many = CUSTOMERS.splitlines()[0] + "\n" + "".join(f"EMAIL,{n}@mail.example,NONE,Europe/Berlin,{n},x,@{n}@social.example\n" for n in names)
    posts = [by(n, k, LEAVE, f"3 19:{k:02d}") for k, n in enumerate(names)]
    posts += [by(n, 50 + k, LOVE, f"4 08:{k:02d}") for k, n in enumerate(names[:10])] + [by("stranger", 80, LEAVE, "4 09:00")]
    posts += [by(n, 100 + k, LOVE, f"10 09:{k:02d}") for k, n in enumerate(names)]
    posts += [by(n, 150 + k, LEAVE, f"20 09:{k:02d}") for k, n in enumerate(names)]
    with Recipe("Win-back") as house:
        found = house.live(*posts, customers=many)
        asked = [f[1] for f in happened(found) if f[:1] + f[2:] == ("win-back", "send", "queued") and int(f[1]) < 50]
        need(5 <= len(asked) <= 25, f"about half of thirty were asked: {asked}")
        need(all(int(n) >= 10 for n in asked), f"nobody who came back by themselves: {asked}")
        need("waits until 2026-12-07T08:00:00Z" in note(house, asked[0], "win-back", "queued"), "from Friday evening to Monday")
        same([f[1] for f in happened(found) if f[0] == "won-back"], [str(100 + int(n)) for n in asked], "and came back")
        again = [f[1] for f in happened(found) if f[0] == "win-back" and int(f[1]) >= 150]
        need(not set(int(n) for n in again) & set(150 + int(n) for n in asked), f"nobody is asked twice: {again}")


def questions_first_and_praise_afterwards_and_a_launch_that_goes_badly():
    ask, praise = "Where can I buy the new Acme Nightshift?", "Acme Nightshift is delicious, best cold brew I have had!"
    bad = "Nightshift is awful, I hate it"
    with Recipe("Product launch", more=NEWS) as house:
        posts = [by("fan", 1, ask, "2 09:00"), by("fan", 2, ask, "3 09:00"), by("fan", 3, praise, "6 09:00"), by("other", 4, praise, "6 09:01")]
        posts += [by("angry", 10 + n, bad, f"8 09:{n:02d}") for n in range(15)]  # one person is no crowd
        posts += [by(f"c{n}", 30 + n, bad, f"10 09:{n:02d}") for n in range(12)]
        posts += [by("anna", 50, "tell me more", "10 09:30"), by("anna", 51, "tell me more", "10 12:30")]
        found = house.live(*posts)
        same([f for f in happened(found) if f[0] not in ("launch-trouble", "news")],
             [("launch-questions", "1", "draft", "drafted"), ("launch-fans", "3", "tag", "done")], "people")
        same([(r["at"], r["outcome"]) for r in house.rows if r["rule_id"] == "launch-trouble"],
             [("2026-12-10T09:09:00Z", "alerted"), ("2026-12-10T09:09:00Z", "done")], "the crowd")
        same([f[3] for f in found if f[0] == "news"], ["suppressed", "queued"], "promotions while it lasts and afterwards")


def an_outage_pauses_promotions_and_tells_customers_once():
    down = "The Acme app is down, can't log in"
    with Recipe("Outage", more=NEWS) as house:
        posts = [by(f"q{n}", n, "A quiet flat white at Acme", f"1 {7 + n // 12:02d}:{n % 12 * 5:02d}") for n in range(36)]
        posts += [by(f"d{n}", 100 + n, down, f"1 10:{10 + n // 2:02d}") for n in range(20)]
        posts += [by("anna", 130, down, "1 10:20"), by("anna", 131, down, "1 10:21"), by("cleo", 132, down, "1 10:22")]
        posts += [by("ben", 133, "tell me more", "1 10:25"), by("ben", 134, "tell me more", "1 11:30")]
        found = house.live(*posts)
        same([f[2:] for f in found if f[0] == "outage"], [("alert", "alerted"), ("pause", "done")], "one crowd, one alert")
        same([f[1:] for f in happened(found) if f[0] == "outage-mail"], [("130", "send", "queued")], "told once")
        same([f[3] for f in found if f[0] == "news"], ["suppressed", "queued"], "promotions while it lasts and afterwards")


def a_wry_post_goes_to_a_person_and_praise_to_its_author_once():
    with Recipe("Sarcasm-safe") as house:
        found = house.live(
            by("anna", 1, LOVE, "1 09:00"), by("anna", 2, LOVE, "2 09:00"),
            by("ben", 3, "Oh great, the Acme app crashed again. Thanks a lot.", "2 09:01"), by("cleo", 4, LOVE, "2 09:02"),
            by("ben", 5, WORST, "2 09:03"))
        same(happened(found), [("kind-words", "1", "send", "drafted"), ("read-it-yourself", "3", "alert", "alerted")], "what happened")
        need("social team" in note(house, 1, "kind-words", "drafted"), note_of(house, 1))


def vips_are_written_to_in_working_hours_and_their_lead_hears_of_each():
    with Recipe("VIP care") as house:
        found = house.live(
            by("anna", 1, WORST, "1 09:00"), by("ben", 2, WORST, "1 15:00"), by("ben", 3, WORST, "1 16:00"), by("ben", 4, WORST, "3 07:00"))
        same([f for f in happened(found) if f[0] == "vip-trouble"],
             [("vip-trouble", "2", "alert", "alerted"), ("vip-trouble", "2", "send", "queued"), ("vip-trouble", "4", "alert", "alerted"),
              ("vip-trouble", "4", "send", "alerted")], "VIPs alone; at two at night an alert in place of the mail")
        same([(f[1], f[3]) for f in found if f[0] == "vip-waiting" and f[3] != "waiting"], [("2", "alerted"), ("3", "alerted"), ("4", "alerted")],
             "the lead hears of each that nobody answered: the mail was no answer")


def the_mail_for_a_vip_goes_before_any_other():
    with Recipe("VIP care", "Help before they ask") as house:
        found = house.live(by("ben", 1, HELP, "1 15:00"), by("anna", 2, HELP, "1 15:01"))
        same([f for f in found if f[2] == "send"],
             [("vip-trouble", "1", "send", "queued"), ("support-mail", "1", "send", "suppressed"), ("support-mail", "2", "send", "queued")],
             "mails")
        need("vip-trouble" in note(house, 1, "support-mail", "suppressed"), note_of(house, 1))


def nothing_is_sold_on_holidays_sundays_and_at_night_and_the_desk_says_so():
    many = CUSTOMERS + "".join(f"EMAIL,m{n}@mail.example,NONE,Europe/Berlin,m{n},x,@m{n}@social.example\n" for n in range(5))
    with Recipe("Holiday quiet") as house:
        found = house.live(
            by("m0", 1, LOVE, "4 10:00"), by("m1", 2, LOVE, "5 21:00"), by("m2", 3, LOVE, "22 10:00"), by("m3", 4, LOVE, "23 10:00"),
            by("m4", 5, HELP, "23 10:01"), by("m3", 6, LOVE, "24 10:00"), by("m4", 7, HELP, "24 10:01"), by("m4", 8, HELP, "25 10:01"),
            by("loud", 9, WORST, "25 10:02", followers=25000),
            by("m0", 10, LOVE, "29 10:00"), customers=many)
        same(happened(found), [("treat", "1", "send", "queued"), ("treat", "2", "send", "queued"), ("treat", "3", "send", "queued"),
                               ("holiday-desk", "7", "send", "queued"), ("holiday-duty", "9", "alert", "alerted")], "what happened")
        need("waits until 2026-12-07T08:00:00Z" in note(house, 2, "treat", "queued"), "from Saturday night over Sunday to Monday")
        need("60 days" in note(house, 10, "treat", "held"), "the rest")


def a_recipe_goes_live_as_the_manual_says():
    with Recipe("Help before they ask") as house:
        house.start()
        now = [post(n, WORST) for n in (1, 2)]
        for made in now:
            made["author"].update({"id": "https://social.example/users/anna", "handle": "@anna@social.example"})
        same(house.call("POST", "/api/v1/posts", now)[0], 201, "answer")
        text, templates = recipes()["Make it right"]
        house.write("rules/recipe.rules", text)
        for name, purpose, parts in templates:
            house.template(name, purpose, **{part: f"{name}\n" for part in parts})
        with open(house.config, "a", encoding="utf-8") as out:
            out.write("offers:\n  ten-percent: {codes: codes.csv, cost: 100}\n")
        house.stop()  # an offer is configuration
        house.start()
        house.verb("check", code=0)
        plan = house.verb("plan", code=1).stdout
        need("make-it-right" in plan and "support-alert" in plan, f"plan:\n{plan}")
        report = json.loads(house.verb("backtest", "--since", "1d", "--json", code=0).stdout)
        made = next(r for r in report["rules"] if r["id"] == "make-it-right")
        same((made["messages"], made["live"]["messages"]), (1, 0), "messages the draft would have sent")
        house.verb("apply", "--reason", "a concession", code=0)
        need("make-it-right" in house.verb("rules", code=0).stdout, "live")
        house.verb("rollback", "--reason", "not yet", code=0)
        need("make-it-right" not in house.verb("rules", code=0).stdout, "back")


if __name__ == "__main__":
    run_tests([every_recipe_is_fine_as_it_stands_in_the_manual, all_ten_can_live_together,
               what_the_manual_shows_does_what_its_examples_say, an_example_that_does_not_hold_is_seen,
               influencers_and_friends_are_thanked_once_a_month, the_launch_offer_goes_once_to_customers_in_its_days_and_not_at_night,
               the_offers_of_launch_day_come_to_an_end, support_hears_of_each_and_nobody_is_left_waiting,
               the_second_complaint_of_a_week_is_made_right_in_the_morning, what_the_month_has_no_money_for_is_not_sent,
               who_leaves_is_asked_to_stay_unless_they_come_back_by_themselves,
               questions_first_and_praise_afterwards_and_a_launch_that_goes_badly, an_outage_pauses_promotions_and_tells_customers_once,
               a_wry_post_goes_to_a_person_and_praise_to_its_author_once, vips_are_written_to_in_working_hours_and_their_lead_hears_of_each,
               the_mail_for_a_vip_goes_before_any_other, nothing_is_sold_on_holidays_sundays_and_at_night_and_the_desk_says_so,
               a_recipe_goes_live_as_the_manual_says])
