"""Real servers and clients for the tests: fetched once, unpacked under build/peers, never installed.

Debian's packages come through apt with lists, cache and sources of our own below build/peers/apt; the sources are derived from the
system's, with the release's backports added, and nothing of the system's is changed.  What a package needs and the machine does not have is
unpacked beside it.  npm's packages are those of npm/package-lock.json.

A peer that cannot be had raises lib.Skip with its name.  Everything that is started listens on 127.0.0.1 and is stopped by its pid.
"""
import contextlib
import fcntl
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from lib import ROOT, Failure, Skip, wait_for

PEERS = os.path.abspath(os.environ.get("EARSHOT_PEERS", os.path.join(ROOT, "build", "peers")))
HERE = os.path.dirname(os.path.abspath(__file__))
LISTS_FOR_S = 24 * 3600
# Pure Python modules of Debian want Debian's Python.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


@contextlib.contextmanager
def locked():
    """Tests run beside one another; one of them fetches."""
    os.makedirs(PEERS, exist_ok=True)
    with open(os.path.join(PEERS, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---- Debian's packages ----------------------------------------------------------------------------------------------


def release():
    """("debian", "bookworm")"""
    found = {}
    with contextlib.suppress(OSError), open("/etc/os-release", encoding="utf-8") as text:
        for line in text:
            name, _, value = line.strip().partition("=")
            found[name] = value.strip('"')
    return found.get("ID", ""), found.get("VERSION_CODENAME", "")


def with_backports(suites, codename):
    """The suites of one source when it is Debian's own, else None; backports beside the release itself."""
    ours = {codename, f"{codename}-updates", f"{codename}-security", f"{codename}-backports"}
    suites = [s for s in suites if s in ours]
    if codename in suites and f"{codename}-backports" not in suites:
        suites.append(f"{codename}-backports")
    return suites or None


def stanzas(codename):
    """The system's sources of this release in the deb822 form, one text each."""
    for path in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
        with open(path, encoding="utf-8") as text:
            for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n", "", text.read())):
                match = re.search(r"(?mi)^Suites:(.*)$", stanza)
                suites = match and with_backports(match.group(1).split(), codename)
                if suites and re.search(r"(?mi)^Types:.*\bdeb\b", stanza) and not re.search(r"(?mi)^Enabled:\s*no", stanza):
                    yield stanza[:match.start()] + "Suites: " + " ".join(suites) + stanza[match.end():]
    for path in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*.list")):
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as text:
            for line in text:
                match = re.match(r"\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+([^#\n]+)", line)
                suites = match and with_backports([match.group(3)], codename)
                if not suites:
                    continue
                signed = re.search(r"signed-by=(\S+)", match.group(1) or "")
                yield (f"Types: deb\nURIs: {match.group(2)}\nSuites: {' '.join(suites)}\nComponents: {match.group(4).strip()}\n"
                       + (f"Signed-By: {signed.group(1)}\n" if signed else ""))


class Apt:
    """apt-get that reads and writes below build/peers/apt only."""

    def __init__(self):
        self.dir = os.path.join(PEERS, "apt")
        name, codename = release()
        if name != "debian" or not codename or not shutil.which("apt-get"):
            raise Skip("Debian's packages (this is not Debian)")
        for part in ("lists/partial", "cache/archives/partial", "sources"):
            os.makedirs(os.path.join(self.dir, part), exist_ok=True)
        sources = "\n\n".join(s.strip() for s in stanzas(codename))
        if not sources:
            raise Skip(f"Debian's packages (no source of {codename} in /etc/apt)")
        self.write("sources/debian.sources", sources + "\n")
        # Suites that are not in this release's default must not win over it.
        self.write("preferences", f"Package: *\nPin: release n={codename}-backports\nPin-Priority: 100\n")
        self.codename = codename

    def write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as out:
            out.write(text)

    def run(self, *words, cwd=None):
        own = {"Dir::State::lists": f"{self.dir}/lists", "Dir::Cache": f"{self.dir}/cache",
               "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": f"{self.dir}/sources",
               "Dir::Etc::preferences": f"{self.dir}/preferences", "Dir::Etc::preferencesparts": "/dev/null",
               "Debug::NoLocking": "1", "APT::Sandbox::User": "root" if os.getuid() == 0 else "",
               "APT::Update::Error-Mode": "any", "APT::Get::List-Cleanup": "0", "Acquire::Languages": "none", "Acquire::Retries": "2"}
        options = [word for name, value in own.items() for word in ("-o", f"{name}={value}")]
        return subprocess.run(["apt-get", *options, *words], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=600, env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"})

    def update(self):
        stamp = os.path.join(self.dir, "updated")
        if os.path.exists(stamp) and time.time() - os.path.getmtime(stamp) < LISTS_FOR_S:
            return
        done = self.run("update")
        if done.returncode != 0:
            raise Skip(f"Debian's packages (apt-get update: {last_line(done.stderr)})")
        self.write("updated", "")

    def wanted(self, package):
        """The package and what it needs that is not on this machine, as name=version."""
        for more in ((), ("-t", f"{self.codename}-backports")):
            done = self.run("--simulate", "--no-install-recommends", *more, "install", package)
            if done.returncode == 0:
                break
        else:
            raise Skip(f"{package} (Debian package: {last_line(done.stderr)})")
        found = re.findall(r"^Inst (\S+) \((\S+)", done.stdout, re.M)
        if not found:  # it is installed: unpack it all the same, so that the tests find it where they look
            return [package]
        return [f"{name}={version}" for name, version in found]


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no words"


class Tree:
    """Unpacked packages: a small root of their own."""

    def __init__(self, root):
        self.root = root

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def environment(self):
        libraries = glob.glob(self.path("usr/lib/*-linux-gnu*")) + glob.glob(self.path("lib/*-linux-gnu*"))
        made = dict(os.environ)
        made["LD_LIBRARY_PATH"] = ":".join(libraries + [made["LD_LIBRARY_PATH"]] if made.get("LD_LIBRARY_PATH") else libraries)
        made["PYTHONPATH"] = self.path("usr/lib/python3/dist-packages")
        made.pop("PYTHONHOME", None)
        return made


def debian(package):
    """The package unpacked under build/peers/debian, fetched when it is not there yet."""
    tree = Tree(os.path.join(PEERS, "debian", package))
    with locked():
        if os.path.exists(tree.root):
            return tree
        apt = Apt()
        apt.update()
        fresh, debs = tree.root + ".new", os.path.join(apt.dir, "debs")
        for folder in (fresh, debs):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
        done = apt.run("download", *apt.wanted(package), cwd=debs)
        if done.returncode != 0:
            raise Skip(f"{package} (Debian package: {last_line(done.stderr)})")
        for deb in sorted(glob.glob(os.path.join(debs, "*.deb"))):
            subprocess.run(["dpkg", "-x", deb, fresh], check=True, capture_output=True)
        shutil.rmtree(debs)
        os.rename(fresh, tree.root)
    return tree


def use_aiosmtpd():
    """After this `import aiosmtpd` works in this very Python."""
    path = debian("python3-aiosmtpd").path("usr/lib/python3/dist-packages")
    if path not in sys.path:
        sys.path.insert(0, path)


# ---- npm's packages ---------------------------------------------------------------------------------------------------


def npm():
    """The folder in which node finds the packages of npm/package-lock.json."""
    home = os.path.join(PEERS, "npm")
    if not shutil.which("node") or not shutil.which("npm"):
        raise Skip("npm's packages (node or npm is missing)")
    with locked():
        with open(os.path.join(HERE, "npm", "package-lock.json"), encoding="utf-8") as lock:
            wanted = lock.read()
        stamp = os.path.join(home, "installed")
        if os.path.exists(stamp) and open(stamp, encoding="utf-8").read() == wanted:
            return home
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, "npm", name), home)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", os.path.join(PEERS, "npm-cache")],
                              cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Skip(f"npm's packages (npm ci: {last_line(done.stderr)})")
        with open(stamp, "w", encoding="utf-8") as out:
            out.write(wanted)
    return home


# ---- running them ---------------------------------------------------------------------------------------------------------


class Server:
    """A process with a log of its own; ended by its pid."""

    def __init__(self, name, command, log_path, environment=None, cwd=None, stdin=subprocess.DEVNULL):
        self.name, self.log_path = name, log_path
        with open(log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=log, stderr=log, env=environment, cwd=cwd)

    def log(self):
        with open(self.log_path, "rb") as log:
            return log.read().decode("utf-8", "replace")

    def wait_until(self, what, condition, limit_s=20.0):
        def check():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with {self.process.returncode}:\n{self.log()[-2000:]}")
            return condition()
        return wait_for(f"{self.name}: {what}", check, limit_s)

    def stop(self, limit_s=10):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def answers(port, path="/"):
    """Does an HTTP server answer there, whatever it says?"""
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
