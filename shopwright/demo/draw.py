"""Product pictures by family, form, colour and material, in three views."""

from collections.abc import Callable, Mapping

from shopwright.demo import furnishings, soft, vessels
from shopwright.demo.ink import COLOURS, FLOOR, GROUNDS, SHEET, Canvas, shade

Drawing = Callable[[Canvas, str, str, int], None]

FAMILIES: Mapping[str, Drawing] = {
    name: function
    for module in (vessels, furnishings, soft)
    for name, function in vars(module).items()
    if callable(function) and getattr(function, "__module__", "") == module.__name__ and not name.startswith("_")
}
HANGING = frozenset({"pendant", "towel", "clock", "knife", "trowel", "pen", "notebook", "card"})
# Small things are shown closer: the part of the sheet in the front view.
NEAR: Mapping[str, tuple[float, float, float, float]] = {
    "mug": (160, 370, 480, 600), "candle": (140, 330, 520, 650), "soap": (140, 330, 520, 650), "plate": (60, 180, 680, 850),
    "cushion": (100, 290, 600, 750), "blanket": (100, 310, 600, 750), "toy": (130, 270, 560, 700), "speaker": (120, 290, 560, 700),
    "glass": (40, 240, 720, 900), "tote": (130, 220, 560, 700), "folder": (120, 280, 560, 700), "pot": (80, 220, 640, 800),
    "bottle": (120, 200, 560, 700), "headphones": (120, 230, 560, 700), "board": (100, 220, 600, 750), "kettle": (20, 220, 760, 950),
    "can": (20, 240, 760, 950), "chair": (100, 180, 600, 750), "backpack": (80, 180, 640, 800),
}  # fmt: skip


def draw(family: str, form: int, colour: str, material: str, ground: int, view: str = "front") -> str:
    """An SVG of 800 × 1000. `view`: "front", "detail" (a crop) or "use" (on a table, a wall, grass)."""
    ink = Canvas()
    tone = COLOURS.get(colour, COLOURS["Natural"])
    where = GROUNDS[ground % len(GROUNDS)]
    if view == "use":
        _place(ink, family, ground)
        where = GROUNDS[(ground + 3) % len(GROUNDS)]
        ink.add('<g transform="translate(400 820) scale(.72) translate(-400 -820)">')
        FAMILIES[family](ink, tone, material, form)
        ink.add("</g>")
        if family not in HANGING:
            _companion(ink, ground)
        return ink.sheet(where)
    FAMILIES[family](ink, tone, material, form)
    if view == "detail":
        return ink.sheet(where, (220, FLOOR - 520, 400, 500))
    return ink.sheet(where, NEAR.get(family, (0, 0, *SHEET)))


def _place(ink: Canvas, family: str, ground: int) -> None:
    """The setting: a table top of wood or cloth, and window light on the wall."""
    wood = (COLOURS["Oak"], COLOURS["Birch"], COLOURS["Walnut"], COLOURS["Linen"])[ground % 4]
    ink.path("M430 0 H690 L560 640 H300Z", "#ffffff", opacity=0.20)
    ink.path("M548 0 l20 0 L438 640 l-20 0Z", shade(GROUNDS[(ground + 3) % 8], -0.02), opacity=0.7)
    if family in HANGING:
        return
    top = FLOOR - 60
    ink.box(0, top, SHEET[0], 240, ink.flat_fill(wood))
    ink.grain(0, top, SHEET[0], 230, wood, ground)
    ink.box(0, top, SHEET[0], 5, shade(wood, 0.30))


def _companion(ink: Canvas, ground: int) -> None:
    """A small thing beside it, for scale: a book, a lemon, a sprig."""
    if ground % 3 == 0:
        ink.shadow(660, 862, 60, 0.25)
        ink.ellipse(660, 830, 56, 40, ink.round_fill("#d8b53c", "matte"))
        ink.ellipse(716, 828, 10, 8, "#c7a430")
    elif ground % 3 == 1:
        ink.shadow(140, 872, 120, 0.25)
        ink.box(40, 836, 210, 30, ink.flat_fill("#4b6d94"), radius=4)
        ink.box(56, 808, 180, 28, ink.flat_fill("#c98a5a"), radius=4)
    else:
        ink.line("M640 880 Q680 780 650 700", "#5c6b4a", 6)
        for n in range(5):
            side = -1 if n % 2 else 1
            y = 720 + n * 30
            ink.add(
                f'<ellipse cx="{656 + side * 26}" cy="{y}" rx="28" ry="11" fill="#74875e" transform="rotate({side * -32} {656 + side * 26} {y})"/>'
            )
