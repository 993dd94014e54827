"""A certificate for the servers of tests, signed by an authority that is created with it and known only here."""

import subprocess

DAYS = "30"
AUTHORITY = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
SERVER = (
    "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
    "-addext", "extendedKeyUsage=serverAuth",
)  # fmt: skip


class Certificate:
    """The paths of a server certificate, its key, and the certificate of its authority."""

    def __init__(self, folder, openssl):
        self.ca, self.chain, self.key = (folder / name for name in ("ca.pem", "server.pem", "server.key"))
        authority_key = folder / "ca.key"
        itself = ["-keyout", authority_key, "-out", self.ca, "-subj", "/CN=authority of tests", *AUTHORITY]
        signed = ["-CA", self.ca, "-CAkey", authority_key, "-subj", "/CN=server of tests", *SERVER]
        for more in (itself, [*signed, "-keyout", self.key, "-out", self.chain]):
            make = [openssl, "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", DAYS, *more]
            subprocess.run(make, check=True, capture_output=True)
        self.key.chmod(0o644)  # a server may run as another user; it protects only tests
