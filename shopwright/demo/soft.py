"""Soft and flat things: cushions, blankets, towels, bags, tents, notebooks, pens, folders, cards."""

from shopwright.demo.ink import FLOOR, Canvas, shade


def cushion(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A cushion."""
    del material
    wide, high = (430, 400) if k % 3 else (500, 320)
    x, y = 400 - wide / 2, FLOOR - high
    ink.shadow(400, FLOOR, wide * 0.55)
    d = f"M{x} {y} Q400 {y + 46} {x + wide} {y} Q{x + wide - 40} {y + high / 2} {x + wide} {FLOOR} Q400 {FLOOR - 34} {x} {FLOOR} Q{x + 40} {y + high / 2} {x} {y}Z"
    ink.path(d, ink.weave("cloth", colour))
    ink.path(d, ink.round_fill(colour, "matte"), opacity=0.55)
    if k % 2:
        for n in range(1, 6):
            at = y + high * n / 6
            ink.line(
                f"M{x + 38} {at:.0f} Q400 {at + 12:.0f} {x + wide - 38} {at:.0f}", shade(colour, 0.50), 13, opacity=0.8
            )
    ink.line(d, shade(colour, -0.30), 4)


def blanket(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Folded blankets in a stack, with a fringe, or a rug."""
    del material
    ink.shadow(400, FLOOR, 250)
    for n in range(3 if k % 2 else 2):
        high = 120 if k % 2 else 170
        y = FLOOR - high * (n + 1) + 8 * n
        tone = shade(colour, 0.16 * n)
        ink.box(170 + 8 * n, y, 460 - 16 * n, high, ink.weave(f"cloth{n}", tone), radius=42)
        ink.box(
            170 + 8 * n,
            y,
            460 - 16 * n,
            high,
            ink.flat_fill(tone) if k % 3 else ink.round_fill(tone, "matte"),
            radius=42,
        )
        ink.line(f"M214 {y + high * 0.5:.0f} H600", shade(tone, -0.22), 4, opacity=0.7)
        for stripe in range(k % 4):
            ink.box(500 + stripe * 34, y + 2, 15, high - 4, shade(tone, 0.42))
        for fringe in range(9):
            ink.line(f"M{178 + 8 * n} {y + 16 + fringe * (high - 30) / 8:.0f} h-30", shade(tone, 0.10), 5)


def towel(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A towel on a rail."""
    del material
    ink.line("M160 300 H640", "#bf9648" if k % 2 else "#71492f", 18)
    for n in range(1 + k % 2):
        x = 250 + n * 170 - (0 if k % 2 else 20)
        wide, long = (150, 470) if k % 2 else (340, 510)
        tone = shade(colour, 0.22 * n)
        ink.path(f"M{x + 22} 330 h{wide} v{long} h-{wide}Z", "#2a2018", opacity=0.12)
        ink.box(x, 288, wide, long, ink.weave(f"cloth{n}", tone), radius=8)
        ink.box(x, 288, wide, long, ink.round_fill(tone, "matte"), radius=8)
        for fold in (0.3, 0.62):
            ink.line(f"M{x + wide * fold:.0f} 320 q8 {long / 2:.0f} -4 {long - 50}", shade(tone, -0.20), 5, opacity=0.5)
        for stripe in range(2 + k % 3):
            ink.box(x, 288 + long - 110 + stripe * 24, wide, 10, shade(tone, -0.30))


def backpack(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A backpack: roll-top or with a lid."""
    del material
    ink.shadow(400, FLOOR, 200)
    strap = "#71492f" if k % 2 else "#3b3a3a"
    top = FLOOR - 500
    ink.line(f"M356 {top + 12} q44 -80 88 0", strap, 17)
    ink.path(
        f"M222 {FLOOR - 20} Q208 {top + 120} 270 {top + 30} Q400 {top - 22} 530 {top + 30} Q592 {top + 120} 578 {FLOOR - 20} Q400 {FLOOR + 22} 222 {FLOOR - 20}Z",
        ink.round_fill(colour, "matte"),
    )
    if k % 3:
        ink.path(
            f"M240 {top + 70} Q400 {top - 26} 560 {top + 70} L556 {top + 236} Q400 {top + 274} 244 {top + 236}Z",
            ink.flat_fill(shade(colour, -0.08)),
        )
        for x in (320, 470):
            ink.box(x, top + 150, 20, 190, strap)
            ink.box(x - 6, top + 252, 32, 30, "#bf9648", radius=4)
    else:
        ink.box(262, top - 30, 276, 96, ink.flat_fill(shade(colour, -0.10)), radius=34)
        ink.line(f"M258 {top + 20} V{top + 220} M542 {top + 20} V{top + 220}", strap, 14)
    ink.box(278, FLOOR - 230, 244, 190, ink.flat_fill(shade(colour, 0.06)), radius=22)
    ink.line(f"M292 {FLOOR - 196} H508", shade(colour, -0.40), 6)


def tote(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A tote bag."""
    del material
    ink.shadow(400, FLOOR, 210)
    top = FLOOR - 400
    handle = "#71492f" if k % 2 else shade(colour, -0.2)
    ink.line(f"M300 {top + 20} C300 {top - 220} 500 {top - 220} 500 {top + 20}", shade(handle, -0.25), 20)
    ink.path(f"M196 {top} H604 L580 {FLOOR} H220Z", ink.weave("cloth", colour))
    ink.path(f"M196 {top} H604 L580 {FLOOR} H220Z", ink.round_fill(colour, "matte"), opacity=0.6)
    ink.line(f"M286 {top + 60} C286 {top - 190} 514 {top - 190} 514 {top + 60}", handle, 20)
    if k % 3 == 0:
        ink.path(f"M208 {FLOOR - 130} H592 L580 {FLOOR} H220Z", handle)
    elif k % 3 == 1:
        ink.box(300, top + 150, 200, 130, shade(colour, -0.16), radius=10)
    ink.line(f"M196 {top + 18} H604", shade(colour, -0.30), 4)


def tent(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A tent, or a camp stool's bigger brother: a tarp."""
    del material
    ink.ellipse(400, FLOOR - 4, 380, 40, "#7d8a63", opacity=0.5)
    ink.shadow(400, FLOOR, 300)
    if k % 2:
        ink.path(
            f"M90 {FLOOR} Q180 {FLOOR - 420} 400 {FLOOR - 430} Q620 {FLOOR - 420} 710 {FLOOR}Z",
            ink.round_fill(colour, "matte"),
        )
        ink.path(
            f"M300 {FLOOR} Q330 {FLOOR - 300} 420 {FLOOR - 330} Q480 {FLOOR - 200} 500 {FLOOR}Z", shade(colour, -0.50)
        )
        ink.path(
            f"M300 {FLOOR} Q330 {FLOOR - 300} 420 {FLOOR - 330} Q330 {FLOOR - 180} 352 {FLOOR}Z", shade(colour, 0.30)
        )
        return
    ink.path(f"M400 {FLOOR - 480} L90 {FLOOR} H400Z", shade(colour, 0.14))
    ink.path(f"M400 {FLOOR - 480} L710 {FLOOR} H400Z", shade(colour, -0.18))
    ink.path(f"M400 {FLOOR - 400} L290 {FLOOR} H500Z", shade(colour, -0.55))
    ink.path(f"M400 {FLOOR - 400} L290 {FLOOR} H340 Q350 {FLOOR - 180} 400 {FLOOR - 400}Z", shade(colour, 0.36))
    ink.line(
        f"M400 {FLOOR - 500} V{FLOOR - 380} M60 {FLOOR + 6} L150 {FLOOR - 90} M740 {FLOOR + 6} L650 {FLOOR - 90}",
        "#5c4a35",
        7,
    )


def notebook(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A notebook: stitched, spiral or with a band."""
    del material
    ink.path(f"M250 330 L600 330 L600 {FLOOR + 22} L250 {FLOOR + 22}Z", "#2a2018", opacity=0.16)
    ink.box(236, 310, 348, 500, "#f3ecdc", radius=8)
    ink.box(226, 300, 348, 500, ink.flat_fill(colour), radius=10)
    if k % 3 == 0:
        ink.box(226, 300, 52, 500, shade(colour, -0.28), radius=10)
        ink.box(318, 390, 200, 90, "#f3ecdc", radius=4)
    elif k % 3 == 1:
        for n in range(15):
            ink.ellipse(228, 326 + n * 32, 17, 8, "#8d8b87")
    else:
        ink.box(510, 300, 20, 500, shade(colour, -0.42))
        ink.line("M300 800 v54", "#9c4526", 9)


def pen(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Pens and pencils."""
    count = 1 + k % 3 * 2
    for n in range(count):
        x = 400 + (n - (count - 1) / 2) * 84
        tone = colour if n % 2 == 0 else shade(colour, 0.34)
        ink.line(f"M{x + 22} 250 V800", "#2a2018", 22, opacity=0.13)
        ink.box(x - 17, 230, 34, 490, ink.round_fill(tone, material), radius=14)
        ink.path(f"M{x - 17} 712 L{x} 800 L{x + 17} 712Z", ink.round_fill("#dfc79d" if k % 2 else "#bf9648", "brass"))
        ink.path(f"M{x - 5} 776 L{x} 802 L{x + 5} 776Z", "#262525")
        if k % 2 == 0:
            ink.box(x + 8, 240, 8, 150, "#bf9648", radius=4)
        ink.box(x - 18, 420, 36, 14, "#bf9648")


def folder(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Folders, file boxes and desk trays."""
    del material
    ink.shadow(400, FLOOR, 230)
    if k % 2:
        for n in range(3):
            x = 200 + n * 138
            tone = shade(colour, 0.20 * n)
            ink.box(x, FLOOR - 440, 130, 440, ink.round_fill(tone, "matte"), radius=6)
            ink.box(x + 24, FLOOR - 380, 82, 100, "#f3ecdc", radius=3)
            ink.ellipse(x + 65, FLOOR - 100, 22, 22, shade(tone, -0.5))
        return
    for n in range(3):
        y = FLOOR - 110 * (n + 1)
        ink.path(f"M190 {y + 20} H610 L590 {y + 100} H210Z", ink.flat_fill(shade(colour, -0.06 * n)))
        ink.path(f"M224 {y + 20} L240 {y - 12} H560 L576 {y + 20}Z", "#f6f0e2")
        for side in (214, 574):
            ink.box(side, y + 96, 12, 16, shade(colour, -0.4))


def card(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Cards and paper: a card with a drawing on its envelope."""
    del material
    ink.add('<g transform="rotate(-7 400 560)">')
    ink.box(206, 366, 420, 300, "#2a2018", radius=4)
    ink.shapes[-1] = ink.shapes[-1].replace("/>", ' opacity=".16"/>')
    ink.box(190, 350, 420, 300, shade(colour, 0.10), radius=4)
    ink.path("M190 350 L400 520 L610 350", "none", edge=shade(colour, -0.2), width=4)
    ink.add('</g><g transform="rotate(5 430 600)">')
    ink.box(300, 440, 300, 390, "#faf5ea", radius=4)
    flower = shade(colour, -0.05)
    for n in range(5 + k % 3):
        turn = n * 360 / (5 + k % 3)
        ink.add(f'<ellipse cx="450" cy="560" rx="24" ry="58" fill="{flower}" transform="rotate({turn:.0f} 450 610)"/>')
    ink.ellipse(450, 610, 24, 24, "#c9962f")
    ink.line("M450 680 Q440 740 452 800 M450 740 q40 -30 60 -10", "#4d6b46", 8)
    ink.add("</g>")
