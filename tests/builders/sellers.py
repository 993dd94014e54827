"""Sellers, and the register of tax ids of the EU."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

from shopwright.app import Shop
from shopwright.kit.addresses import Address
from shopwright.kit.clock import HandClock
from shopwright.services.pricing.contract import Seller, TaxId
from tests.builders.shops import Post, fresh, running_shop

VIENNA_ID, GERMAN_ID, FRENCH_ID = "ATU13585627", "DE136695976", "FR40303265045"
NORTHLIGHT = Seller(
    legal_name="Northlight Handels GmbH",
    address=Address(name="Northlight", line1="Torstraße 140", city="Berlin", postal_code="10119", country="DE"),
    tax_ids=(TaxId(country="DE", id=GERMAN_ID),),
    filing_currency="EUR",
    register="HRB 1234, Amtsgericht Charlottenburg",
)


class Register:
    """VIES on this machine: its answer for each number, and the requests it received."""

    def __init__(self) -> None:
        self.valid: set[str] = set()
        self.error = ""
        self.silent = Event()
        self.silent.set()
        self.asked: list[str] = []
        own = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                own.silent.wait(30)
                path, _, query = self.path.partition("?")
                member, number = path.split("/")[-3], path.split("/")[-1]
                own.asked.append(f"{member}{number}?{query}")
                answer = {
                    "isValid": not own.error and f"{member}{number}" in own.valid,
                    "userError": own.error or ("VALID" if f"{member}{number}" in own.valid else "INVALID"),
                    "name": "ZIEGLER KG",
                    "requestIdentifier": "WAPIAAAA1",
                }
                with suppress(ConnectionError):  # the client waits no longer
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/rest-api"


@contextmanager
def register() -> Iterator[Register]:
    """A running register."""
    found = Register()
    thread = Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@asynccontextmanager
async def shop_with(migrated: tuple[Path, str], folder: Path, clock: HandClock, **more: str) -> AsyncIterator[Shop]:
    """A shop with these settings, whose seller is Northlight."""
    async with fresh(migrated, folder) as data, running_shop(data, clock, Post(), **more) as made:
        await made.pricing.set_seller(NORTHLIGHT)
        yield made


SELLER = {
    "legal_name": "Northlight Handels GmbH",
    "address": {"name": "Northlight", "line1": "Torstraße 140", "city": "Berlin", "postal_code": "10119", "country": "DE"},
    "tax_ids": [{"country": "DE", "id": "DE 136 695 976"}],
    "filing_currency": "EUR",
}  # fmt: skip
