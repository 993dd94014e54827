"""The meanings of columns: a table for each kind of file, with all known spellings.

Each meaning is used by its importer, or reported as ignored. Columns that *restrict* (who may see a product, whether it
is sold) are never guessed: an unknown column that might be one stops the import.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import msgspec

from shopwright.importers.languages import WOOCOMMERCE as WOOCOMMERCE_IN_OTHER_LANGUAGES

UNIT = re.compile(r"\s*[(\[]\s*(kg|g|gr|mg|lbs?|oz|t|mm|cm|m|in|inch|ft|yd)\.?\s*[)\]]\s*$", re.IGNORECASE)


class Meaning(msgspec.Struct, frozen=True):
    """A meaning. `numeric`: its cells show the file's number format. `left_out`: why it is ignored."""

    name: str
    spellings: tuple[str, ...]
    restricts: bool = False
    numeric: bool = False
    left_out: str = ""


class Pattern(msgspec.Struct, frozen=True):
    """Columns with names in them: `Metafield: custom.fabric` is the attribute “fabric”.

    The first group of `of` is that name, and {} in `name`.
    """

    of: re.Pattern[str]
    name: str
    left_out: str = ""


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file. `needs`: required meanings; `decimal`: its usual decimal sign."""

    kind: str
    meanings: tuple[Meaning, ...]
    needs: tuple[str, ...]
    patterns: tuple[Pattern, ...] = ()
    decimal: str = ""

    def meaning(self, name: str) -> Meaning | None:
        return next((one for one in self.meanings if one.name == name), None)


def plain(header: str) -> str:
    """A header without case, diacritics, blanks and punctuation; numbers become #."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", header).casefold())
    return re.sub(r"\d+", "#", "".join(one for one in folded if one.isalnum() or one == "#"))


def known_as(known: Format) -> Mapping[str, Meaning]:
    """All spellings of a format in plain form."""
    return {plain(spelling): meaning for meaning in known.meanings for spelling in (meaning.name, *meaning.spellings)}


def _made(*lines: tuple[str, str], numeric: str = "", restricts: str = "") -> tuple[Meaning, ...]:
    return tuple(
        Meaning(name, tuple(spellings.split("|")), name in restricts.split(), name in numeric.split())
        for name, spellings in lines
    )


def _no_place(*lines: tuple[str, str, str]) -> tuple[Meaning, ...]:
    return tuple(Meaning(name, tuple(spellings.split("|")), left_out=why) for name, spellings, why in lines)


SIZE = "the size of a parcel is not kept"
SHOWN = "only says how it was shown there"

SHOPIFY = Format(
    kind="shopify",
    needs=("handle", "title", "price"),
    decimal=".",
    meanings=(
        *_made(
            ("handle", "Handle|URL handle"),
            ("title", "Title"),
            ("description", "Body (HTML)|Body HTML|Body|Description"),
            ("brand", "Vendor"),
            ("category", "Product Category|Product Category (Shopify)|Standard Product Type|Standardized Product Type"),
            ("type", "Type|Custom Product Type"),
            ("tags", "Tags"),
            ("published", "Published|Published on online store"),
            ("status", "Status"),
            ("option#_name", "Option# Name"),
            ("option#_value", "Option# Value"),
            ("sku", "Variant SKU|SKU"),
            ("barcode", "Variant Barcode|Barcode"),
            ("grams", "Variant Grams|Weight value (grams)|Grams"),
            ("weight", "Variant Weight|Weight"),
            ("weight_unit", "Variant Weight Unit|Weight unit for display|Weight unit"),
            ("tracker", "Variant Inventory Tracker|Inventory tracker"),
            ("stock", "Variant Inventory Qty|Inventory quantity|Inventory Qty"),
            ("policy", "Variant Inventory Policy|Continue selling when out of stock|Inventory policy"),
            ("price", "Variant Price|Price"),
            ("compare_at", "Variant Compare At Price|Compare-at price|Compare At Price"),
            ("cost", "Cost per item|Variant Cost"),
            ("taxable", "Variant Taxable|Charge tax|Taxable"),
            ("image", "Image Src|Product image URL|Image URL"),
            ("image_position", "Image Position"),
            ("image_alt", "Image Alt Text"),
            ("variant_image", "Variant Image|Variant image URL"),
            ("gift_card", "Gift Card"),
            ("seo_title", "SEO Title"),
            ("seo_description", "SEO Description"),
            numeric="grams weight stock price compare_at cost",
            restricts="published status gift_card",
        ),
        *_no_place(
            ("fulfilment", "Variant Fulfillment Service|Fulfillment service", "parcels are sent from the shop"),
            ("requires_shipping", "Variant Requires Shipping|Requires shipping", "everything is sent"),
            ("tax_code", "Variant Tax Code|Tax code", "taxes follow the tax class"),
            ("option#_linked_to", "Option# Linked To", SHOWN),
            ("collection", "Collection|Collections", "collections are made in the back office"),
            ("unit_price", "Unit Price Total Measure|Unit Price Total Measure Unit|Unit Price Base Measure|Unit Price Base Measure Unit|Total Unit Price Measure", "prices per unit are not kept"),
            ("template", "Template Suffix|ID|Variant ID|Command|Tags Command|Created At|Updated At|Published At|Published Scope|URL|Total Inventory Qty|Row #|Top Row|Variant Position|Variant Command|Variant Inventory Item ID|Image Type|Image Command|Image Width|Image Height|Variant HS Code|HS Code|Variant Country of Origin|Country of Origin|Variant Province of Origin", SHOWN),
        ),
    ),
    patterns=(
        Pattern(re.compile(r"^(.*\S)\s*\((?:product\.)?metafields\.[^)]*\)$", re.IGNORECASE), "attribute: {}"),
        Pattern(re.compile(r"^Metafield:\s*(?:[\w-]+\.)?([\w -]+?)\s*(?:\[[^\]]*\])?$", re.IGNORECASE), "attribute: {}"),
        Pattern(re.compile(r"^(.*\S)\s*\(variant\.metafields\.[^)]*\)$", re.IGNORECASE), "-", "belongs to single variants"),
        Pattern(re.compile(r"^Variant Metafield:(.*)$", re.IGNORECASE), "-", "belongs to single variants"),
        Pattern(re.compile(r"^Google Shopping / (Gender|Age Group|MPN|Condition|Google Product Category)$", re.IGNORECASE), "attribute: {}"),
        Pattern(re.compile(r"^(Gender|Age Group|MPN|Condition|Google Product Category)$", re.IGNORECASE), "attribute: {}"),
        Pattern(re.compile(r"^Google Shopping / (.*)$", re.IGNORECASE), "-", "is for advertisements"),
        Pattern(re.compile(r"^(AdWords.*|Custom label \d)$", re.IGNORECASE), "-", "is for advertisements"),
        Pattern(re.compile(r"^(?:Included|Status|Published) / (.+)$", re.IGNORECASE), "market: {}"),
        Pattern(re.compile(r"^(?:Compare[ -]At )?Price / (.+)$", re.IGNORECASE), "-", "is the price list of another market"),
        Pattern(re.compile(r"^Inventory Available: ?(.+)$", re.IGNORECASE), "location: {}"),
    ),
)  # fmt: skip

_WOOCOMMERCE = (
    *_made(
        ("id", "ID"),
        ("kind", "Type"),
        ("sku", "SKU"),
        ("barcode", "GTIN, UPC, EAN, or ISBN"),
        ("title", "Name"),
        ("published", "Published"),
        ("visibility", "Visibility in catalog|Visibility in catalogue|Catalog visibility"),
        ("short_description", "Short description"),
        ("description", "Description"),
        ("sale_from", "Date sale price starts"),
        ("sale_to", "Date sale price ends"),
        ("tax_status", "Tax status"),
        ("tax_class", "Tax class"),
        ("in_stock", "In stock?"),
        ("stock", "Stock"),
        ("cost", "Meta: _wc_cog_cost|Cost of goods|Cost price"),
        ("low_stock", "Low stock amount"),
        ("backorders", "Backorders allowed?"),
        ("weight", "Weight"),
        ("sale_price", "Sale price"),
        ("price", "Regular price"),
        ("categories", "Categories"),
        ("tags", "Tags"),
        ("images", "Images"),
        ("brand", "Brands|Brand"),
        ("parent", "Parent"),
        ("attribute#_name", "Attribute # name"),
        ("attribute#_values", "Attribute # value(s)"),
        ("seo_title", "Meta: _yoast_wpseo_title|Meta: rank_math_title"),
        ("seo_description", "Meta: _yoast_wpseo_metadesc|Meta: rank_math_description"),
        numeric="stock weight sale_price price cost",
        restricts="published visibility sale_from sale_to kind parent",
    ),
    *_no_place(
        ("featured", "Is featured?", "there is no such mark"),
        ("sold_individually", "Sold individually?", "there is no such limit"),
        ("length", "Length", SIZE),
        ("width", "Width", SIZE),
        ("height", "Height", SIZE),
        ("reviews", "Allow customer reviews?", "reviews are for all products"),
        ("purchase_note", "Purchase note", "there are no notes after a purchase"),
        ("shipping_class", "Shipping class", "shipping follows weight and sum"),
        ("downloads", "Download limit|Download expiry days|Download # ID|Download # name|Download # URL", "downloads stay behind"),
        ("grouped", "Grouped products", "products are sold by themselves"),
        ("upsells", "Upsells", "recommendations follow what is bought"),
        ("cross_sells", "Cross-sells", "recommendations follow what is bought"),
        ("external_url", "External URL", "what another site sells is not imported"),
        ("button_text", "Button text", "what another site sells is not imported"),
        ("position", "Position", "products are sorted by what sells"),
        ("attribute#_visible", "Attribute # visible", SHOWN),
        ("attribute#_global", "Attribute # global", SHOWN),
        ("attribute#_default", "Attribute # default", SHOWN),
    ),
)  # fmt: skip
WOOCOMMERCE = Format(
    kind="woocommerce",
    needs=("kind", "title", "price"),
    meanings=tuple(
        msgspec.structs.replace(
            one, spellings=(*one.spellings, *WOOCOMMERCE_IN_OTHER_LANGUAGES.get(one.name, ()))
        )
        for one in _WOOCOMMERCE
    ),
    patterns=(
        Pattern(re.compile(r"^(?:Meta|Méta|Мета|Pola|メタ)\s*[:：]\s*(.*)$", re.IGNORECASE), "-", "belongs to a plugin"),
        Pattern(re.compile(r"^(Swatches Attributes)$", re.IGNORECASE), "-", "belongs to a plugin"),
    ),
)  # fmt: skip

MAGENTO = Format(
    kind="magento",
    needs=("sku", "name", "price"),
    decimal=".",
    meanings=(
        *_made(
            ("sku", "sku"),
            ("store_view", "store_view_code|_store"),
            ("kind", "product_type|_type"),
            ("categories", "categories"),
            ("category", "category"),
            ("name", "name"),
            ("description", "description"),
            ("short_description", "short_description"),
            ("weight", "weight"),
            ("online", "product_online|status"),
            ("tax_class", "tax_class_name|tax_class_id"),
            ("visibility", "visibility"),
            ("price", "price"),
            ("special_price", "special_price"),
            ("special_from", "special_price_from_date|special_from_date"),
            ("special_to", "special_price_to_date|special_to_date"),
            ("url_key", "url_key"),
            ("seo_title", "meta_title"),
            ("seo_description", "meta_description"),
            ("image", "base_image|image"),
            ("images", "additional_images"),
            ("qty", "qty"),
            ("in_stock", "is_in_stock"),
            ("manage_stock", "manage_stock"),
            ("config_manage_stock", "use_config_manage_stock"),
            ("backorders", "allow_backorders|backorders"),
            ("config_backorders", "use_config_backorders"),
            ("low_stock", "notify_on_stock_below"),
            ("cost", "cost"),
            ("brand", "manufacturer|brand"),
            ("attributes", "additional_attributes"),
            ("variations", "configurable_variations"),
            ("variation_labels", "configurable_variation_labels"),
            numeric="weight price special_price qty cost",
            restricts="online visibility special_from special_to store_view kind",
        ),
        *_no_place(
            ("msrp", "msrp_price|msrp|map_price|map_enabled|msrp_display_actual_price_type", "list prices of makers are not kept"),
            ("tier_prices", "tier_prices|group_prices|_tier_price_price", "prices by quantity are not kept"),
            ("keywords", "meta_keywords|meta_keyword", "search engines do not read them"),
            ("small_images", "small_image|thumbnail_image|thumbnail|swatch_image|small_image_label|thumbnail_image_label|swatch_image_label|base_image_label|additional_image_labels|image_label|hide_from_product_page|media_gallery", SHOWN),
            ("layout", "attribute_set_code|attribute_set|product_websites|display_product_options_in|custom_design|custom_design_from|custom_design_to|custom_layout_update|page_layout|product_options_container|options_container|custom_layout", SHOWN),
            ("dates", "created_at|updated_at|new_from_date|new_to_date|news_from_date|news_to_date", SHOWN),
            ("stock_rules", "out_of_stock_qty|use_config_min_qty|is_qty_decimal|min_cart_qty|use_config_min_sale_qty|max_cart_qty|use_config_max_sale_qty|use_config_notify_stock_qty|use_config_qty_inc|qty_increments|use_config_enable_qty_inc|enable_qty_increments|is_decimal_divided|website_id|deferred_stock_update|use_config_deferred_stock_update", "there are no such limits"),
            ("related", "related_skus|related_position|crosssell_skus|crosssell_position|upsell_skus|upsell_position|associated_skus", "recommendations follow what is bought"),
            ("country_of_manufacture", "country_of_manufacture", "is not kept"),
            ("gift", "gift_message_available|gift_wrapping_available|gift_wrapping_price|is_returnable", "there is no gift wrapping"),
            ("custom_options", "custom_options|bundle_options|bundle_price_type|bundle_sku_type|bundle_price_view|bundle_weight_type|bundle_values|bundle_shipment_type|downloadable_links|downloadable_samples|giftcard_type|giftcard_amount", "belongs to products that are not imported"),
        ),
    ),
)  # fmt: skip

TABLE = Format(
    kind="table",
    needs=("title", "price"),
    meanings=_made(
        ("id", "Product ID|Item ID|Artikel-ID"),
        ("sku", "Item number|Article number|Artikelnummer|Artikelnr|Art.-Nr.|Référence|Referencia|Codice|Артикул|Product code|Stock code|Part number|MPN"),
        ("title", "Name|Product|Product name|Product title|Item|Item name|Artikelname|Bezeichnung|Produktname|Titel|Nom|Titre|Nombre|Nome|Titolo|Naam|Nazwa|Имя|Название|Наименование|Ad|Ürün adı|名前|商品名|名称|Namn"),
        ("handle", "Slug|URL key|URL handle"),
        ("description", "Body|Text|Long description|Beschreibung|Beschreibung lang|Descripción|Descrizione|Beschrijving|Opis|Descrição|Описание|Açıklama|説明|商品説明|描述|Beskrivning"),
        ("short_description", "Short description|Summary|Kurzbeschreibung"),
        ("brand", "Vendor|Manufacturer|Maker|Marke|Hersteller|Marque|Fabricant|Marca|Merk|Marka|Бренд|ブランド|品牌"),
        ("categories", "Category|Categories|Product type|Department|Kategorie|Kategorien|Warengruppe|Catégorie|Categoría|Categoria|Categorie|Категория|Kategori|カテゴリー|分类"),
        ("tags", "Keywords|Schlagwörter|Labels"),
        ("price", "Unit price|Retail price|Sales price|RRP|Preis|Verkaufspreis|VK|Bruttopreis|Prix|Prix TTC|Precio|Prezzo|Prijs|Cena|Preço|Цена|Fiyat|価格|价格|Pris"),
        ("compare_at", "Compare at price|List price|Old price|UVP|Streichpreis|Was"),
        ("cost", "Cost per item|Cost price|Unit cost|Purchase price|Einkaufspreis|EK|EK netto|Prix d'achat|Precio de coste|Prezzo di acquisto|Inkoopprijs|Cena zakupu|Preço de custo|Закупочная цена"),
        ("currency", "Currency code|Währung|Devise|Moneda|Valuta|Moeda|Валюта"),
        ("stock", "Quantity|Qty|In stock|Inventory|On hand|Bestand|Lagerbestand|Menge|Quantité|Cantidad|Existencias|Quantità|Voorraad|Ilość|Stan|Estoque|Остаток|Количество|Stok|在庫|库存|Lager"),
        ("weight", "Gewicht|Poids|Peso|Waga|Вес|Ağırlık|重量|Vikt"),
        ("barcode", "EAN|GTIN|UPC|ISBN|GTIN, UPC, EAN, or ISBN|Код"),
        ("images", "Image|Images|Image URL|Picture|Pictures|Photo|Bild|Bilder|Bild-URL|Photo URL|Imagen|Immagine|Afbeelding|Zdjęcie|Imagem|Изображение|Görsel|画像|图片"),
        ("published", "Published|Active|Online|Enabled|Aktiv|Veröffentlicht|Actif|Publié|Activo|Publicado|Attivo|Pubblicato|Actief|Gepubliceerd|Aktywny|Opublikowano|Ativo|Активен|Опубликован|Etkin|公開|上架"),
        ("visibility", "Visibility|Visibility in catalog|Sichtbarkeit|Visibilité|Visibilidad|Visibilità|Zichtbaarheid|Widoczność|Visibilidade|Видимость|Görünürlük"),
        ("status", "State|Zustand|Statut|Estado|Stato|Статус|Durum"),
        ("seo_title", "SEO title|Meta title"),
        ("seo_description", "SEO description|Meta description"),
        ("parent", "Parent|Parent SKU|Group|Gruppe"),
        ("option#_name", "Option# Name"),
        ("option#_value", "Option# Value"),
        numeric="price compare_at cost stock weight",
        restricts="published visibility status",
    ),
)  # fmt: skip

FORMATS: Mapping[str, Format] = {one.kind: one for one in (SHOPIFY, WOOCOMMERCE, MAGENTO, TABLE)}
SPELLINGS = frozenset(spelling for one in FORMATS.values() for spelling in known_as(one))
# Word parts of restrictions in many languages: unknown columns with one of them are asked about.
RESTRICTING: Sequence[str] = (
    "publish", "publi", "visib", "visible", "status", "hidden", "draft", "sichtbar", "veroffentlich", "zichtbaar",
    "gepubliceerd", "widoczn", "opublikow", "видим", "опублик", "gorunur", "yayim", "表示", "公開", "synlig",
    "viditeln", "lathat", "nakyv", "julkaist", "可见", "显示", "发布", "노출", "공개",
)  # fmt: skip
# Values only restrictions have.
RESTRICTED_VALUES = frozenset({
    "hidden", "visible", "catalog", "search", "draft", "archived", "unlisted", "private", "pending", "invisible",
    "not visible individually", "catalog, search", "versteckt", "entwurf", "caché", "brouillon", "oculto", "borrador",
    "nascosto", "bozza", "verborgen", "concept", "ukryty", "szkic", "rascunho", "скрыт", "черновик", "gizli", "taslak",
    "非表示", "下書き", "隐藏", "草稿",
})  # fmt: skip
