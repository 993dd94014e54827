"""The rules of electronic invoices as their makers publish them (Schematron compiled to XSLT), for the tests of invoices.

EN 16931 by CEN/TC 434, XRechnung by KoSIT, BIS Billing by OpenPeppol.
"""

import hashlib
import subprocess
import zipfile
from pathlib import Path

from server_kinds import CACHE, MAVEN_COPY, need

# Artefact → version, digest, and its files: what it is called here, and there.
ARTIFACTS = {
    "en16931": (
        "4.3.7",
        "842998fe45911442b711300ab251e46489a9a5e2ffc02ddefc4293f8784c2662",
        {
            "phive-rules-en16931-4.3.7": "1.3.14.2/cii/EN16931-CII-validation",
            "en16931-ubl": "1.3.14.2/ubl/EN16931-UBL-validation",
        },
    ),
    "xrechnung": (
        "4.2.3",
        "7a7903c18b8c7f4ffef20c45d0deb6b8d79f76ba13aff00b415f4a7e334025bb",
        {"xrechnung-cii": "3.0.2/XRechnung-CII-validation"},
    ),
    "peppol": (
        "4.3.7",
        "c82aaeda5ca16166034421393d160ec6cf77460b16e027eecc4bb5fe67a552ce",
        {"peppol-ubl": "openpeppol/2026.5/xslt/PEPPOL-EN16931-UBL"},
    ),
}


def fetch() -> Path:
    """The file of EN 16931 for CII, downloaded once; the others lie beside it."""
    for name, (version, digest, files) in ARTIFACTS.items():
        wanted = {CACHE / f"{own}.xslt": f"external/schematron/{theirs}.xslt" for own, theirs in files.items()}
        if not all(path.exists() for path in wanted):
            packed = zipfile.ZipFile(_jar(f"phive-rules-{name}", version, digest))
            for path, inside in wanted.items():
                path.write_bytes(packed.read(inside))
    return CACHE / f"{next(iter(ARTIFACTS['en16931'][2]))}.xslt"


def _jar(name: str, version: str, digest: str) -> Path:
    jar = CACHE / f"{name}-{version}.jar"
    if not jar.exists():
        artifact = f"com.helger.phive.rules:{name}:{version}:jar"
        maven = need("mvn", "maven")
        subprocess.run(
            [maven, "-q", "-B", MAVEN_COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={CACHE}"], check=True
        )
    if hashlib.sha256(jar.read_bytes()).hexdigest() != digest:
        jar.unlink()
        raise SystemExit(f"{jar.name} is not what it was when these tests were written.")
    return jar
