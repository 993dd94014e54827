"""Northlight's assortment: twelve categories of about ten products."""

import msgspec


class DemoProduct(msgspec.Struct, frozen=True):
    """A demo product. Several `colours` or `sizes` become options; price in cents."""

    title: str
    family: str
    form: int
    material: str
    colours: tuple[str, ...]
    price: int
    brand: str
    text: str
    sizes: tuple[str, ...] = ()
    attributes: dict[str, str | float | bool] = {}
    reduced_from: int = 0


class Aisle(msgspec.Struct, frozen=True):
    """A category."""

    slug: str
    title: str
    text: str
    products: tuple[DemoProduct, ...]


def _t(
    title: str, drawing: str, colours: str, price: float, brand: str, text: str, **more: str | float | bool
) -> DemoProduct:
    """`drawing` is "family form material"; `sizes` and `was` are taken out of `more`, the rest are attributes."""
    family, form, material = drawing.split()
    sizes = tuple(str(more.pop("sizes", "")).split("|")) if more.get("sizes") else ()
    was = round(float(more.pop("was", 0)) * 100)
    return DemoProduct(
        title, family, int(form), material, tuple(colours.split()), round(price * 100), brand, text, sizes, more, was
    )


AISLES = (
    Aisle("kitchen", "Kitchen", "Pots, pans, knives and kettles that do one thing well.", (
        _t("Harbour Kettle", "kettle 0 enamel", "Red Navy Cream", 64, "Brun & Daughters", "Holds 1.2 l. Boils in four minutes on gas or induction. The spout pours where you point it.", material="Enamelled steel", capacity=1.2, induction=True),
        _t("Gooseneck Kettle", "kettle 3 steel", "Steel Black", 79, "Ostra", "Holds 0.9 l. A thin, slow stream for filter coffee. The handle stays cool.", material="Stainless steel", capacity=0.9, induction=True),
        _t("Studio Kettle", "kettle 2 matte", "Forest Sand", 58, "Ostra", "Holds 1.5 l and whistles two notes, not one.", material="Steel", capacity=1.5, induction=False, was=72),
        _t("Everyday Pan", "pan 0 matte", "Charcoal", 49, "Brun & Daughters", "Cast iron, seasoned with linseed oil. Gets better every time you fry an egg.", material="Cast iron", sizes="20 cm|24 cm|28 cm", induction=True),
        _t("Copper Sauté Pan", "pan 3 steel", "Copper", 129, "Maison Cerf", "Heats in seconds and forgives nothing. Lined with steel, so it needs no retinning.", material="Copper", sizes="24 cm|28 cm", induction=False),
        _t("Sunday Casserole", "pan 1 enamel", "Sage Rust Navy", 145, "Maison Cerf", "Holds 4.5 l: a chicken, or soup for six. From the hob to the oven to the table.", material="Enamelled cast iron", capacity=4.5, induction=True),
        _t("Tall Stock Pot", "pan 2 steel", "Steel", 89, "Ostra", "Holds 7 l. Marks inside every half litre.", material="Stainless steel", capacity=7.0, induction=True),
        _t("Cook’s Knife", "knife 0 wood", "Walnut Black", 84, "Holm Forge", "A 20 cm blade of carbon steel, ground thin. Rusts if you leave it wet, cuts like nothing else if you do not.", material="Carbon steel"),
        _t("Three Knives", "knife 1 wood", "Oak", 139, "Holm Forge", "Cook’s, utility and paring knife. The three you use; none of the nine you do not.", material="Stainless steel", was=165),
        _t("Spoons for Stirring", "knife 2 wood", "Birch Walnut", 22, "Holm Forge", "Three spoons from one plank. The flat one reaches the corners.", material="Beech"),
        _t("Bread Board", "board 1 wood", "Oak Walnut", 44, "Tarn Workshop", "One piece of wood, oiled. The hole is for the hook, the groove for the crumbs.", material="Oak"),
    )),
    Aisle("table", "Table", "Plates that stack, glasses that last, mugs you reach for first.", (
        _t("Morning Mug", "mug 0 ceramic", "White Clay Blue Sage", 14.5, "Tarn Workshop", "Holds 0.3 l. Thrown by hand, so no two are quite the same height.", material="Stoneware", capacity=0.3),
        _t("Tall Latte Mug", "mug 1 ceramic", "Cream Teal", 16, "Tarn Workshop", "Holds 0.4 l, with an unglazed band that is good to hold.", material="Stoneware", capacity=0.4),
        _t("Wide Cup", "mug 2 ceramic", "Rose Mustard", 15, "Field & Kiln", "Holds 0.35 l. Wide enough to dip in.", material="Stoneware", capacity=0.35),
        _t("Camp Mug", "mug 4 enamel", "Navy White Forest", 11, "Brun & Daughters", "Holds 0.35 l. Enamel on steel: chips in time, never breaks.", material="Enamelled steel", capacity=0.35, was=13),
        _t("Dinner Plate", "plate 0 ceramic", "White Sky Charcoal", 18, "Field & Kiln", "27 cm, with a rim that keeps the sauce where it belongs.", material="Stoneware", diameter=27.0),
        _t("Rimmed Plate", "plate 3 ceramic", "Cream", 19.5, "Field & Kiln", "24 cm, a line of iron around the edge.", material="Stoneware", diameter=24.0),
        _t("Side Plates, Set of Five", "plate 1 ceramic", "Sage White", 55, "Field & Kiln", "18 cm. They stack to the height of one hand.", material="Stoneware", diameter=18.0),
        _t("Soup Bowls, Set of Four", "plate 2 ceramic", "Black Sand", 62, "Tarn Workshop", "Hold 0.6 l each. Deep enough for noodles.", material="Stoneware", capacity=0.6),
        _t("Everyday Glasses, Set of Three", "glass 0 glass", "Glass Amber", 24, "Lumen Glass", "Tempered: they bounce more often than they break. 0.25 l.", material="Glass", capacity=0.25),
        _t("Wine Glasses, Pair", "glass 1 glass", "Glass", 32, "Lumen Glass", "One shape for red and white. 0.45 l.", material="Glass", capacity=0.45),
        _t("Carafe", "glass 2 glass", "Glass Sky", 36, "Lumen Glass", "Holds 1 l and fits the fridge door.", material="Glass", capacity=1.0),
        _t("Low Tumblers, Pair", "glass 3 glass", "Amber Glass", 21, "Lumen Glass", "For juice at seven and whisky at seven. 0.3 l.", material="Glass", capacity=0.3),
    )),
    Aisle("lighting", "Lighting", "Lamps to read by, lamps to talk under.", (
        _t("Harbour Table Lamp", "lamp 0 ceramic", "Blue White", 119, "Nordlys", "A ceramic foot and a linen shade. The light is warm to the edge of the page.", material="Ceramic", height=46.0, bulb="E27"),
        _t("Mushroom Lamp", "lamp 1 enamel", "Mustard Rust White", 98, "Nordlys", "Dims to a night light. The switch is on the foot, not behind the bed.", material="Steel", height=38.0, bulb="E14"),
        _t("Reading Lamp", "lamp 2 matte", "Grey Black Sage", 134, "Holm Forge", "Two joints, one hand. Stays where you leave it.", material="Steel", height=52.0, bulb="LED"),
        _t("Bedside Lamp", "lamp 3 ceramic", "Sand Sage", 76, "Nordlys", "Small enough to leave room for a book and a glass.", material="Ceramic", height=31.0, bulb="E14", was=89),
        _t("Drum Lamp", "lamp 4 brass", "Linen", 108, "Nordlys", "A brass stem and a wide, quiet shade.", material="Brass", height=48.0, bulb="E27"),
        _t("Dome Pendant", "pendant 0 enamel", "Forest White Black", 149, "Ostra", "42 cm across. Lights the whole table and nobody’s eyes.", material="Enamelled steel", diameter=42.0, bulb="E27"),
        _t("Clay Pendant", "pendant 1 matte", "Clay", 126, "Tarn Workshop", "Terracotta, thin enough to ring. The light falls straight down.", material="Terracotta", diameter=30.0, bulb="E27"),
        _t("Copper Pendant", "pendant 2 steel", "Copper Brass", 139, "Ostra", "Spun from one sheet, lacquered, so it stays bright.", material="Copper", diameter=26.0, bulb="E27"),
        _t("Wide Pendant", "pendant 3 matte", "Sand", 158, "Nordlys", "50 cm of spun steel over the long side of the table.", material="Steel", diameter=50.0, bulb="E27"),
        _t("Beeswax Candle", "candle 0 ceramic", "Cream Sage Plum", 26, "Field & Kiln", "Burns for 40 hours in a cup you will keep.", material="Beeswax", burning_hours=40.0),
        _t("Dinner Tapers, Three", "candle 1 matte", "Rust White Sky", 18, "Field & Kiln", "Nine hours, no dripping, no scent.", material="Stearin", burning_hours=9.0),
    )),
    Aisle("desk", "Desk", "Tools for thinking on paper, and for finding it again.", (
        _t("Field Notebook", "notebook 0 matte", "Forest Navy Rust", 12, "Paper & Co", "160 pages that lie flat. Ink does not come through.", pages=160.0, ruling="Dotted", material="Paper"),
        _t("Spiral Notebook", "notebook 1 matte", "Black Mustard", 9.5, "Paper & Co", "100 pages, perforated. Turns all the way round.", pages=100.0, ruling="Lined", material="Paper"),
        _t("Bound Journal", "notebook 2 matte", "Walnut Teal", 24, "Paper & Co", "240 pages, a band and a ribbon. A year, if you write little.", pages=240.0, ruling="Plain", material="Paper"),
        _t("Brass Pen", "pen 0 brass", "Brass", 48, "Holm Forge", "Turned from one rod. Takes the refill you find at any station.", material="Brass"),
        _t("Five Pencils", "pen 1 wood", "Mustard Forest", 8, "Paper & Co", "Cedar, HB. Sharpened once, by us.", material="Cedar"),
        _t("Rollerball, Three", "pen 4 steel", "Navy", 27, "Paper & Co", "Black, blue, red. Dry before your hand gets there.", material="Steel", was=33),
        _t("Letter Tray", "folder 0 wood", "Oak Walnut", 52, "Tarn Workshop", "Three trays: now, soon, never.", material="Oak"),
        _t("File Boxes, Three", "folder 1 matte", "Clay Teal", 34, "Paper & Co", "Grey board and linen tape. A4, 8 cm wide.", material="Board"),
        _t("Desk Clock", "clock 0 matte", "Forest White", 64, "Ostra", "No tick. 24 cm.", material="Steel", diameter=24.0),
        _t("Wall Clock", "clock 1 matte", "Mustard Charcoal", 72, "Ostra", "30 cm. Read from across the room without glasses.", material="Steel", diameter=30.0),
    )),
    Aisle("textiles", "Textiles", "Linen, wool and cotton that get better with washing.", (
        _t("Linen Cushion", "cushion 1 matte", "Sage Sand Rust", 39, "Lisle Mill", "50 × 50 cm, with a feather filling and a hidden zip.", material="Linen", sizes="40 × 40 cm|50 × 50 cm"),
        _t("Striped Cushion", "cushion 3 matte", "Charcoal Blue", 42, "Lisle Mill", "Woven stripes, not printed: the back is the front the other way round.", material="Cotton"),
        _t("Long Cushion", "cushion 6 matte", "Mustard Plum", 46, "Lisle Mill", "60 × 35 cm, for the small of the back.", material="Wool", was=55),
        _t("Lambswool Blanket", "blanket 1 matte", "Cream Grey Forest", 119, "Lisle Mill", "130 × 180 cm from a mill that has done nothing else since 1871.", material="Wool"),
        _t("Waffle Blanket", "blanket 0 matte", "White Sky", 74, "Lisle Mill", "Warm in winter, light in summer. 140 × 200 cm.", material="Cotton"),
        _t("Picnic Blanket", "blanket 3 matte", "Red Navy", 68, "Fell & Tarn", "Wool above, waxed cotton below. The grass may be wet.", material="Wool"),
        _t("Fringed Throw", "blanket 2 matte", "Clay Olive", 84, "Lisle Mill", "120 × 170 cm, recycled wool, no two the same.", material="Recycled wool", was=98),
        _t("Kitchen Towels, Pair", "towel 1 matte", "Blue Sage", 19, "Lisle Mill", "Half linen: they dry glasses without leaving a trace of themselves.", material="Half linen"),
        _t("Tablecloth Towel", "towel 4 matte", "Linen", 29, "Lisle Mill", "Too big for a towel, too small for a tablecloth. Used daily as both.", material="Linen"),
        _t("Wool Seat Pad", "cushion 0 matte", "Charcoal Rust", 24, "Lisle Mill", "Felt, 8 mm. Makes a wooden chair a long evening’s chair.", material="Felt"),
    )),
    Aisle("bags", "Bags", "For the week, the weekend and the way there.", (
        _t("Day Pack", "backpack 1 matte", "Olive Navy Black", 98, "Fell & Tarn", "18 l. A laptop, a lunch and a jumper.", material="Waxed cotton", volume=18.0),
        _t("Lid Pack", "backpack 2 matte", "Sand Red", 124, "Fell & Tarn", "24 l under a lid that keeps the rain out.", material="Waxed cotton", volume=24.0),
        _t("Roll-top Pack", "backpack 0 matte", "Mustard Charcoal", 136, "Fell & Tarn", "22 l when rolled, 28 l when not.", material="Recycled polyester", volume=22.0, was=158),
        _t("School Pack", "backpack 4 matte", "Teal Rust", 72, "Fell & Tarn", "14 l, with a pocket for what must not be crushed.", material="Recycled polyester", volume=14.0),
        _t("Market Tote", "tote 0 matte", "Rust Natural", 46, "Lisle Mill", "Canvas with a leather foot. Stands by itself.", material="Canvas", volume=20.0),
        _t("Everyday Tote", "tote 1 matte", "Navy Sage Plum", 34, "Lisle Mill", "One pocket inside, one outside. Long handles.", material="Canvas", volume=16.0),
        _t("Beach Tote", "tote 2 matte", "Sky Linen", 29, "Lisle Mill", "Holds four towels. Sand falls out.", material="Cotton", volume=28.0),
        _t("Work Tote", "tote 3 matte", "Black Walnut", 128, "Fell & Tarn", "Full leather, vegetable-tanned. Darkens with you.", material="Leather", volume=18.0),
        _t("Weekender", "tote 4 matte", "Forest Charcoal", 112, "Fell & Tarn", "34 l: two days, three if you pack well.", material="Waxed cotton", volume=34.0),
        _t("Picnic Pack", "backpack 5 matte", "Clay", 142, "Fell & Tarn", "Insulated, 20 l, with a place for the bottle.", material="Waxed cotton", volume=20.0),
    )),
    Aisle("outdoors", "Outdoors", "Tents, flasks and mugs for when the kettle is a fire.", (
        _t("Two-Person Tent", "tent 0 matte", "Forest Mustard", 289, "Fell & Tarn", "2.1 kg. Two poles, one person, six minutes.", material="Recycled polyester", persons=2.0, weight_kg=2.1),
        _t("Dome Tent", "tent 1 matte", "Olive Rust", 349, "Fell & Tarn", "Three sleep, four fit. Stands in wind we would not.", material="Recycled polyester", persons=3.0, weight_kg=3.4),
        _t("Garden Tent", "tent 2 matte", "Sand Sky", 189, "Fell & Tarn", "For children, and for their parents’ afternoons.", material="Cotton", persons=2.0, weight_kg=4.0, was=219),
        _t("Steel Flask", "bottle 1 steel", "Forest Steel Black", 36, "Ostra", "0.75 l. Twelve hours hot, a day cold.", material="Stainless steel", capacity=0.75),
        _t("Trail Bottle", "bottle 0 matte", "Rust Teal Sand", 28, "Ostra", "0.6 l, with a loop for one finger.", material="Stainless steel", capacity=0.6),
        _t("Small Flask", "bottle 2 enamel", "White Navy", 24, "Ostra", "0.35 l, exactly one coffee.", material="Stainless steel", capacity=0.35),
        _t("Commuter Bottle", "bottle 3 matte", "Charcoal Sage", 32, "Ostra", "0.5 l. Opens with a thumb, never in the bag.", material="Stainless steel", capacity=0.5),
        _t("Expedition Mug", "mug 4 enamel", "Rust Sky", 13, "Brun & Daughters", "Holds 0.5 l and survives the fire.", material="Enamelled steel", capacity=0.5),
        _t("Camp Stool", "chair 2 wood", "Birch Walnut", 62, "Tarn Workshop", "Folds flat, carries 120 kg.", material="Beech", height=38.0),
        _t("Fireside Blanket", "blanket 5 matte", "Charcoal Forest", 92, "Lisle Mill", "Wool: sparks go out by themselves.", material="Wool"),
    )),
    Aisle("garden", "Garden", "Tools that outlive handles, pots that outlive plants.", (
        _t("Trowel and Fork", "trowel 0 wood", "Oak", 44, "Holm Forge", "Forged, not stamped. Ash handles you can replace.", material="Carbon steel"),
        _t("Planting Trowel", "trowel 1 wood", "Walnut Rust", 26, "Holm Forge", "Marks for 5, 10 and 15 cm.", material="Stainless steel"),
        _t("Watering Can, 5 l", "can 1 matte", "Forest Sand", 48, "Brun & Daughters", "Balanced when full and when nearly empty.", material="Galvanised steel", capacity=5.0),
        _t("Watering Can, 3 l", "can 0 steel", "Steel Copper", 39, "Brun & Daughters", "The long spout reaches the back row.", material="Galvanised steel", capacity=3.0),
        _t("Indoor Can", "can 2 matte", "White Clay", 34, "Field & Kiln", "1.2 l, and pretty enough to leave out.", material="Steel", capacity=1.2, was=42),
        _t("Bowl Planter", "pot 0 ceramic", "Cream Charcoal", 46, "Field & Kiln", "24 cm, with a hole and a saucer you do not see.", material="Stoneware", diameter=24.0),
        _t("Terracotta Pot", "pot 1 matte", "Clay", 18, "Tarn Workshop", "Breathes, like roots want it to.", material="Terracotta", sizes="14 cm|18 cm|22 cm"),
        _t("Wide Planter", "pot 2 ceramic", "Sage Sand", 58, "Field & Kiln", "30 cm: three herbs, or one quarrel of mint.", material="Stoneware", diameter=30.0),
        _t("Tall Pot", "pot 4 matte", "Charcoal White", 39, "Field & Kiln", "For what grows upwards. 22 cm.", material="Terracotta", diameter=22.0),
        _t("Potting Stool", "chair 5 wood", "Oak", 74, "Tarn Workshop", "Low, wide, and glad of a bit of soil.", material="Oak", height=32.0),
    )),
    Aisle("bath", "Bath", "Thick towels, plain soap.", (
        _t("Bath Towel", "towel 0 matte", "White Sage Clay", 34, "Lisle Mill", "70 × 140 cm, 600 g/m². Dry by the next morning.", material="Cotton", sizes="50 × 100 cm|70 × 140 cm|100 × 150 cm"),
        _t("Guest Towels, Pair", "towel 3 matte", "Sky Sand", 22, "Lisle Mill", "30 × 50 cm, with a loop that holds.", material="Cotton"),
        _t("Hammam Towel", "towel 2 matte", "Linen Rose", 29, "Lisle Mill", "Flat-woven: packs to the size of a book.", material="Cotton", was=36),
        _t("Bath Sheet", "towel 6 matte", "Charcoal Teal", 52, "Lisle Mill", "100 × 180 cm. There is enough of it.", material="Cotton"),
        _t("Olive Soap, Three", "soap 0 matte", "Sage Cream", 16, "Field & Kiln", "Olive oil, water, lye, six months of waiting.", material="Olive oil"),
        _t("Clay Soap, Three", "soap 2 matte", "Rose Clay", 18, "Field & Kiln", "Rose clay for hands that garden.", material="Olive oil"),
        _t("Hand Wash", "soap 1 ceramic", "Blue Amber", 14, "Field & Kiln", "0.5 l, to be filled again. Smells of rosemary, a little.", material="Glass", capacity=0.5),
        _t("Shower Wash", "soap 3 ceramic", "Forest White", 16, "Field & Kiln", "0.5 l, for hair too, if you are in a hurry.", material="Glass", capacity=0.5),
        _t("Bath Stool", "chair 8 wood", "Birch", 69, "Tarn Workshop", "Oiled birch. Holds a book and a wet foot.", material="Birch", height=42.0),
    )),
    Aisle("audio", "Audio", "Sound for a room, sound for one.", (
        _t("Shelf Speaker", "speaker 1 wood", "Walnut Oak", 189, "Lumen Audio", "Two ways, in real wood. Fills 20 m² without trying.", material="Walnut", power=40.0, wireless=False),
        _t("Kitchen Radio", "speaker 0 wood", "Oak Walnut", 129, "Lumen Audio", "One knob. Remembers your station.", material="Oak", power=12.0, wireless=True),
        _t("Twin Speaker", "speaker 2 matte", "Rust Charcoal White", 159, "Lumen Audio", "Wireless, 14 hours, two drivers that do not argue.", material="Felt", power=20.0, wireless=True, was=189),
        _t("Tall Speaker", "speaker 3 matte", "Charcoal Sand", 249, "Lumen Audio", "Stands beside the sofa and disappears.", material="Felt", power=60.0, wireless=True),
        _t("Desk Speaker", "speaker 4 wood", "Birch", 99, "Lumen Audio", "The size of a paperback, louder than you expect.", material="Birch", power=10.0, wireless=True),
        _t("Listening Headphones", "headphones 0 matte", "Sand Black", 179, "Lumen Audio", "Closed, 210 g. Eight hours and still comfortable.", material="Leather", wireless=False),
        _t("Travel Headphones", "headphones 1 matte", "Navy Rose Grey", 219, "Lumen Audio", "Take the engine away, leave the music. 30 hours.", material="Recycled plastic", wireless=True),
        _t("Studio Headphones", "headphones 2 steel", "Charcoal", 259, "Lumen Audio", "Flat, honest, repairable: every part has a number.", material="Steel", wireless=False),
        _t("Children’s Headphones", "headphones 3 matte", "Mustard Teal", 59, "Lumen Audio", "Never louder than 85 dB.", material="Recycled plastic", wireless=True),
    )),
    Aisle("paper", "Paper", "Cards worth keeping, paper worth writing on.", (
        _t("Flower Cards, Six", "card 0 matte", "Rose Mustard", 15, "Paper & Co", "Printed from linocuts. Six flowers, six envelopes.", material="Cotton paper"),
        _t("Thank-You Cards, Eight", "card 1 matte", "Rust Sage", 16, "Paper & Co", "The inside is empty. You know what to say.", material="Cotton paper"),
        _t("Letterpress Card", "card 2 matte", "Navy", 5, "Paper & Co", "You can feel it with your thumb.", material="Cotton paper"),
        _t("Writing Set", "card 3 matte", "Cream Sky", 28, "Paper & Co", "Twenty sheets, ten envelopes, one afternoon.", material="Cotton paper", was=34),
        _t("Sketchbook", "notebook 3 matte", "Charcoal Natural", 19, "Paper & Co", "120 g/m², takes ink and a light wash.", pages=96.0, material="Paper", ruling="Plain"),
        _t("Music Notebook", "notebook 4 matte", "Plum", 14, "Paper & Co", "Twelve staves a page.", pages=80.0, material="Paper", ruling="Staves"),
        _t("Pocket Notebook", "notebook 5 matte", "Rust Forest Navy", 7, "Paper & Co", "64 pages. Goes where the telephone goes.", pages=64.0, material="Paper", ruling="Plain"),
        _t("Drawing Pencils, Five", "pen 2 wood", "Charcoal", 13, "Paper & Co", "2H to 4B, in graphite that does not scratch.", material="Cedar"),
        _t("Document Trays", "folder 2 matte", "Sand Sage", 38, "Paper & Co", "Three, stackable, of pressed paper.", material="Board"),
    )),
    Aisle("children", "Children", "Toys of wood that survive the first child.", (
        _t("Stacking Rings", "toy 0 wood", "Blue Rust", 29, "Tarn Workshop", "Five rings. There is a right order and many better ones.", material="Beech", age="1 year and up"),
        _t("Building Blocks", "toy 1 wood", "Mustard Sage", 36, "Tarn Workshop", "Forty blocks in four colours, in a cotton bag.", material="Beech", age="1 year and up"),
        _t("Wooden Car", "toy 2 wood", "Red Forest Sky", 24, "Tarn Workshop", "Rolls straight, crashes well.", material="Beech", age="1 year and up"),
        _t("Bear", "toy 3 matte", "Clay Walnut", 42, "Lisle Mill", "Wool inside and out. Listens.", material="Wool", age="From birth"),
        _t("Small Bear", "toy 7 matte", "Sand Grey", 28, "Lisle Mill", "The bear’s brother, for pockets.", material="Wool", age="From birth", was=34),
        _t("Tower Blocks", "toy 5 wood", "Teal", 32, "Tarn Workshop", "Twenty-four cubes with one rounded edge.", material="Maple", age="1 year and up"),
        _t("Child’s Chair", "chair 0 wood", "Birch Sage", 89, "Tarn Workshop", "A real chair, 28 cm high.", material="Birch", height=28.0, age="2 years and up"),
        _t("Spindle Chair", "chair 1 wood", "Oak White", 94, "Tarn Workshop", "Like the ones at the big table, only first.", material="Oak", height=30.0, age="2 years and up"),
        _t("Child’s Mug", "mug 5 enamel", "Mustard Sky", 10, "Brun & Daughters", "0.25 l, cannot break, has been tested.", material="Enamelled steel", capacity=0.25, age="2 years and up"),
    )),
)  # fmt: skip
