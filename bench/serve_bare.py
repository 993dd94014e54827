"""Serve a file's bytes from a bare ASGI app on Granian: `python bench/serve_bare.py PORT FILE CONTENT_TYPE`."""

import sys
from pathlib import Path

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.floors import bare

uvloop.run(
    Server(
        bare(Path(sys.argv[2]).read_bytes(), sys.argv[3].encode()),
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        log_enabled=False,
    ).serve()
)
