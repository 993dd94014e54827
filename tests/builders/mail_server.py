"""A mail server that can be away."""

from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from tests.builders.server import free_port


class MailServer:
    """A mail server that can be away, and refuses or defers some recipients."""

    def __init__(self) -> None:
        self.port = free_port()
        self.subjects: list[str] = []
        self.connections = 0
        self.answers: dict[str, str] = {}
        self._running: Controller | None = None

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses) -> list[str]:  # noqa: N802 -- its name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, _server, _session, envelope, address: str, _options) -> str:  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        self.subjects.append(message_from_bytes(envelope.content, policy=policy.default)["Subject"])
        return "250 OK"

    def start(self) -> None:
        self._running = Controller(self, hostname="127.0.0.1", port=self.port)
        self._running.start()

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None
