#!/usr/bin/env python3
"""Mail to real servers: aiosmtpd with scripted answers, and nodemailer's smtp-server with STARTTLS and a login."""
import email
import email.policy
import json
import os
import time

import peers
from lib import free_port, need, post, run_tests, same, wait_for
from peer_house import CUSTOMERS, PeerHouse, certificate


class Mailbox:
    """aiosmtpd on a free port.  refuse: answers to RCPT by address; drops: how many mails to hang up after."""

    def __init__(self, port=None):
        peers.use_aiosmtpd()
        from aiosmtpd.controller import Controller

        self.mails, self.refuse, self.drops, self.recipients = [], {}, 0, []
        self.port = port or free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.recipients.append(address)
        answers = self.refuse.get(address, [])
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((list(envelope.rcpt_tos), envelope.content))
        if self.drops > 0:
            self.drops -= 1
            server.transport.abort()
        return "250 2.0.0 taken"

    def message(self, number):
        return email.message_from_bytes(self.mails[number][1], policy=email.policy.default)

    def stop(self):
        self.controller.stop()


MAIL = """  mail: {type: email, server: "%s://127.0.0.1:%d", from: care@acme.example, from_name: Acme Café, reply_to: help@acme.example,
    retry_first: 100 ms, retry_max: 500 ms%s}
"""


class World:
    def __init__(self, name, more=", require_tls: no", port=None):
        self.house = PeerHouse(name)
        try:
            self.box = Mailbox(port)
        except BaseException:
            self.house.close()
            raise
        self.house.configure(MAIL % ("smtp", self.box.port, more))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.house.close()
        self.box.stop()


def a_message_can_be_read_by_a_mail_program():
    with World("smtp-good", ', require_tls: no, list_unsubscribe: ["https://acme.example/u?m={message}", "mailto:stop@acme.example"], one_click: yes') as w:
        w.house.start()
        w.house.send(post(1, "hello there", author=1))
        sent = w.house.wait_message(state="sent")
        same((sent["address"], sent["attempts"]), ("one@mail.example", 1), "message")
        same(len(w.box.mails), 1, "mails")
        same(w.box.mails[0][0], ["one@mail.example"], "recipients")
        mail = w.box.message(0)
        same(mail["Subject"], "Grüße, Jörg ☕", "subject")
        same(str(mail["From"].addresses[0]), "Acme Café <care@acme.example>", "from")
        same(mail["To"], "one@mail.example", "to")
        same(mail["Reply-To"], "help@acme.example", "answers")
        same(mail["Message-ID"], f"<{sent['id']}@acme.example>", "id")
        same(mail["Auto-Submitted"], "auto-generated", "auto-submitted")
        same(mail["List-Unsubscribe"], f"<https://acme.example/u?m={sent['id']}>, <mailto:stop@acme.example>", "unsubscribe")
        same(mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click", "one click")
        need(abs(mail["Date"].datetime.timestamp() - time.time()) < 60, f"date: {mail['Date']}")
        same(mail.get_content_type(), "multipart/alternative", "type")
        text, html = mail.iter_parts()
        same(text.get_content().splitlines(), ["Hello Jörg,", ".", "yours"], "text")
        same(html.get_content().splitlines(), ["<p>Hello <b>Jörg</b></p>"], "html")
        same([d for part in mail.walk() for d in part.defects], [], "defects")
        need(all(len(line) <= 998 for line in w.box.mails[0][1].split(b"\r\n")), "long lines")


def a_refused_recipient_is_not_written_to_again():
    with World("smtp-refused") as w:
        w.box.refuse = {"one@mail.example": ["550 5.1.1 no such user"], "two@mail.example": ["550 no such user"]}
        w.house.start()
        w.house.send(post(1, "hello there", author=1), post(2, "hello there", author=2))
        refused = [w.house.wait_message(state="rejected", address=a) for a in ("one@mail.example", "two@mail.example")]
        need("5.1.1" in refused[0]["reason"], f"reason: {refused[0]['reason']}")
        same(w.house.channel("mail")["stopped"], False, "the channel goes on")
        w.house.send(post(3, "hello again", author=1), post(4, "hello again", author=2), post(5, "hello", author=3))
        w.house.wait_message(state="sent", address="three@mail.example")
        same([w.house.outcomes(n) for n in (3, 4)], [[("hello", "suppressed")]] * 2, "decisions")
        need("inactive" in w.house.decisions(3)[0]["note"], f"note: {w.house.decisions(3)[0]['note']}")
        same(sorted(w.box.recipients), ["one@mail.example", "three@mail.example", "two@mail.example"], "recipients asked for")


def a_temporary_failure_is_tried_again_with_the_same_id():
    with World("smtp-later") as w:
        w.box.refuse = {"one@mail.example": ["451 4.3.0 try again later", "452 4.2.2 mailbox full"]}
        w.house.start()
        w.house.send(post(1, "hello there", author=1))
        sent = w.house.wait_message(state="sent")
        same(sent["attempts"], 3, "tries")
        same(len(w.box.mails), 1, "mails")
        same(w.box.message(0)["Message-ID"], f"<{sent['id']}@acme.example>", "id")
        same(w.box.message(0)["X-Earshot-Repeat"], None, "no repeat: it had not arrived")


def a_connection_that_drops_after_the_data_leaves_it_unknown_until_a_person_decides():
    with World("smtp-dropped") as w:
        w.box.drops = 1
        w.house.start()
        w.house.send(post(1, "hello there", author=1))
        lost = w.house.wait_message(state="unknown")
        time.sleep(1.5)
        w.house.send(post(2, "hello there", author=2))
        w.house.wait_message(state="sent", address="two@mail.example")
        same(len(w.box.mails), 2, "mails: one to each")
        same(w.house.stop(), 0, "exit code")
        w.house.start()
        time.sleep(1.0)
        same([m["state"] for m in w.house.messages(address="one@mail.example")], ["unknown"], "after a restart")
        same(len(w.box.mails), 2, "mails after a restart")
        w.house.verb("outbox", "retry", lost["id"], code=0)
        w.house.wait_message(state="sent", address="one@mail.example")
        same(w.box.message(2)["X-Earshot-Repeat"], "yes", "marked")
        need(w.box.message(2)["Subject"].startswith("[repeat] "), f"subject: {w.box.message(2)['Subject']}")
        same(w.box.message(2)["Message-ID"], w.box.message(0)["Message-ID"], "id")


def an_alert_is_repeated_with_a_mark_when_nobody_can_tell_whether_it_arrived():
    with World("smtp-notice") as w:
        w.house.configure(MAIL % ("smtp", w.box.port, ", require_tls: no"), notify="mail:support@acme.example")
        w.box.drops = 1
        w.house.start()
        w.house.send(post(1, "it is broken", author=1))
        w.house.wait_message(state="sent", kind="notice")
        same(len(w.box.mails), 2, "mails")
        same([w.box.message(n)["X-Earshot-Repeat"] for n in (0, 1)], [None, "yes"], "marks")
        need("it is broken" in w.box.message(1).get_content(), "the post is quoted")
        same(w.box.message(0)["List-Unsubscribe"], None, "nobody unsubscribes from alerts")


def a_server_that_is_not_there_is_waited_for():
    port = free_port()
    with World("smtp-down", port=port) as w:
        w.box.stop()
        w.house.start()
        w.house.send(post(1, "hello there", author=1))
        w.house.wait_message(state="later")
        box = Mailbox(port)
        try:
            w.house.wait_message(state="sent", limit_s=40)
            same(len(box.mails), 1, "mails")
        finally:
            w.box = box


class NodeMail:
    """smtp-server, which wants STARTTLS and a login."""

    def __init__(self, house):
        modules = os.path.join(peers.npm(), "node_modules")
        self.cert, key = certificate(house)
        self.port = free_port()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "smtp_server.js")
        self.server = peers.Server("smtp-server", ["node", script, str(self.port), self.cert, key, "earshot", "hunter2"],
                                   house.path("smtp-server.log"), {**os.environ, "NODE_PATH": modules})
        self.server.wait_until("to listen", lambda: self.events("listening"))

    def events(self, name):
        return [e for e in map(json.loads, self.server.log().splitlines()) if e["event"] == name]

    def stop(self):
        self.server.stop()


def with_login(name, test, password="hunter2", more=", ca_file: cert.pem"):
    with PeerHouse(name) as house:
        house.write("customers.csv", CUSTOMERS + "EMAIL,nobody@mail.example,NONE,u4,No,@a4@social.example\n")
        mail = NodeMail(house)
        try:
            house.environment["MAIL_PASSWORD"] = password
            house.configure(MAIL % ("smtp", mail.port, ', user: earshot, password: "${MAIL_PASSWORD}"' + more))
            house.start()
            test(house, mail)
            need(password not in house.log(), "the password is in the log")
        finally:
            mail.stop()


def a_login_goes_over_tls_and_the_mail_arrives():
    def test(house, mail):
        house.send(post(1, "hello there", author=1), post(2, "hello there", author=4), post(3, "hello there", author=2))
        house.wait_message(state="sent", address="two@mail.example")
        house.wait_message(state="sent", address="one@mail.example")
        house.wait_message(state="rejected", address="nobody@mail.example")
        need(all(e["good"] and e["secure"] and e["user"] == "earshot" for e in mail.events("login")), f"logins: {mail.events('login')}")
        same(len(mail.events("mail")), 2, "mails")
        need(all(e["secure"] for e in mail.events("mail")), "mail without encryption")
        read = email.message_from_string(mail.events("mail")[0]["text"], policy=email.policy.default)
        same(read.get_body(("plain",)).get_content().splitlines()[1], ".", "a line with a dot alone")
    with_login("smtp-login", test)


def a_refused_login_stops_the_channel_and_is_told_to_people():
    def test(house, mail):
        house.send(post(1, "hello there", author=1))
        rejected = house.wait_message(state="rejected", address="one@mail.example")
        need("535" in rejected["reason"], f"reason: {rejected['reason']}")
        wait_for("the channel to stop", lambda: house.channel("mail")["stopped"])
        house.send(post(2, "hello there", author=2))
        time.sleep(1.0)
        states = [m["state"] for m in house.messages(address="two@mail.example")]
        need(states in (["ready"], ["later"]), f"it waits: {states}")
        same(len(mail.events("login")), 1, "logins tried")
        wait_for("the alert", lambda: any("mail has stopped" in a["title"] for a in house.items("/api/v1/alerts")))
        # people's addresses are as good as before
        same([m["reason"] for m in house.messages() if "inactive" in (m["reason"] or "")], [], "suppressed addresses")
    with_login("smtp-wrong", test, password="wrong-secret")


def a_certificate_nobody_vouches_for_gets_neither_login_nor_mail():
    def test(house, mail):
        house.send(post(1, "hello there", author=1))
        waits = house.wait_message(state="later", address="one@mail.example")
        need("certificate" in waits["reason"].lower() or "ssl" in waits["reason"].lower(), f"reason: {waits['reason']}")
        same(mail.events("login") + mail.events("mail"), [], "logins and mails")
    with_login("smtp-forged", test, more="")


if __name__ == "__main__":
    run_tests([a_message_can_be_read_by_a_mail_program,
               a_refused_recipient_is_not_written_to_again,
               a_temporary_failure_is_tried_again_with_the_same_id,
               a_connection_that_drops_after_the_data_leaves_it_unknown_until_a_person_decides,
               an_alert_is_repeated_with_a_mark_when_nobody_can_tell_whether_it_arrived,
               a_server_that_is_not_there_is_waited_for,
               a_login_goes_over_tls_and_the_mail_arrives,
               a_refused_login_stops_the_channel_and_is_told_to_people,
               a_certificate_nobody_vouches_for_gets_neither_login_nor_mail])
