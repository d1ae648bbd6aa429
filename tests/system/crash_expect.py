"""What must have been decided about a file of posts, computed without any of the program's code.

The rules of test_crash.py, spelt out again: a few lines each, over plain dictionaries, in the order of the file.
"""

import datetime

CAP_PER_DAY = 3
TOTAL_OF_FIRST = 150
OFTEN_MS = 20 * 1000
WAIT_MS = 10 * 60 * 1000


def time_of(post):
    """Milliseconds."""
    return round(datetime.datetime.fromisoformat(post["created_at"].replace("Z", "+00:00")).timestamp() * 1000)


def words(text):
    return text.lower().split()


def expect(posts, customers, codes):
    """posts: dictionaries in order; customers: handle -> (id, takes_mail); codes: how many there are.

    Returns the set of decisions (rule, post, outcome), the messages (rule, post), customers with a code, alerts {author: posts}, answered posts.
    """
    decisions, messages, with_code, alerts = set(), set(), set(), {}
    cooled, total, today = set(), 0, {}
    lunches, answered = {}, set()
    answers = {p["reply_to"]: time_of(p) for p in posts if "reply_to" in p}

    def mail(rule, post, customer, takes_mail, needs_code):
        if not takes_mail:
            return "suppressed"
        if today.get(customer, 0) >= CAP_PER_DAY:
            return "suppressed"
        if needs_code and (customer in with_code or len(with_code) == codes):
            return "suppressed"
        if needs_code:
            with_code.add(customer)
        today[customer] = today.get(customer, 0) + 1
        messages.add((rule, post["id"]))
        return "queued"

    for post in posts:
        author = post["author"]["id"]
        customer, takes_mail = customers.get(post["author"]["handle"], (None, False))
        said = words(post["text"])
        if "lunch" in said:
            earlier = lunches.setdefault(author, [])
            earlier.append(time_of(post))
            count = sum(at > earlier[-1] - OFTEN_MS for at in earlier)
            decisions.add(("often", post["id"], "done" if count >= 2 else "counted"))
        if "broken" in said:
            decisions.add(("unanswered", post["id"], "waiting"))
            if time_of(post) <= answers.get(post["id"], 0) <= time_of(post) + WAIT_MS:
                answered.add(post["id"])
            else:
                decisions.add(("unanswered", post["id"], "done"))
        if "refund" in said:
            decisions.add(("help", post["id"], "alerted"))
            alerts.setdefault(author, []).append(post["id"])
        has_mail = False
        if "promo" in post.get("tags", []) and customer and customer not in cooled:
            outcome = mail("offer", post, customer, takes_mail, True)
            has_mail = outcome == "queued"
            if has_mail:  # who gets nothing can get it the next time
                cooled.add(customer)
            decisions.add(("offer", post["id"], outcome))
        if "hello" in said and post["author"]["followers"] >= 1000:
            decisions.add(("greet", post["id"],
                           mail("greet", post, customer, takes_mail, False) if customer and not has_mail else "suppressed"))
        if "first" in said and total < TOTAL_OF_FIRST:
            total += 1
            decisions.add(("early", post["id"], "done"))
    return decisions, messages, with_code, alerts, answered
