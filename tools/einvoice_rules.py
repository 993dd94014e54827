"""The rules of EN 16931 as its makers publish them (CEN/TC 434, Schematron compiled to XSLT), for the tests of invoices."""

import hashlib
import subprocess
import zipfile
from pathlib import Path

from server_kinds import CACHE, MAVEN_COPY, need

ARTIFACT, VERSION = "phive-rules-en16931", "4.3.7"
SHA256 = "842998fe45911442b711300ab251e46489a9a5e2ffc02ddefc4293f8784c2662"
RULES = "external/schematron/1.3.14.2/cii/EN16931-CII-validation.xslt"


def fetch() -> Path:
    """The file, downloaded once."""
    path = CACHE / f"{ARTIFACT}-{VERSION}.xslt"
    if not path.exists():
        jar = CACHE / f"{ARTIFACT}-{VERSION}.jar"
        artifact = f"com.helger.phive.rules:{ARTIFACT}:{VERSION}:jar"
        maven = need("mvn", "maven")
        subprocess.run(
            [maven, "-q", "-B", MAVEN_COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={CACHE}"], check=True
        )
        if hashlib.sha256(jar.read_bytes()).hexdigest() != SHA256:
            jar.unlink()
            raise SystemExit(f"{jar.name} is not what it was when these tests were written.")
        path.write_bytes(zipfile.ZipFile(jar).read(RULES))
    return path
