"""The real servers: installation, start on loopback, and readiness."""

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import server_ferretdb
from server_tls import Certificate

STATE = Path(__file__).resolve().parents[1] / "var" / "servers.json"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shopwright" / "servers"
READY_S = 120
LISTENED_AT = range(20_000, 32_768)
OPENSEARCH = "3.6.0"
OLDEST_JDK = 21
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@latest"
STRIPE_MOCK = "v0.203.0"  # its API version is that of the library in pyproject.toml, or newer
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
OPENSEARCH_ZIP = f"org.opensearch.distribution.integ-test-zip:opensearch:{OPENSEARCH}:zip"


class Server:
    """A running server: its process, the settings for the tests, and its version."""

    def __init__(self, pid, settings, version):
        self.pid, self.settings, self.version = pid, settings, version


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def free_port():
    """A port outside the range for outgoing connections, one of which could use it during a restart."""
    for port in random.sample(LISTENED_AT, len(LISTENED_AT)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    return sys.exit(f"No port from {LISTENED_AT[0]} to {LISTENED_AT[-1]} is free.")


def certified(home):
    """A certificate for a server that supports TLS by itself."""
    return Certificate(home, need("openssl", "openssl"))


def output(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=True, **more).stdout.strip()


def need(command, package):
    """The path of a command, installed by its package where that is possible."""
    found = next(iter(sorted(Path("/usr/lib").glob(f"{package}/*/bin/{command}"))[-1:]), None) or shutil.which(command)
    if found:
        return str(found)
    if os.geteuid() or not shutil.which("apt-get"):
        sys.exit(f"{command} is not there. On Debian: sudo apt-get install {package}")
    say(f"Installing {package} …")
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    if subprocess.run(
        ["apt-get", "install", "-y", "-qq", package], check=False, stderr=subprocess.DEVNULL, **quiet
    ).returncode:
        subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", package], check=True, **quiet)
    return need(command, package)


def someone(name):
    """The user of a server that refuses to run as root."""
    return (
        {"user": name, "group": "nogroup" if name == "nobody" else name, "extra_groups": []}
        if os.geteuid() == 0
        else {}
    )


def launch(home, *command, answers, **more):
    """Start a process and wait until `answers` is true."""
    again = {"command": [str(part) for part in command], "more": more}
    (home / "again.json").write_text(json.dumps(again, default=str))
    with (home / "output").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, **more
        )
    end = time.monotonic() + READY_S
    while not answers():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            sys.exit(f"{command[0]} did not start:\n{(home / 'output').read_text()[-3000:]}")
        time.sleep(0.1)
    return process.pid


def listens(port):
    def ask():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return ask


def both(one, other):
    return lambda: one() and other()


def postgres(home, port):
    bin_ = Path(need("initdb", "postgresql")).parent
    who = someone("postgres")
    if who:
        shutil.chown(home, "postgres", "postgres")
    data = home / "data"
    output(
        bin_ / "initdb",
        "-D",
        data,
        "-U",
        "shopwright",
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        cwd="/",
        **who,
    )
    options = {
        "listen_addresses": "127.0.0.1", "unix_socket_directories": home, "max_connections": 300, "fsync": "off",
        "full_page_writes": "off", "autovacuum": "off",
    }  # fmt: skip
    each = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]

    def answers():
        ready = subprocess.run(
            [bin_ / "pg_isready", "-h", "127.0.0.1", "-p", str(port)], check=False, capture_output=True
        )
        return ready.returncode == 0

    pid = launch(home, bin_ / "postgres", "-D", data, "-p", str(port), *each, answers=answers, cwd="/", **who)
    output(bin_ / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "shopwright", "shop", cwd="/")
    url = f"postgresql://shopwright@127.0.0.1:{port}/postgres"
    return Server(pid, {"POSTGRES": url}, output(bin_ / "postgres", "--version"))


def pgbouncer(home, port):
    """PgBouncer in front of the running PostgreSQL."""
    running = json.loads(STATE.read_text())["running"] if STATE.exists() else {}
    if "postgres" not in running:
        sys.exit("pgbouncer stands in front of postgres: start that first.")
    there = running["postgres"]["settings"]["SHOPWRIGHT_TEST_POSTGRES"]
    command = need("pgbouncer", "pgbouncer")
    (home / "users").write_text('"shopwright" ""\n')
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={there.rpartition(':')[2].partition('/')[0]}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n"
        f"auth_file = {home}/users\npool_mode = transaction\nmax_client_conn = 500\ndefault_pool_size = 10\n"
    )
    pid = launch(home, command, home / "pgbouncer.ini", answers=listens(port), cwd="/", **someone("postgres"))
    url = f"postgresql://shopwright@127.0.0.1:{port}/postgres"
    return Server(pid, {"PGBOUNCER": url}, output(command, "--version").partition("\n")[0])


def redis(home, port):
    command = need("redis-server", "redis-server")
    (home / "redis.conf").write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass loopback\ndir {home}\nsave ''\nmaxmemory-policy noeviction\n"
    )
    pid = launch(home, command, home / "redis.conf", answers=listens(port))
    return Server(pid, {"REDIS": f"redis://:loopback@127.0.0.1:{port}/0"}, output(command, "--version")[:30])


def memcached(home, port):
    command = need("memcached", "memcached")
    who = ["-u", "nobody"] if os.geteuid() == 0 else []
    pid = launch(home, command, "-l", "127.0.0.1", "-p", str(port), "-U", "0", *who, answers=listens(port))
    return Server(pid, {"MEMCACHED": f"memcached://127.0.0.1:{port}"}, output(command, "--version"))


def s3(home, port):
    command = CACHE / "versitygw"
    if not command.exists():
        go = need("go", "golang")
        say("Building versitygw (once) …")
        subprocess.run([go, "install", VERSITYGW], check=True, env={**os.environ, "GOBIN": str(CACHE)})
    (home / "data" / "media").mkdir(parents=True)
    keys = {"ROOT_ACCESS_KEY": "loopback", "ROOT_SECRET_KEY": "loopback-secret"}
    tls, by_tls = certified(home), free_port()
    # It speaks either one or the other: a second server for TLS, in the same group of processes, so that both end together.
    each = [
        f"{command} --port 127.0.0.1:{port}",
        f"{command} --port 127.0.0.1:{by_tls} --cert {tls.chain} --key {tls.key}",
    ]
    script = " & exec ".join(f"{one} posix {home / 'data'}" for one in each)
    ready = both(listens(port), listens(by_tls))
    pid = launch(home, "sh", "-c", script, answers=ready, env={**os.environ, **keys})
    url = "s3://loopback:loopback-secret@media?region=us-east-1&endpoint=http"
    settings = {"S3": f"{url}://127.0.0.1:{port}", "S3_TLS": f"{url}s://127.0.0.1:{by_tls}&ca={tls.ca}"}
    return Server(pid, settings, "versitygw " + output(command, "--version").replace("\n", " ")[:60])


def stripe_mock(home, port):
    """Stripe's own double: it validates each request against Stripe's description of its API, and remembers nothing."""
    command = CACHE / f"stripe-mock-{STRIPE_MOCK}"
    if not command.exists():
        go = need("go", "golang")
        say("Building stripe-mock (once) …")
        module = f"github.com/stripe/stripe-mock@{STRIPE_MOCK}"
        subprocess.run([go, "install", module], check=True, env={**os.environ, "GOBIN": str(CACHE)})
        (CACHE / "stripe-mock").rename(command)
    pid = launch(home, command, "-http-addr", f"127.0.0.1:{port}", answers=listens(port))
    return Server(pid, {"STRIPE_MOCK": f"http://127.0.0.1:{port}"}, f"stripe-mock {STRIPE_MOCK}")


def mongodb(home, port):
    """FerretDB speaks the protocol of MongoDB; it is available as a Go module."""
    command = CACHE / f"ferretdb-{server_ferretdb.VERSION}-users"
    if not command.exists():
        go = need("go", "golang")
        say("Building FerretDB (once) …")
        server_ferretdb.build(go, home / "source", command)
    tls, by_tls = certified(home), free_port()
    for name in ("data", "guarded"):
        (home / name).mkdir()
    # With users it authenticates every client, which takes time: a second server, with TLS, in the same group of processes.
    guarded = (
        f"TLS=127.0.0.1:{by_tls} TLS_CHAIN={tls.chain} TLS_KEY={tls.key} USERS_DATABASE=shopwright USERS_NAME=loopback"
    )
    script = (
        f"{guarded} USERS_PASSWORD=loopback {command} {home}/guarded & TCP=127.0.0.1:{port} exec {command} {home}/data"
    )
    pid = launch(home, "sh", "-c", script, answers=both(listens(port), listens(by_tls)), cwd=home)
    settings = {
        "MONGODB": f"mongodb://127.0.0.1:{port}/shopwright",
        "MONGODB_TLS": f"mongodb://loopback:loopback@127.0.0.1:{by_tls}/shopwright?tls=true&tlsCAFile={tls.ca}",
    }
    return Server(pid, settings, f"FerretDB {server_ferretdb.VERSION}")


def jdk():
    """A Java that is new enough."""
    for java in sorted(Path("/usr/lib/jvm").glob("*/bin/java"), reverse=True):
        output = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr
        version = output.partition('"')[2].split(".")[0]
        if version.isdigit() and int(version) >= OLDEST_JDK:
            return java.parent.parent
    return sys.exit(f"OpenSearch needs a JDK {OLDEST_JDK} or newer under /usr/lib/jvm.")


def opensearch(home, port):
    unpacked = CACHE / f"opensearch-{OPENSEARCH}"
    if not unpacked.exists():
        archive = CACHE / f"opensearch-{OPENSEARCH}.zip"
        if not archive.exists():
            say("Downloading OpenSearch (once) …")
            maven = need("mvn", "maven")
            subprocess.run(
                [maven, "-q", "-B", MAVEN_COPY, f"-Dartifact={OPENSEARCH_ZIP}", f"-DoutputDirectory={CACHE}"],
                check=True,
            )
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(CACHE)
        for script in (unpacked / "bin").iterdir():
            script.chmod(0o755)
    # Its user may not read the home folder of the user who started this: it runs from a copy.
    shutil.copytree(unpacked, home / "server")
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody:nogroup", home], check=True)
    settings = {
        "discovery.type": "single-node", "network.host": "127.0.0.1", "http.port": port, "transport.port": free_port(),
        "path.data": home / "data", "path.logs": home / "logs", "cluster.routing.allocation.disk.threshold_enabled": "false",
    }  # fmt: skip
    each = [part for name, value in settings.items() for part in ("-E", f"{name}={value}")]

    def answers():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
                return answer.status == 200  # noqa: PLR2004
        except OSError:
            return False

    environment = {
        **os.environ, "OPENSEARCH_JAVA_HOME": str(jdk()), "OPENSEARCH_JAVA_OPTS": "-Xms512m -Xmx512m", "HOME": str(home),
    }  # fmt: skip
    pid = launch(
        home, home / "server/bin/opensearch", *each, answers=answers, env=environment, cwd=home, **someone("nobody")
    )
    return Server(pid, {"OPENSEARCH": f"opensearch://127.0.0.1:{port}"}, f"OpenSearch {OPENSEARCH}")


def rabbitmq(home, port):
    need("rabbitmq-server", "rabbitmq-server")
    command = next(Path("/usr/lib/rabbitmq").glob("**/sbin/rabbitmq-server"), None) or shutil.which("rabbitmq-server")
    tls, by_tls = certified(home), free_port()
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nlisteners.ssl.1 = 127.0.0.1:{by_tls}\n"
        f"ssl_options.cacertfile = {tls.ca}\nssl_options.certfile = {tls.chain}\nssl_options.keyfile = {tls.key}\n"
        "default_user = shopwright\ndefault_pass = loopback\n"
    )
    (home / "plugins").write_text("[].\n")
    epmd = free_port()
    environment = {
        **os.environ, "HOME": str(home), "RABBITMQ_NODENAME": f"shopwright{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port), "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(home / "data"), "RABBITMQ_LOG_BASE": str(home / "logs"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"), "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_PID_FILE": str(home / "pid"), "ERL_EPMD_PORT": str(epmd), "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }  # fmt: skip

    def speaks():
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(1))
        except OSError:
            return False

    # Its name server is started here, in the same group of processes, so that it ends with it.
    script = f"epmd -port {epmd} & exec {command}"
    ready = both(speaks, listens(by_tls))
    pid = launch(home, "sh", "-c", script, answers=ready, env=environment, cwd=home)
    version = output("dpkg-query", "-W", "-f", "${Version}", "rabbitmq-server") if shutil.which("dpkg-query") else ""
    settings = {
        "RABBITMQ": f"amqp://shopwright:loopback@127.0.0.1:{port}",
        "RABBITMQ_TLS": f"amqps://shopwright:loopback@127.0.0.1:{by_tls}?ca={tls.ca}",
    }
    return Server(pid, settings, f"RabbitMQ {version}")


SERVERS = {
    one.__name__: one for one in (postgres, pgbouncer, redis, memcached, s3, stripe_mock, mongodb, opensearch, rabbitmq)
}
