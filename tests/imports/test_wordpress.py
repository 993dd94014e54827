"""The export of WordPress contains the same as the product table of WooCommerce, in other places."""

import gzip
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwright.importers.draft import Draft, ImportIssue
from shopwright.importers.files import read_tables
from shopwright.importers.php import unserialized
from shopwright.kit.errors import Invalid
from shopwright.kit.money import Money
from tests.builders.imports import read, real

pytestmark = pytest.mark.slow

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
    ' xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version>'
)
FEET = "</channel></rss>"


def post(number: int, kind: str = "product", *, inside: str = "", status: str = "publish", **meta: str) -> str:
    fields = {"post_id": str(number), "post_type": kind, "status": status}
    return (
        f"<item><title>Thing {number}</title>"
        + "".join(f"<wp:{name}>{escape(value)}</wp:{name}>" for name, value in fields.items())
        + inside
        + "".join(
            f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>{escape(value)}</wp:meta_value></wp:postmeta>"
            for key, value in meta.items()
        )
        + "</item>"
    )


def term(taxonomy: str, slug: str, name: str) -> str:
    return f'<category domain="{taxonomy}" nicename="{slug}">{escape(name)}</category>'


def export(tmp_path: Path, *posts: str, head: str = "") -> Path:
    path = tmp_path / "export.xml"
    path.write_text(HEAD + head + "".join(posts) + FEET, encoding="utf-8")
    return path


def drafts(path: Path) -> list[Draft]:
    return [one for one in read(path, "woocommerce") if isinstance(one, Draft)]


def test_the_sample_products_are_the_same_in_both_forms() -> None:
    def summary(one: Draft) -> dict[str, object]:
        variants = [
            (variant.sku, variant.options, variant.price, variant.compare_at, variant.on_hand, bool(variant.image))
            for variant in one.variants
        ]
        return {
            "title": one.title, "published": one.published, "options": one.options, "variants": sorted(variants, key=str),
            "pictures": len(one.images), "tags": one.tags, "leaf": sorted(path[-1] for path in one.categories),
        }  # fmt: skip

    def all_of(name: str) -> dict[str, dict[str, object]]:
        return {one.variants[0].sku or one.title: summary(one) for one in drafts(real(f"catalog-woocommerce/{name}"))}

    table, posts = all_of("sample_products.csv.gz"), all_of("sample_products.xml.gz")
    assert posts.keys() == table.keys()
    # The table was exported when the shop counted stock; the posts when it did not.
    assert posts == table


def test_names_of_values_categories_and_pictures_are_found_elsewhere_in_the_file(tmp_path: Path) -> None:
    head = (
        "<wp:term><wp:term_taxonomy>product_cat</wp:term_taxonomy><wp:term_slug>mugs</wp:term_slug>"
        "<wp:term_parent>kitchen</wp:term_parent><wp:term_name>Mugs, cups</wp:term_name></wp:term>"
        "<wp:term><wp:term_taxonomy>product_cat</wp:term_taxonomy><wp:term_slug>kitchen</wp:term_slug>"
        "<wp:term_parent></wp:term_parent><wp:term_name>Kitchen</wp:term_name></wp:term>"
    )
    declared = serialized(
        {"pa_colour": {"name": "pa_colour", "value": ""}, "groesse": {"name": "Größe", "value": "S | M, L"}}
    )
    path = export(
        tmp_path,
        post(2, "product_variation", inside="<wp:post_parent>1</wp:post_parent>", attribute_pa_colour="dark-blue", attribute_groesse="M, L", _regular_price="5", _sku="MUG-1", _thumbnail_id="9"),
        post(3, "product_variation", inside="<wp:post_parent>1</wp:post_parent>", attribute_pa_colour="", attribute_groesse="S", _regular_price="6", _sku="MUG-2"),
        post(1, inside=term("product_type", "variable", "variable") + term("product_cat", "mugs", "Mugs, cups")
             + term("pa_colour", "dark-blue", "Dark blue, matt") + term("pa_colour", "red", "Red")
             + "<content:encoded>One\nline \\n kept</content:encoded>", _product_attributes=declared, _product_image_gallery="9, 8"),
        post(8, "attachment", inside="<wp:attachment_url>https://shop.example/8.jpg</wp:attachment_url>"),
        post(9, "attachment", inside="<wp:attachment_url>https://shop.example/9,a.jpg</wp:attachment_url>"),
        head=head,
    )  # fmt: skip
    [one] = drafts(path)
    assert one.categories == (("Kitchen", "Mugs, cups"),)
    assert one.options == ("Colour", "Größe")
    assert [(variant.sku, variant.options, variant.price) for variant in one.variants] == [
        ("MUG-1", {"Colour": "Dark blue, matt", "Größe": "M, L"}, Money(500, "EUR")),
        ("MUG-2-1", {"Colour": "Dark blue, matt", "Größe": "S"}, Money(600, "EUR")),
        ("MUG-2-2", {"Colour": "Red", "Größe": "S"}, Money(600, "EUR")),
    ]
    assert [image.url for image in one.images][:2] == ["https://shop.example/9,a.jpg", "https://shop.example/8.jpg"]
    assert one.description == "One<br>line \\n kept"


@pytest.mark.parametrize(
    ("status", "left_out", "published"),
    [
        ("publish", (), True),
        ("publish", ("exclude-from-search",), True),
        ("publish", ("exclude-from-catalog", "exclude-from-search"), False),
        ("draft", (), False),
        ("pending", (), False),
        ("private", (), False),
        ("future", (), False),
        ("", (), False),
    ],
)
def test_a_hidden_product_is_not_published(
    tmp_path: Path, status: str, left_out: tuple[str, ...], published: bool
) -> None:
    hidden = "".join(term("product_visibility", slug, slug) for slug in left_out)
    [one] = drafts(export(tmp_path, post(1, status=status, inside=hidden, _regular_price="5")))
    assert one.published is published


@pytest.mark.parametrize(
    ("meta", "on_hand", "backorder"),
    [
        ({"_manage_stock": "yes", "_stock": "7"}, 7, False),
        ({"_manage_stock": "yes", "_stock": "-2", "_backorders": "notify"}, 0, True),
        ({"_manage_stock": "no", "_stock": "7", "_stock_status": "instock"}, None, False),
        ({"_manage_stock": "no", "_stock_status": "outofstock"}, 0, False),
        ({"_stock_status": "onbackorder"}, None, True),
    ],
)
def test_stock_is_the_number_counted_by_the_shop(
    tmp_path: Path, meta: dict[str, str], on_hand: int | None, backorder: bool
) -> None:
    [one] = drafts(export(tmp_path, post(1, _regular_price="5", **meta)))
    assert (one.variants[0].on_hand, one.variants[0].backorder > 0) == (on_hand, backorder)


@pytest.mark.parametrize(("ends", "price"), [("1772323200", 500), ("1803859200", 400), ("", 400), ("soon", None)])
def test_a_past_sale_is_ignored(tmp_path: Path, ends: str, price: int | None) -> None:
    found = drafts(
        export(tmp_path, post(1, _regular_price="5", _sale_price="4", _sale_price_dates_to=ends))
    )  # read on 2 March 2026; 1 March 2026, 1 March 2027
    assert [one.variants[0].price.amount for one in found] == ([] if price is None else [price])


def test_other_content_of_the_file_is_reported(tmp_path: Path) -> None:
    reviewed = "<wp:comment><wp:comment_content>Good</wp:comment_content></wp:comment>"
    path = export(tmp_path, post(1, inside=reviewed, _regular_price="5"), post(2, "page"), post(3, "shop_order"))
    [table] = read_tables(path)
    assert [number for number, _ in table.records()] == [1]
    assert "1 × page, 1 × shop_order" in table.notes[0]
    assert "1 reviews stay behind" in table.notes[1]


def test_attributes_that_only_variations_name_are_options_by_their_keys(tmp_path: Path) -> None:
    below = "<wp:post_parent>1</wp:post_parent>"
    sizes = [
        post(n, "product_variation", inside=below, attribute_size=size, _regular_price="5")
        for n, size in ((2, "S"), (3, "M"))
    ]
    variable = term("product_type", "variable", "variable")
    [one] = drafts(export(tmp_path, post(1, inside=variable, _product_attributes='a:1:{s:4:"torn'), *sizes))
    assert [variant.options for variant in one.variants] == [{"size": "S"}, {"size": "M"}]


def test_a_variation_without_its_product_is_reported(tmp_path: Path) -> None:
    path = export(tmp_path, post(5, "product_variation", inside="<wp:post_parent>4</wp:post_parent>", _price="5"))
    [issue] = [one for one in read(path, "woocommerce") if isinstance(one, ImportIssue) and one.outcome == "refused"]
    assert (issue.row, "id:4" in issue.detail) == (1, True)


def test_the_export_may_be_compressed(tmp_path: Path) -> None:
    plain = export(tmp_path, post(1, _regular_price="5"))
    packed = tmp_path / "export.xml.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert drafts(packed) == drafts(plain) != []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read on"),
        ("<rss><channel></channel></rss>", "not an export of WordPress"),
        ("<html><body>Sign in</body></html>", "not an export of WordPress"),
        (f"{HEAD}<item><title>Torn", "cannot be read on"),
        ("Handle,Title\na,b\n", "cannot be read on"),
        (
            '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
            + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'.replace("&a-1;", "&a;") for n in range(9))
            + f"]>{HEAD.partition('?>')[2]}<item><title>&a8;</title></item>{FEET}",
            "cannot be read on",
        ),
        (
            f'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>{HEAD.partition("?>")[2]}<item><title>&a;</title></item>{FEET}',
            "cannot be read on",
        ),
    ],
    ids=["empty", "rss", "page", "torn", "csv", "growing", "elsewhere"],
)
def test_another_kind_of_export_is_refused_with_the_right_one(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "export.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=words):
        read_tables(path)


# --- PHP serialisation


def serialized(value: object) -> str:
    """A value as PHP serialises it."""
    match value:
        case None:
            return "N;"
        case bool():
            return f"b:{int(value)};"
        case int():
            return f"i:{value};"
        case str():
            return f's:{len(value.encode())}:"{value}";'
        case dict():
            inner = "".join(serialized(key) + serialized(one) for key, one in value.items())
            return f"a:{len(value)}:{{{inner}}}"
    raise TypeError(value)


TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | TEXTS,
    lambda inner: st.dictionaries(TEXTS | st.integers(0, 99), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_php_serialised_data_is_read(value: object) -> None:
    assert unserialized(serialized(value)) == value


@given(VALUES, st.integers(0, 200), st.characters(blacklist_categories=("Cs",)))
def test_broken_data_is_nothing_and_no_error(value: object, at: int, other: str) -> None:
    text = serialized(value)
    unserialized(text[:at] + other + text[at + 1 :])
    unserialized(text[:at])


def test_deep_data_and_objects_are_nothing() -> None:
    assert unserialized("a:1:{i:0;" * 3000 + "N;" + "}" * 3000) is None
    assert unserialized('O:8:"stdClass":0:{}') is None
