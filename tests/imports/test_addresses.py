"""Addresses of earlier shops: one invalid field costs neither the address nor its customer or order."""

import csv
import io
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.kit.addresses import Address

CUSTOMERS = "First Name,Last Name,Email,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone"
LONG = "Very long street " * 15
ODD = {
    "a postal code that cannot be": ("Ada,L,{},,Torstraße 1,,Berlin,,DE,1011,", "postal_code", "1011"),
    "a region there is not": ("Ada,L,{},,1 Broadway,,New York,Atlantis,US,10004,", "region", "Atlantis"),
    "a line that is too long": (f"Ada,L,{{}},,{LONG},,Berlin,,DE,10119,", "line1", LONG.strip()),
    "a phone that is none": ("Ada,L,{},,Torstraße 1,,Berlin,,DE,10119,call me", "phone", "call me"),
    "a country there is not": ("Ada,L,{},,1 Deep Street,,Poseidonis,,Atlantis,10119,", "country", "Atlantis"),
    "no street": ("Ada,L,{},,,,Berlin,,DE,10119,", "line1", ""),
    "no city": ("Ada,L,{},,Torstraße 1,,,,DE,10119,", "city", ""),
}


async def take(shop: Shop, text: str, tmp_path: Path, **more) -> list[dict[str, str]]:
    path, report = tmp_path / "table.csv", tmp_path / "report.csv"
    path.write_text(text, encoding="utf-8")
    assert await run(shop, more.pop("kind", "shopify"), path, ImportOptions(report=report, fetch=False, **more)) == 0
    return [row for row in csv.DictReader(io.StringIO(report.read_text(encoding="utf-8"))) if row["row"]]


async def addresses_of(shop: Shop, email: str) -> list[Address]:
    user = await shop.users.by_email(email)
    return [one.address for one in await shop.users.addresses(user.id)]


@pytest.mark.parametrize("what", ODD)
async def test_a_customer_keeps_an_address_with_one_odd_field_as_it_is_written(
    shop: Shop, tmp_path: Path, what: str
) -> None:
    row, field, written = ODD[what]
    table = f"{CUSTOMERS}\nBea,B,bea@example.com,,Damrak 1,,Amsterdam,,nl,nl-1012ab,\n{row.format('ada@example.com')}\n"
    tried = await take(shop, table, tmp_path, how="try")
    assert await shop.users.by_email("ada@example.com") is None
    rows = await take(shop, table, tmp_path)
    assert [(one["row"], one["outcome"]) for one in rows] == [("2", "taken"), ("3", "taken"), ("3", "noted")]
    assert [(one["row"], one["outcome"], one["detail"]) for one in tried] == [
        (one["row"], one["outcome"], one["detail"]) for one in rows
    ]
    assert field in rows[-1]["detail"]
    assert written[:40] in rows[-1]["detail"]
    [address] = await addresses_of(shop, "ada@example.com")
    assert getattr(address, field) == written
    assert address.name == "Ada L"
    [good] = await addresses_of(shop, "bea@example.com")
    assert (good.country, good.postal_code) == ("NL", "1012 AB")


async def test_several_invalid_fields_and_a_missing_country_are_reported_in_one_message(
    shop: Shop, tmp_path: Path
) -> None:
    rows = await take(shop, f"{CUSTOMERS}\nAda,L,ada@example.com,,Torstraße 1,,Berlin,,,1,call me\n", tmp_path)
    assert all(name in rows[-1]["detail"] for name in ("postal_code “1”", "phone “call me”", "country"))
    [address] = await addresses_of(shop, "ada@example.com")
    assert (address.country, address.postal_code, address.phone) == ("DE", "1", "call me")


async def test_a_customer_whose_name_is_too_long_is_imported_under_the_email_address(
    shop: Shop, tmp_path: Path
) -> None:
    rows = await take(shop, f"{CUSTOMERS}\n{LONG},L,ada@example.com,,Torstraße 1,,Berlin,,DE,10119,\n", tmp_path)
    assert [one["outcome"] for one in rows] == ["taken", "noted", "noted"]
    assert (await shop.users.by_email("ada@example.com")).name == "ada"
    [address] = await addresses_of(shop, "ada@example.com")
    assert address.name == f"{LONG.strip()} L"


ORDERS = "Name,Email,Financial Status,Currency,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Province,Billing Country,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone"
ORDER = "{},ada@example.com,paid,EUR,0.00,0.00,64.00,2025-03-02 10:00:00 +0100,1,Kettle,64.00,Ada,Torstraße 1,Berlin,D-10119,,DE,"


@pytest.mark.parametrize(
    ("shipping", "field", "written"),
    [
        ("Ada,1 Broadway,New York,1004,NY,US,", "postal_code", "1004"),
        ("Ada,1 Broadway,New York,10004,Atlantis,US,", "region", "Atlantis"),
        ("Ada,1 Broadway,New York,10004,NY,US,call me", "phone", "call me"),
        ("Ada,1 Deep Street,Poseidonis,,,Atlantis,", "country", "Atlantis"),
        (f"Ada,{LONG},New York,10004,NY,US,", "line1", LONG.strip()),
    ],
)
async def test_an_order_is_imported_with_an_invalid_field_of_its_address_unchanged(
    shop: Shop, tmp_path: Path, shipping: str, field: str, written: str
) -> None:
    good = "Ada,1 Nathan Road,,000000,九龍,Hong Kong,"
    table = f"{ORDERS}\n{ORDER.format('#1')}{good}\n{ORDER.format('#2')}{shipping}\n"
    rows = await take(shop, table, tmp_path)
    assert [(one["row"], one["outcome"]) for one in rows] == [("2", "taken"), ("3", "taken"), ("3", "noted")]
    assert f"shipping {field} “{written[:40]}" in rows[-1]["detail"]
    first, second = [await shop.orders.get((await shop.orders.search(text=number))[0].id) for number in ("#1", "#2")]
    assert (first.shipping_address.country, first.shipping_address.region) == ("HK", "Kowloon")
    assert first.billing_address.postal_code == "10119"
    assert getattr(second.shipping_address, field) == written
    assert [one["outcome"] for one in await take(shop, table, tmp_path)] == ["unchanged", "unchanged"]
