#!/usr/bin/env python3
"""Import and export as people use them: with and without a daemon, any CSV, rejected rows mended, and exports that import again."""
import http.server
import json
import os
import socketserver
import threading

from lib import need, run_tests, same
from small_house import SmallHouse

ROWS = 12_000
HEADER = "ChannelType,Address,Id,OptOut,User.UserId,User.UserAttributes.Plan\n"
PEOPLE = """No;x,E-mail,Since,Points
17,ann@mail.example,03.11.2020,"1.234,5"
18,bad,03.11.2020,1
19,cy@mail.example,31.02.2020,2
20,dy@mail.example,01.01.2021,3
"""
MAPPING = """columns:
  "No;x": id
  "E-mail": endpoint:email
  "Since": attribute:Since date "DD.MM.YYYY"
  "Points": metric:points decimal ","
constants:
  country: DE
"""


def many_rows(count):
    return HEADER + "".join(f"EMAIL,p{i}@mail.example,e-{i},NONE,m-{i},Gold\n" for i in range(count))


def report(done):
    return {key: value for key, value in json.loads(done.stdout).items() if key in ("rows", "created", "updated", "unchanged", "rejected")}


def in_any_house(name, work):
    """With a daemon and without: the same answers."""
    for has_daemon in (False, True):
        with SmallHouse(f"{name}-{has_daemon}") as house:
            if has_daemon:
                house.start()
            work(house)


def a_large_file_goes_in_pieces_and_changes_nothing_the_second_time():
    def work(house):
        text = many_rows(ROWS) + "FAX,1,,,u,\n" + "EMAIL,last@mail.example,,,last,\n"
        path = house.write("many.csv", text)
        done = house.verb("import", "--json", path, code=1)
        same(report(done), {"rows": ROWS + 2, "created": ROWS + 1, "updated": 0, "unchanged": 0, "rejected": 1}, "the first time")
        finding = json.loads(done.stdout)["findings"][0]
        same((finding["line"], finding["code"]), (ROWS + 2, "I006"), "the line in the file, not in the piece")
        same(report(house.verb("import", "--json", path, code=1))["unchanged"], ROWS + 1, "the second time")
        same(report(house.verb("import", "--json", "-", text=text, code=1))["unchanged"], ROWS + 1, "from standard input")
    in_any_house("import-many", work)


def a_file_of_nothing_is_told_as_empty():
    def work(house):
        told = house.verb("import", house.write("none.csv", ""), code=1).stderr
        need("none.csv' is empty; expected a CSV file with a header line, or JSON lines" in told, told)
        told = house.verb("import", "-", text="", code=1).stderr
        need("'standard input' is empty" in told, told)
    in_any_house("import-none", work)


def a_column_fills_a_segment_and_a_slip_names_the_nearest():
    with SmallHouse("import-segments", rules='segment staff "Our own people" imported\nend\n') as house:
        house.start()
        path = house.write("staff.csv", "id,segment\nu-1,stafff\nu-2,staff\nu-3,\n")
        done = house.verb("import", path, code=1)
        need("error[I028]" in done.stderr and "did you mean 'staff'" in done.stderr, done.stderr)
        need("u-2" in house.verb("segments", "members", "staff", code=0).stdout, "a member")
        path = house.write("staff.csv", "No,Staff\nu-2,no\nu-3,yes\n")
        house.verb("import", path, "--map", "No=id", "Staff=segment:staff", code=0)
        members = house.verb("segments", "members", "staff", code=0).stdout
        need("u-3" in members and "u-2" not in members, members)
        out = house.path("out.jsonl")
        house.verb("export", "--customers", out, code=0)
        house.verb("import", house.write("none.csv", "No,Staff\nu-3,no\n"), "--map", "No=id", "Staff=segment:staff", code=0)
        same(house.verb("segments", "members", "staff", code=0).stdout.count("u-3"), 0, "taken out")
        house.verb("import", out, code=0)
        need("u-3" in house.verb("segments", "members", "staff", code=0).stdout, "an export knows who was in")


def any_csv_is_mapped_and_what_is_rejected_is_mended():
    def work(house):
        people, mapping, bad = house.write("people.csv", PEOPLE), house.write("people.yaml", MAPPING), house.path("bad.csv")
        dry = house.verb("import", "--dry-run", "--json", people, "--mapping", mapping, code=1)
        same(report(dry)["created"], 2, "a dry run counts")
        need("17" not in house.verb("people", "list", code=0).stdout.split(), "and writes nothing")
        done = house.verb("import", people, "--mapping", mapping, "--rejects", bad, code=1)
        need("2 created" in done.stdout and "mend them" in done.stdout, done.stdout)
        with open(bad, encoding="utf-8") as f:
            lines = f.read().splitlines()
        same(lines[0], "Rejected.Line,Rejected.Reason,No;x,E-mail,Since,Points", "header")
        same((lines[1], lines[2].startswith("4,I019"), lines[2].endswith(",19,cy@mail.example,31.02.2020,2")),
             ("3,I007 'bad' is no email address,18,bad,03.11.2020,1", True, True), f"rows in {lines}")
        mended = house.write("mended.csv", "\n".join(lines).replace("18,bad,", "18,bo@mail.example,").replace("31.02", "28.02") + "\n")
        same(report(house.verb("import", "--json", mended, "--mapping", mapping, code=0)),
             {"rows": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0}, "mended")
        shown = house.verb("people", "show", "17", "--json", code=0).stdout
        need("2020-11-03" in shown and "ann@mail.example" in shown, shown)
        slip = house.verb("import", people, "--map", "Nr=id", "E-mail=endpiont:email", code=1)
        need("did you mean 'endpoint:email'" in slip.stderr, slip.stderr)
        slip = house.verb("import", people, "--map", "No:x=id", "E-mail=endpoint:email", code=1)
        need("has no column 'No:x'" in slip.stderr, slip.stderr)
    in_any_house("import-any", work)


class Breaking(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A daemon that takes the first part of an import and can no more then."""
    daemon_threads = True
    parts = 0

    class RequestHandlerClass(http.server.BaseHTTPRequestHandler):
        def answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            self.answer(200, {})

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.server.parts += 1
            if self.server.parts == 1:
                self.answer(200, {"rows": 5000, "created": 5000, "updated": 0, "unchanged": 0, "rejected": 0, "links": 0, "errors": 0, "warnings": 0,
                                  "findings": [], "rejects": []})
            else:
                self.answer(500, {"title": "no", "detail": "the disk is full"})

        def address_string(self):
            return "unix"

        def log_message(self, *_):
            pass

    def __init__(self, path):
        super().__init__(path, self.RequestHandlerClass)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def what_was_in_before_it_broke_off_is_told():
    for words, helps in [([], True), (["--dry-run"], False)]:
        with SmallHouse("broken") as house:
            path = house.write("many.csv", many_rows(ROWS))
            os.makedirs(house.path("var"), exist_ok=True)
            server = Breaking(house.path("var", "earshot.sock"))
            done = house.verb("import", path, *words, code=3)
            same("what was counted is in; sending the file again is safe" in done.stderr, helps, f"{words}: {done.stderr}")
            need("5000 rows: 5000 created" in done.stdout and "the disk is full" in done.stderr, f"{done.stdout}{done.stderr}")
            server.parts = 0
            done = house.verb("import", path, *words, "--json", code=3)
            told = json.loads(done.stdout)
            same((told["rows"], told["created"], told["error"]), (5000, 5000, "the disk is full"), "for machines")
            server.shutdown()
            server.server_close()


def an_export_imports_again_as_it_was():
    def work(house):
        house.verb("import", house.write("many.csv", many_rows(2_500)), code=0)
        house.verb("import", house.path("customers.csv"), code=0)
        for kind in ("jsonl", "pinpoint-jsonl", "pinpoint-csv"):
            out = house.path(f"out.{kind}")
            house.verb("export", "--customers", "--format", kind, out, code=0)
            with open(out, encoding="utf-8") as f:
                text = f.read()
            same(house.verb("export", "--customers", "--format", kind, code=0).stdout, text, f"{kind} to standard output")
            done = report(house.verb("import", "--json", out, code=0))
            same((done["unchanged"], done["rejected"]), (done["rows"], 0), f"{kind} into the same house: {done}")
            with SmallHouse(f"import-empty-{kind}") as empty:
                empty.verb("import", out, code=0)
                same(empty.verb("export", "--customers", "--format", kind, code=0).stdout, text, f"{kind} into an empty house")
        same(house.verb("export", "--customers", "--format", "xml", code=2).returncode, 2, "no such format")
        house.verb("export", "--customers", house.path("no", "such", "folder"), code=3)
        need(not any(name.endswith(".part") for name in os.listdir(house.path())), "no half file stays")
    in_any_house("export", work)


if __name__ == "__main__":
    run_tests([a_large_file_goes_in_pieces_and_changes_nothing_the_second_time, any_csv_is_mapped_and_what_is_rejected_is_mended,
               a_file_of_nothing_is_told_as_empty, a_column_fills_a_segment_and_a_slip_names_the_nearest, what_was_in_before_it_broke_off_is_told, an_export_imports_again_as_it_was])
