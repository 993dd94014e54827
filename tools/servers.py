#!/usr/bin/env python3
"""Start or stop the real servers on loopback, each on a free port, with a data folder of its own.

    tools/servers.py start [NAME …]   all, or those named; writes their settings to var/servers.env (for tests)
                                      and var/cluster.env (for `shopwright cluster up`)
    tools/servers.py restart NAME     kills that one, and starts it again with the data it had, at its port
    tools/servers.py stop             ends them and removes their data

They hold nothing that must outlive the machine: what tests kill is the shop. So they live in memory where there is room,
and never wait for a disk. What is downloaded or built is kept in ~/.cache/shopwright/servers.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from einvoice_rules import fetch
from server_kinds import CACHE, SERVERS, STATE, free_port, launch, listens, say

ROOT = STATE.parents[1]
ENV = STATE.with_name("servers.env")
CLUSTER = STATE.with_name("cluster.env")
SETTING_PREFIX = "SHOPWRIGHT_TEST_"
ROOM_KB = 2_000_000


def for_a_cluster(running):
    """The settings of one shop on all of them."""
    url = {
        key.removeprefix(SETTING_PREFIX): value for one in running.values() for key, value in one["settings"].items()
    }
    settings = {
        "DATABASE": url.get("POSTGRES", "").replace("/postgres", "/shop?connections=4"),
        "CACHE": url.get("REDIS", ""),
        "BUS": url.get("RABBITMQ", ""),
        "DOCUMENTS": url.get("MONGODB", "") and url["MONGODB"] + "_shop",
        "SEARCH": url.get("OPENSEARCH", "") and url["OPENSEARCH"] + "/shop",
        "FILES": url.get("S3", "").replace("@media", "@media/shop"),
    }
    return [f"SHOPWRIGHT_{name}='{value}'" for name, value in settings.items() if value]


def start(names):
    CACHE.mkdir(parents=True, exist_ok=True)
    ENV.parent.mkdir(exist_ok=True)
    state = json.loads(STATE.read_text()) if STATE.exists() else {"home": "", "running": {}}
    if not state["home"]:
        free = shutil.disk_usage("/dev/shm").free // 1024 if Path("/dev/shm").exists() else 0  # noqa: S108 -- memory
        where = "/dev/shm" if free >= ROOM_KB else None  # noqa: S108 -- mkdtemp makes a folder of our own
        state["home"] = tempfile.mkdtemp(prefix="shopwright-servers-", dir=where)
        Path(state["home"]).chmod(0o755)
    for name in names or SERVERS:
        if name in state["running"] and answers(state["running"][name]):
            continue
        home = Path(state["home"]) / name
        shutil.rmtree(home, ignore_errors=True)  # of a server that ended by itself, perhaps with the machine
        home.mkdir(mode=0o755, parents=True)
        server = SERVERS[name](home, free_port())
        settings = {f"{SETTING_PREFIX}{key}": value for key, value in server.settings.items()}
        state["running"][name] = {"pid": server.pid, "settings": settings}
        STATE.write_text(json.dumps(state))
        lines = [f"{key}='{value}'" for one in state["running"].values() for key, value in one["settings"].items()]
        ENV.write_text("\n".join(lines) + "\n")
        say(server.version)
    with ENV.open("a") as file:
        file.write(f"{SETTING_PREFIX}EINVOICE_RULES='{fetch()}'\n")
    CLUSTER.write_text("".join(f"export {line}\n" for line in for_a_cluster(state["running"])))
    say(f"Settings are in {ENV.relative_to(ROOT)}.")


def answers(running):
    """Whether the server listens on its port."""
    return listens(port_of(running))()


def port_of(running):
    """The port for clients without TLS."""
    return int(re.search(r"127\.0\.0\.1:(\d+)", next(iter(running["settings"].values())))[1])


def alive():
    """Living processes: process → its parent."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    return parents


def end_at_once(pid):
    """The process and its descendants, which may have groups of their own."""
    parents = alive()
    family = [pid]
    for one in family:
        family += [child for child, parent in parents.items() if parent == one]
    for one in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    while alive().keys() & set(family):
        time.sleep(0.01)


def restart(name):
    """As after a crash of the server, not of the machine."""
    state = json.loads(STATE.read_text()) if STATE.exists() else {"home": "", "running": {}}
    if name not in state["running"]:
        sys.exit(f"{name} does not run.")
    running = state["running"][name]
    home = Path(state["home"]) / name
    again = json.loads((home / "again.json").read_text())
    there = listens(port_of(running))
    end_at_once(running["pid"])
    while there():  # a process may be dead while its last thread still closes its files
        time.sleep(0.01)
    for lock in (
        home / "data" / "postmaster.pid",
        *home.glob(".s.PGSQL.*.lock"),
    ):  # they include processes not reaped yet
        lock.unlink(missing_ok=True)
    running["pid"] = launch(home, *again["command"], answers=there, **again["more"])
    STATE.write_text(json.dumps(state))


def stop():
    if not STATE.exists():
        say("No servers run.")
        return
    state = json.loads(STATE.read_text())
    for one in state["running"].values():
        try:
            os.killpg(one["pid"], signal.SIGKILL)
        except ProcessLookupError:
            continue
    for _ in range(50):
        shutil.rmtree(state["home"], ignore_errors=True)
        if not Path(state["home"]).exists():
            break
        time.sleep(0.1)
    STATE.unlink()
    ENV.unlink(missing_ok=True)
    CLUSTER.unlink(missing_ok=True)
    say("The servers are stopped.")


def main():
    verb, names = sys.argv[1:2], sys.argv[2:]
    if verb == ["start"] and set(names) <= set(SERVERS):
        start(names)
    elif verb == ["restart"] and len(names) == 1:
        restart(names[0])
    elif verb == ["stop"] and not names:
        stop()
    else:
        sys.exit(f"usage: tools/servers.py start [{' '.join(SERVERS)}] | restart NAME | stop")


main()
