"""Care and measurement texts, by family or material."""

from shopwright.demo.goods import DemoProduct
from shopwright.services.catalog.contract import AttributeType

MEASURES = (
    ("capacity", "Capacity", "l"), ("volume", "Volume", "l"), ("diameter", "Diameter", "cm"), ("height", "Height", "cm"),
    ("weight_kg", "Weight", "kg"), ("power", "Power", "W"), ("burning_hours", "Burns for", "hours"),
)  # fmt: skip
UNITS = tuple(AttributeType(name=name, title=title, kind="measurement", unit=unit) for name, title, unit in MEASURES)
BY_FAMILY = {
    "kettle": "Descale it with vinegar once a month. Dry it after use.",
    "lamp": "Unplug it, let it cool, then wipe it with a dry cloth.",
    "pendant": "Switch it off, let it cool, then dust it with a dry cloth.",
    "candle": "Trim the wick to half a centimetre before you light it.",
    "speaker": "Dust it with a dry brush; keep water away.",
    "headphones": "Wipe the cushions with a barely damp cloth.",
    "clock": "Dust it now and then. One AA battery lasts about a year.",
    "notebook": "Keep it flat and dry.",
    "card": "Keep them flat and dry.",
    "tent": "Dry it before you store it, or it will smell of last summer.",
    "can": "Empty it after use; it lasts longer dry.",
    "trowel": "Brush off the soil and oil it once a year.",
    "bottle": "Rinse it by hand and let it dry open.",
}
BY_FAMILY_AND_MATERIAL = {
    ("soap", "Olive oil"): "Let it dry between washes; it will last twice as long.",
    ("soap", "Glass"): "Rinse the bottle and fill it again.",
    ("knife", "Stainless steel"): "Wash by hand and dry at once: dishwashers blunt blades.",
    ("pot", "Stoneware"): "Rinse it with warm water when you repot.",
    ("pen", "Cedar"): "Sharpen with a sharp blade, and do not drop them: leads break inside.",
    ("pen", "Brass"): "It darkens with use. Polish it, or let it.",
    ("pen", "Steel"): "Wipe with a dry cloth.",
    ("toy", "Beech"): "Wipe with a damp cloth; do not soak.",
    ("toy", "Maple"): "Wipe with a damp cloth; do not soak.",
    ("toy", "Wool"): "Wash by hand in cold water and dry flat.",
    ("towel", "Cotton"): "Wash at 60 °C without softener.",
}
OILED = "Wipe with a damp cloth, dry at once, and oil it once a year."
WASHED_WOOL = "Air it rather than wash it. When you must: wool programme, cold, dried flat."
BY_MATERIAL = {
    "Enamelled steel": "Wash by hand with a soft sponge; scouring dulls the enamel.",
    "Enamelled cast iron": "Let it cool before you wash it, by hand, with a soft sponge.",
    "Cast iron": "Wash without soap, dry on the hob, rub with a drop of oil.",
    "Carbon steel": "Wash by hand and dry at once.",
    "Stainless steel": "Wash by hand or in the dishwasher.",
    "Copper": "Wash by hand. Lemon and salt bring back the shine.",
    "Steel": "Wipe with a damp cloth and dry.",
    "Galvanised steel": "Rinse and let it dry.",
    "Stoneware": "Safe in the dishwasher and the microwave.",
    "Glass": "Safe in the dishwasher.",
    "Terracotta": "Brush it off when dry. Bring it in before hard frost.",
    "Beech": OILED, "Oak": OILED, "Birch": OILED, "Maple": OILED, "Walnut": OILED,
    "Board": "Keep it dry; dust it with a soft brush.",
    "Linen": "Wash at 40 °C. Line-dry it, and iron it damp if you iron at all.",
    "Half linen": "Wash at 60 °C. Line-dry if you can.",
    "Cotton": "Wash at 40 °C. Line-dry if you can.",
    "Canvas": "Sponge it with cold water and dry it flat.",
    "Wool": WASHED_WOOL, "Recycled wool": WASHED_WOOL, "Felt": WASHED_WOOL,
    "Waxed cotton": "Brush it off when dry. Wax it once a year; never machine-wash.",
    "Leather": "Feed it with a little leather cream once a year.",
    "Recycled polyester": "Sponge it with lukewarm water and let it dry in the shade.",
}  # fmt: skip


def care_of(product: DemoProduct) -> str:
    """The text that fits this product."""
    material = str(product.attributes.get("material", ""))
    return (
        BY_FAMILY_AND_MATERIAL.get((product.family, material)) or BY_FAMILY.get(product.family) or BY_MATERIAL[material]
    )
