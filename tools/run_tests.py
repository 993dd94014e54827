"""Run the tests: on SQLite, again on PostgreSQL and again on all servers where they are. `fast` leaves out what takes minutes."""

import os
import subprocess
import sys

POSTGRES = "SHOPWRIGHT_TEST_POSTGRES"
SERVERS = (
    POSTGRES,
    *(
        f"SHOPWRIGHT_TEST_{name}"
        for name in ("PGBOUNCER", "REDIS", "MEMCACHED", "S3", "MONGODB", "OPENSEARCH", "RABBITMQ")
    ),
)
# Seen on SQLite and on all servers, whose database is PostgreSQL, too; not a third time on PostgreSQL alone.
TWICE = ("tests/pages", "tests/security", "tests/process", "tests/apart")
# All but what is apart by itself or asks no service.
APART = tuple(f"tests/{name}" for name in ("api", "imports", "kit", "pages", "security", "services"))


def main() -> int:
    """Exit code: the first that is not 0."""
    fast = sys.argv[1:2] != ["all"]
    more = sys.argv[2:]
    chosen = ["-m", "not slow and not browser"] if fast else []
    command = [sys.executable, "-m", "pytest", *chosen, *more]
    # What takes minutes also takes both cores. Files wait for the disk; servers have work of their own to do.
    on_files, on_servers = (["-n", "3"], ["-n", "2"]) if fast else ([], [])
    environment = dict(os.environ)
    missing = [name for name in SERVERS if not environment.get(name)]
    if missing and environment.get("ENGINES") == "required":
        sys.stderr.write(f"ENGINES=required, but {', '.join(missing)} is not set: run `make servers` first.\n")
        return 1
    postgres = environment.pop(POSTGRES, "")
    sys.stdout.write("== the shop on SQLite\n")
    sys.stdout.flush()
    # What only PostgreSQL can show is shown in its own pass below; here it is skipped, required or not.
    code = subprocess.call([*command, *on_files], env={**environment, "ENGINES": ""})
    command += on_servers
    if not postgres:
        sys.stdout.write("== PostgreSQL SKIPPED: no server here. `make servers` starts one.\n")
        return code
    if code:
        return code
    sys.stdout.write("== the shop on PostgreSQL\n")
    sys.stdout.flush()
    later = [] if missing else [f"--ignore={folder}" for folder in TWICE]
    code = subprocess.call([*command, "--second-engine", *later], env={**environment, POSTGRES: postgres})
    if code or missing:
        return code
    sys.stdout.write("== the shop on all servers\n")
    sys.stdout.flush()
    shape = {POSTGRES: postgres, "SHOPWRIGHT_TEST_SHAPE": "servers"}
    # Contracts of engines have met the real ones twice already, imports two databases; all servers when apart. Of what takes
    # minutes: processes that race and die, and the shop that is apart, which browsers and schemathesis ask through nginx.
    where = ["--ignore=tests/engines", "--ignore=tests/imports"] if fast else ["tests/process", "tests/apart"]
    code = subprocess.call([*command, "--second-engine", *where], env={**environment, **shape})
    if code or not fast:
        return code
    sys.stdout.write("== a shop that is apart, on all servers\n")
    sys.stdout.flush()
    shape["SHOPWRIGHT_TEST_SHAPE"] = "apart"
    return subprocess.call([*command, "--second-engine", *APART], env={**environment, **shape})


sys.exit(main())
