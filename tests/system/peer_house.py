"""A small house whose channels and sources are real servers of peers.py."""
import subprocess

import peers
from lib import Failure, wait_for
from small_house import SmallHouse

CUSTOMERS = """ChannelType,Address,OptOut,User.UserId,User.UserAttributes.FirstName,User.UserAttributes.SocialHandle
EMAIL,one@mail.example,NONE,u1,Jörg,@a1@social.example
EMAIL,two@mail.example,NONE,u2,Two,@a2@social.example
EMAIL,three@mail.example,NONE,u3,Three,@a3@social.example
"""

RULES = """
rule hello "Hello"
  when text contains "hello"
  then
    send "greeting" by mail to customer
  end
end

rule help "Help"
  when text contains "broken"
  then
    alert "support" as high
  end
end
"""


class PeerHouse(SmallHouse):
    def __init__(self, name, rules=RULES, **parts):
        super().__init__(name, rules, customers=CUSTOMERS, **parts)
        self.template("greeting", "service", subject="Grüße, {{User.UserAttributes.FirstName}} ☕",
                      text="Hello {{User.UserAttributes.FirstName}},\n.\nyours\n",
                      html="<p>Hello <b>{{User.UserAttributes.FirstName}}</b></p>\n")

    def configure(self, channels="", sources="{}", notify="log:", more=""):
        return self.write("earshot.yaml", f"""
store: {{path: var/earshot.db}}
server: {{listen: "off"}}
customers: {{import: customers.csv}}
network: {{allow_private: ["127.0.0.1"]}}
log: {{level: debug}}
sources: {sources}
channels:
{channels or '  mail: {type: file, dir: out, endpoint: email}'}
alerts:
  queues:
    support: {{notify: ["{notify}"], escalate_after: 7 days}}
{more}
""")

    def wait_message(self, limit_s=20.0, **wanted):
        """The first message like that."""
        try:
            return wait_for(f"a message with {wanted}", lambda: (self.messages(**wanted) or [None])[0], limit_s)
        except Failure as late:
            raise Failure(f"{late}; there are {[(m['id'], m['state'], m['reason']) for m in self.messages()]}\n{self.log()[-2000:]}")

    def channel(self, name):
        status, found = self.call("GET", "/api/v1/channels")
        return next(c for c in found["items"] if c["name"] == name)

    def source(self, name):
        status, found = self.call("GET", "/api/v1/sources")
        return next(s for s in found["items"] if s["name"] == name)


def certificate(house):
    """(certificate, key) for 127.0.0.1, in the house."""
    tree, environment, program = None, None, "openssl"
    if subprocess.run(["which", "openssl"], capture_output=True).returncode != 0:
        tree = peers.debian("openssl")
        program, environment = tree.path("usr/bin/openssl"), tree.environment()
        environment["OPENSSL_CONF"] = tree.path("etc/ssl/openssl.cnf")
    made = house.path("cert.pem"), house.path("key.pem")
    done = subprocess.run([program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                           "-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-out", made[0], "-keyout", made[1]],
                          env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"openssl: {done.stderr}")
    return made
