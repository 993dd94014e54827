"""The search of the back office, which includes what shoppers cannot see."""

import html
import re

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.money import Money
from shopwright.services.catalog.contract import Product
from shopwright.web.product_view import write

pytestmark = pytest.mark.slow


async def put(shop: Shop, title: str, status: str = "draft", sku: str = "", barcode: str = "", **more: str) -> Product:
    variants = (write.VariantWrite(sku=sku, barcode=barcode, price=Money(6400, "EUR"), on_hand=9, weight=900),)
    made = await write.create(
        shop.product_views, write.ProductWrite(title=title, status=status, variants=variants, **more), "opening stock"
    )
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    return made


async def listed(office: httpx.AsyncClient, **query: str) -> list[str]:
    page = await office.get("/office/products", params=query)
    assert page.status_code == 200
    return re.findall(r'<a href="/office/products/([^"]+)">', page.text)


async def test_staff_find_drafts_by_title_brand_sku_and_barcode(shop: Shop, office: httpx.AsyncClient) -> None:
    draft = await put(shop, "Größe Ёлка 猫の置物", brand="Søstrene", sku="AB-123/4", barcode="4006381333931")
    await put(shop, "Other thing", status="published", sku="ZZ-1")
    for text in ("größe", "GROSSE", "елка", "ёлк", "猫", "置物", "sostrene", "ab1234", "AB 123 4", "AB-12", "4006381333931", "400638-1333931", "елка ab1234"):  # fmt: skip
        assert await listed(office, q=text) == [draft.id], text
        assert await listed(office, q=text, status="draft") == [draft.id], text
        assert await listed(office, q=text, status="published") == [], text
        assert "AB-123/4" in html.unescape((await office.get("/office/stock", params={"q": text})).text), text
        assert (await office.get("/v1/search", params={"q": text})).json()["total"] == 0, text
    for text in ("😀", "物置", "%", "_"):
        assert await listed(office, q=text) == [], text


async def test_a_status_filter_applies_during_a_search_and_from_page_to_page(
    shop: Shop, office: httpx.AsyncClient
) -> None:
    made = [await put(shop, f"Lamp {n}", status=("draft", "published")[n % 2]) for n in range(104)]
    drafts = [one.id for one in made[::2]]
    page = await office.get("/office/products", params={"q": "lamp", "status": "draft"})
    assert re.findall(r'<a href="/office/products/([^"]+)">', page.text) == drafts[:50]
    following = re.search(r'href="(\?[^"]*after=[^"]*)">More', page.text)
    assert following is not None
    rest = await office.get("/office/products" + following[1].replace("&amp;", "&"))
    assert re.findall(r'<a href="/office/products/([^"]+)">', rest.text) == drafts[50:]
    assert 'value="lamp"' in rest.text


async def test_search_terms_follow_every_change_of_a_product(shop: Shop, office: httpx.AsyncClient) -> None:
    made = await put(shop, "Old lamp")
    await write.patch(shop.product_views, made, write.ProductPatch(title="New chair", status="published"), None, "x")
    assert (await listed(office, q="lamp"), await listed(office, q="chairs")) == ([], [made.id])
    assert await listed(office, q="chair", status="draft") == []
    assert await listed(office, q="chair", status="published") == [made.id]


async def test_a_typo_finds_the_same_products_as_in_the_storefront(shop: Shop, office: httpx.AsyncClient) -> None:
    kettle = await put(shop, "Enamel kettle", status="published")
    assert await listed(office, q="ketle") == await listed(office, q="ketle", status="published") == [kettle.id]
    assert await listed(office, q="ketle", status="draft") == []


async def test_products_of_a_version_without_search_terms_are_found_too(shop: Shop, office: httpx.AsyncClient) -> None:
    made = [await put(shop, f"Lamp {n}") for n in range(3)]
    async with shop.databases["catalog"].begin() as tx:
        await tx.run("DELETE FROM product_words")
        await tx.run("DELETE FROM words_written")
    assert await listed(office, q="lamp") == []
    await shop.catalog.write_words()
    assert await listed(office, q="lamp") == [one.id for one in made]
    await shop.catalog.write_words()
    assert await shop.catalog.list_products(text="lamp", limit=1) == [await shop.catalog.get(made[0].id)]


@pytest.mark.parametrize("text", ["a" * 255, "1 " * 120, "猫" * 250, "'", "%_%", "²"])
async def test_any_input_of_staff_is_searched_as_text(shop: Shop, office: httpx.AsyncClient, text: str) -> None:
    await put(shop, "Lamp")
    assert await listed(office, q=text) == []
