"""Files for other programs and taxes by state: what their readers would reject."""

import csv
import io
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.errors import Invalid, Refused, Unavailable
from shopwright.kit.money import Money
from shopwright.operations.ledger_files import LargeForm, write_ledger
from shopwright.services.books import datev, exports, fec, regions, saft
from shopwright.services.books.contract import (
    Account,
    Correction,
    CorrectionLine,
    Entry,
    Posting,
    RegionLine,
    TaxKind,
    TaxLine,
)
from shopwright.services.books.exports import file_name
from shopwright.services.books.extract import LedgerExtract
from shopwright.services.pricing.contract import TaxId
from tests.builders.orders import kettles
from tests.builders.sellers import FRENCH_ID, NORTHLIGHT

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YEAR = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # 00:30 on 1 January in Berlin
LARGE: tuple[LargeForm, ...] = ("csv", "fec", "datev")
GERMAN = TaxKind(country="DE", rate_ppm=190_000, tax_class="standard")


# --- states of the US


def line(
    base: int, *, authority: str = "STATE", ppm: int = 60_000, period: str = "2026-10", sales: int = 1, goods: str = "standard"
) -> TaxLine:  # fmt: skip
    """A sale in New York, taxed by one authority or not."""
    kind = TaxKind(
        country="US", region="NY", authority=authority, rate_ppm=ppm, tax_class=goods,
        category="S" if ppm else "E", reason="" if ppm else "Clothes",
    )  # fmt: skip
    tax = base * ppm // 1_000_000
    return TaxLine(
        period=period, kind=kind, base=Money(base, "USD"), tax=Money(tax, "USD"), gross=Money(base + tax, "USD"), sales=sales
    )  # fmt: skip


def sums(*lines: TaxLine) -> tuple[int, int, int, int]:
    """All sales, exempt sales, taxed sales and their number, of the only state."""
    [one] = regions.by_region(lines)
    assert isinstance(one, RegionLine)
    return one.gross.amount, one.exempt.amount, one.taxable.amount, one.sales


def test_sales_of_a_state_are_the_sum_of_its_months() -> None:
    october, november = line(5000, sales=50), line(6000, sales=60, period="2026-11")
    assert sums(october, line(5000, authority="CITY", sales=50), november) == (11_000, 0, 11_000, 110)


def test_an_exemption_by_two_authorities_counts_once() -> None:
    assert sums(line(10_000, ppm=0), line(10_000, authority="CITY", ppm=0)) == (10_000, 10_000, 0, 1)


def test_a_sale_taxed_by_one_authority_and_exempted_by_another_is_taxed() -> None:
    assert sums(line(10_000), line(10_000, authority="CITY", ppm=0)) == (10_000, 0, 10_000, 1)


def test_goods_of_two_classes_are_two_sums() -> None:
    clothes = [line(3000, ppm=0, goods="clothes"), line(3000, ppm=0, authority="CITY", goods="clothes")]
    assert sums(line(10_000), line(10_000, authority="CITY"), *clothes) == (13_000, 3000, 10_000, 1)


def test_the_rates_of_an_authority_within_a_month_are_added_up() -> None:
    assert sums(line(1000), line(2000, ppm=65_000), line(2500, authority="CITY")) == (3000, 0, 3000, 1)


def test_a_refund_in_a_later_month_is_deducted_there() -> None:
    back = [line(-4000, period="2026-11", sales=0), line(-4000, authority="CITY", period="2026-11", sales=0)]
    assert sums(line(10_000), line(10_000, authority="CITY"), *back) == (6000, 0, 6000, 1)


# --- files


def sale(
    kind: TaxKind = GERMAN, net: int = 10_000, tax: int = 1900, *, currency: str = "EUR", day: date = date(2026, 11, 30),
    period: str = "2026-11", text: str = "Order 1001", booked: datetime | None = None,
) -> Entry:  # fmt: skip
    return Entry(
        seq=1, kind="sale", text=text, number="1001", booked=booked or datetime(2026, 12, 5, 12, tzinfo=UTC), day=day,
        period=period, sha256="", before="",
        postings=(
            Posting(account="receivables", amount=Money(net + tax, currency)),
            Posting(account="revenue", amount=Money(-net, currency), tax=kind),
            Posting(account="tax", amount=Money(-tax, currency), tax=kind, base=Money(-net, currency)),
        ),
    )  # fmt: skip


def extract(*entries: Entry, first: int = 202611, last: int = 202612, **more: object) -> LedgerExtract:
    known: dict[str, object] = {
        "numbers": {},
        "papers": {},
        "seller": None,
        "home": "DE",
        "made": NEW_YEAR,
        "zone": BERLIN,
    }
    return LedgerExtract(first=first, last=last, entries=entries, **{**known, **more})  # type: ignore[arg-type]


def rows(file: bytes) -> list[dict[str, str]]:
    """The rows that DATEV reads."""
    _, names, *found = csv.reader(file.decode("cp1252").splitlines(), delimiter=";")
    return [dict(zip(names, one, strict=True)) for one in found]


def booked(kind: TaxKind, tax: int, **numbers: str) -> set[tuple[str, str]]:
    """Account and amount of a sale of 100.00 with this tax."""
    own = {name.replace("_", "/"): number for name, number in numbers.items()}
    found = rows(datev.write(extract(sale(kind, tax=tax), numbers=own)))
    assert {one["Gegenkonto (ohne BU-Schlüssel)"] for one in found} == {"10000"}
    return {(one["Konto"], one["Umsatz (ohne Soll/Haben-Kz)"]) for one in found}


def test_a_late_booking_has_a_day_of_the_month_it_counts_in() -> None:
    [late] = rows(datev.write(extract(sale(period="2026-12"), first=202612)))
    assert (late["Belegdatum"], late["Leistungsdatum"]) == ("0112", "30112026")
    [in_time] = rows(datev.write(extract(sale())))
    assert (in_time["Belegdatum"], in_time["Leistungsdatum"]) == ("3011", "30112026")


async def test_datev_accepts_one_year_at_once(shop: Shop) -> None:
    with pytest.raises(Invalid, match="one calendar year"):
        await shop.books.export("datev", "2025-12", "2026-01")
    assert await shop.books.export("datev", "2026-01", "2026-12")


@pytest.mark.slow
def test_datev_accepts_99_999_rows_and_not_one_more() -> None:
    one = sale()
    assert datev.write(extract(*[one] * 99_999))
    with pytest.raises(Invalid, match="99999 rows"):
        datev.write(extract(*[one] * 100_000))


def test_an_account_that_knows_its_tax_is_booked_gross() -> None:
    assert booked(GERMAN, 1900) == {("8400", "119,00")}
    assert booked(TaxKind(country="FR", rate_ppm=200_000), 2000) == {("8320", "120,00")}
    assert booked(TaxKind(country="DE", rate_ppm=160_000), 1600, revenue_DE_160000="8401") == {("8401", "116,00")}
    assert booked(TaxKind(country="AT", category="K"), 0) == {("8125", "100,00")}


def test_an_account_without_a_tax_key_is_booked_net() -> None:
    """DE 16 % of 2020; and 19 % where the shop has one account for all sales."""
    assert booked(TaxKind(country="DE", rate_ppm=160_000), 1600) == {("8200", "100,00"), ("1770", "16,00")}
    assert booked(GERMAN, 1900, revenue="8000") == {("8000", "100,00"), ("1770", "19,00")}
    assert booked(GERMAN, 1900, revenue="8000", tax_DE_190000="1776") == {("8000", "100,00"), ("1776", "19,00")}
    assert booked(TaxKind(country="FR", rate_ppm=200_000), 2000, revenue="8000") == {("8000", "100,00"), ("1700", "20,00")}  # fmt: skip
    assert booked(TaxKind(country="CH", rate_ppm=81_000), 810) == {("8200", "100,00"), ("1700", "8,10")}


@pytest.mark.parametrize("write", [datev.write, fec.write])
def test_a_shop_without_euros_is_referred_to_csv(write) -> None:
    with pytest.raises(Invalid, match=r"CHF.*csv"):
        write(extract(sale(), sale(currency="CHF")))


def test_a_file_for_french_inspectors_is_named_by_siren_and_last_day() -> None:
    french = msgspec.structs.replace(NORTHLIGHT, tax_ids=(*NORTHLIGHT.tax_ids, TaxId(country="FR", id=FRENCH_ID)))
    assert file_name("fec", "2026-01", "2028-02", french) == "303265045FEC20280229.txt"
    assert file_name("fec", "2026-01", "2026-12", NORTHLIGHT) == "000000000FEC20261231.txt"
    assert file_name("fec", "2026-01", " 2026-11 ", None) == "000000000FEC20261130.txt"
    assert file_name("datev", "2026-11", "2026-11", french) == "EXTF_2026-11_2026-11.csv"


async def test_the_file_is_sent_with_its_name(shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]) -> None:
    await shop.pricing.set_seller(msgspec.structs.replace(NORTHLIGHT, tax_ids=(TaxId(country="FR", id=FRENCH_ID),)))
    answer = await api.get("/v1/ledger-export?from=2026-01&to=2026-03&form=fec", headers=staff)
    assert answer.headers["content-disposition"] == 'attachment; filename="303265045FEC20260331.txt"'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
async def test_a_text_is_not_exported_as_a_formula(shop: Shop, text: str) -> None:
    [row] = _csv(exports.write_csv(extract(sale(text=text))))[:1]
    assert row["text"] == f"'{text}"


def test_a_number_below_0_stays_a_number() -> None:
    back = msgspec.structs.replace(sale(net=-10_000, tax=-1900), kind="return")
    found = _csv(exports.write_csv(extract(back)))
    assert [(one["debit"], one["credit"], one["tax_base"]) for one in found] == [
        ("", "119.00", ""),
        ("100.00", "", ""),
        ("19.00", "", "100.00"),
    ]
    [*_, tax] = _csv(exports.write_csv(extract(sale())))
    assert tax["tax_base"] == "-100.00"


def _csv(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def test_days_in_files_are_those_of_the_shop() -> None:
    one = extract(sale(booked=NEW_YEAR))
    names, first, *_ = (line.split("\t") for line in fec.write(one).decode().splitlines())
    assert dict(zip(names, first, strict=True))["ValidDate"] == "20260101"
    fields = {each.tag.rpartition("}")[2]: each.text for each in ET.fromstring(saft.write(one)).iter()}  # noqa: S314 -- ours
    for name in ("AuditFileDateCreated", "SystemEntryDate", "GLPostingDate"):
        assert fields[name] == "2026-01-01", name
    assert datev.write(one).split(b";")[5].startswith(b"20260101003000")


async def test_files_are_written_without_blocking_other_requests(shop: Shop) -> None:
    await kettles(shop)
    await shop.bus.settle()
    here: list[object] = []  # all that ran in this thread
    sys.setprofile(lambda frame, _event, _of: here.append(frame.f_code))
    try:
        found = await shop.books.export("csv", "2026-03", "2026-03")
    finally:
        sys.setprofile(None)
    assert b"Order" in found.content
    assert exports.write_csv.__code__ not in here


# --- files of any size


def written(folder: Path) -> list[str]:
    """The names of the files in the folder, without the shop's data."""
    return sorted(one.name for one in folder.iterdir() if one.name != "data")


async def test_a_file_written_page_by_page_equals_the_answer_of_the_api(shop: Shop, tmp_path: Path) -> None:
    for _ in range(3):
        await kettles(shop)
    await shop.bus.settle()
    for form in LARGE:
        file = tmp_path / f"ledger.{form}"
        assert await write_ledger(shop, form, "2026-03", "2026-03", file) == [file]
        answered = (await shop.books.export(form, "2026-03", "2026-03")).content
        assert file.read_bytes()[200:] == answered[200:]  # before it: when it was made
        assert file.stat().st_mode & 0o077 == 0
        with pytest.raises(Refused, match="there already"):
            await write_ledger(shop, form, "2026-03", "2026-03", file)
    assert written(tmp_path) == ["ledger.csv", "ledger.datev", "ledger.fec"]


async def test_datev_gets_as_many_files_as_its_rows_need(shop: Shop, tmp_path: Path) -> None:
    for _ in range(3):
        await kettles(shop)
    await shop.bus.settle()
    rows = (await shop.books.export("datev", "2026-03", "2026-03")).content.split(b"\r\n")
    files = await write_ledger(shop, "datev", "2026-03", "2026-03", tmp_path / "d.csv", most_rows=4)
    assert [one.name for one in files[:2]] == ["d.csv", "d-2.csv"]
    parts = [one.read_bytes().split(b"\r\n") for one in files]
    assert all(part[1] == rows[1] and len(part) <= 2 + 4 + 1 for part in parts)
    assert [row for part in parts for row in part[2:-1]] == rows[2:-1]


async def test_a_failed_export_leaves_no_file(shop: Shop, tmp_path: Path) -> None:
    lines: list[tuple[Account, int]] = [("bank", 100), ("fees", -100)]
    postings = tuple(CorrectionLine(account=name, amount=Money(each, "CHF")) for name, each in lines)
    await shop.books.correct(Correction(text="x", lines=postings), SYSTEM)
    for form in ("fec", "datev"):
        with pytest.raises(Invalid, match="CHF"):
            await write_ledger(shop, form, "2026-03", "2026-03", tmp_path / "x")
    with pytest.raises(Invalid):
        await write_ledger(shop, "csv", "2026-13", "2026-03", tmp_path / "x")
    for form in ("csv", "datev"):
        with pytest.raises(Unavailable, match="No such file or directory"):
            await write_ledger(shop, form, "2026-04", "2026-04", tmp_path / "not there" / "x")
    assert written(tmp_path) == []
