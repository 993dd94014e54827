"""Things that stand or hang: lamps, pendants, chairs, boards, clocks, knives, trowels, speakers, headphones, toys."""

from shopwright.demo.ink import FLOOR, Canvas, shade


def lamp(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A table lamp: dome, drum or reading arm, alight."""
    ink.shadow(400, FLOOR, 150)
    glow = '<radialGradient id="glow"><stop offset="0" stop-color="#fff3cf" stop-opacity=".9"/><stop offset="1" stop-color="#fff3cf" stop-opacity="0"/></radialGradient>'
    ink.defs["glow"] = glow
    if k % 3 == 2:
        ink.body([(FLOOR - 26, 116), (FLOOR, 122)], colour, material)
        ink.line(f"M400 {FLOOR - 26} L300 {FLOOR - 300} L520 {FLOOR - 520}", shade(colour, -0.1), 16)
        ink.ellipse(300, FLOOR - 300, 17, 17, "#bf9648")
        ink.ellipse(590, FLOOR - 400, 190, 130, "url(#glow)")
        ink.path(f"M486 {FLOOR - 566} l88 34 l72 130 l-190 -66 Z", ink.round_fill(colour, material))
        ink.path(f"M456 {FLOOR - 468} l190 66 q-80 40 -190 -66Z", "#fff1cc")
        return
    stem = "#bf9648" if k % 2 else shade(colour, -0.15)
    ink.body([(FLOOR - 24, 92), (FLOOR, 104)], stem, "brass")
    if k % 3 == 0:
        ink.body([(FLOOR - 300, 20), (FLOOR - 190, 74), (FLOOR - 70, 92), (FLOOR - 22, 66)], colour, material)
    else:
        ink.body([(FLOOR - 330, 10), (FLOOR - 22, 12)], stem, "brass")
    ink.ellipse(400, FLOOR - 330, 280, 150, "url(#glow)")
    shade_colour = "#efe3c8" if k % 3 == 0 else colour
    half = 190 if k % 2 else 160
    ink.body(
        [(FLOOR - 540, half * (0.55 if k % 3 == 0 else 0.24)), (FLOOR - 470, half * 0.78), (FLOOR - 310, half)],
        shade_colour,
        "matte",
    )
    ink.ellipse(400, FLOOR - 310, half, half * 0.10, "#fff3d2")


def pendant(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A lamp that hangs."""
    ink.defs["glow"] = (
        '<radialGradient id="glow"><stop offset="0" stop-color="#fff3cf" stop-opacity=".95"/><stop offset="1" stop-color="#fff3cf" stop-opacity="0"/></radialGradient>'
    )
    ink.line("M400 0 V330", "#3b3a3a", 6)
    ink.body([(320, 18), (360, 26)], "#bf9648", "brass")
    shapes = (
        [(356, 40), (420, 150), (560, 220)],
        [(356, 30), (400, 120), (520, 176), (640, 120)],
        [(356, 60), (380, 110), (620, 130)],
        [(356, 26), (460, 60), (590, 250)],
    )
    points = shapes[k % 4]
    foot = points[-1]
    ink.ellipse(400, foot[0] + 60, foot[1] * 1.7, 190, "url(#glow)", opacity=0.8)
    ink.body(points, colour, material)
    ink.ellipse(400, foot[0], foot[1], foot[1] * 0.12, "#fff1c9")
    ink.ellipse(400, foot[0] - 2, 34, 12, "#ffffff")


def chair(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A chair or a stool of wood."""
    del material
    wood = colour
    dark, light = shade(wood, -0.28), shade(wood, 0.16)
    ink.shadow(400, FLOOR, 210)
    seat = FLOOR - (300 if k % 2 else 250)
    for x, lean in ((270, -26), (530, 26)):
        ink.line(f"M{x} {seat} L{x + lean} {FLOOR}", dark, 24)
    for x, lean in ((316, -10), (484, 10)):
        ink.line(f"M{x} {seat} L{x + lean} {FLOOR - 46}", shade(wood, -0.4), 20)
    ink.line(f"M262 {FLOOR - 120} L538 {FLOOR - 120}", dark, 13)
    if k % 3 != 2:
        for x in (276, 524):
            ink.line(f"M{x} {seat} L{x + (10 if x < 400 else -10)} {seat - 330}", wood, 22)
        if k % 3 == 0:
            ink.path(f"M262 {seat - 340} q138 -50 276 0 l-8 92 q-130 -40 -260 0Z", ink.flat_fill(wood))
        else:
            for n in range(5):
                ink.line(f"M{314 + n * 43} {seat - 10} L{316 + n * 42} {seat - 300}", wood, 11)
            ink.path(f"M272 {seat - 336} q128 -34 256 0 l0 44 q-128 -30 -256 0Z", ink.flat_fill(wood))
    ink.path(
        f"M236 {seat - 22} Q400 {seat - 60} 564 {seat - 22} L580 {seat + 16} Q400 {seat + 44} 220 {seat + 16}Z",
        ink.flat_fill(light),
    )
    ink.path(f"M220 {seat + 16} Q400 {seat + 44} 580 {seat + 16} l0 22 Q400 {seat + 66} 220 {seat + 38}Z", dark)


def board(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A cutting board leaning, or a tray."""
    del material
    ink.shadow(400, FLOOR, 200)
    if k % 2:
        ink.path(
            f"M250 {FLOOR} L270 {FLOOR - 470} Q274 {FLOOR - 500} 304 {FLOOR - 500} L372 {FLOOR - 500} L372 {FLOOR - 590} Q400 {FLOOR - 624} 428 {FLOOR - 590} L428 {FLOOR - 500} L496 {FLOOR - 500} Q526 {FLOOR - 500} 530 {FLOOR - 470} L550 {FLOOR}Z",
            ink.round_fill(colour, "wood"),
        )
        ink.grain(282, FLOOR - 480, 236, 460, colour, k)
        ink.ellipse(400, FLOOR - 570, 13, 13, shade(colour, -0.55))
        return
    ink.box(180, FLOOR - 420, 440, 420, ink.round_fill(colour, "wood"), radius=210 if k % 4 == 0 else 26)
    ink.grain(214, FLOOR - 390, 372, 360, colour, k)
    ink.add(
        f'<rect x="200" y="{FLOOR - 400}" width="400" height="380" rx="{190 if k % 4 == 0 else 18}" fill="none" stroke="{shade(colour, -0.28)}" stroke-width="5" opacity=".6"/>'
    )


def knife(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Knives of different trades, side by side, or spoons of wood."""
    del material
    if k % 3 == 2:
        for n in range(3):
            x = 280 + n * 120
            ink.line(f"M{x + 10} 470 L{x + 18} 860", "#2a2018", 24, opacity=0.14)
            ink.line(f"M{x} 460 L{x + 6} 850", shade(colour, -0.06), 24)
            ink.ellipse(x, 370, 52, 92, ink.round_fill(colour, "wood"))
            ink.ellipse(x + 4, 376, 34, 68, shade(colour, -0.22))
        return
    for n in range(1 + k % 2 * 2):
        x = 400 if not k % 2 else 270 + n * 130
        length, wide = (430, 72) if n == 0 else (330, 50) if n == 1 else (240, 34)
        base = 640
        ink.path(
            f"M{x + 16} {base + 14} l0 -{length} q{wide + 6} {length * 0.4:.0f} {wide} {length}Z",
            "#2a2018",
            opacity=0.14,
        )
        ink.path(
            f"M{x - wide / 2:.0f} {base} l0 -{length} q{wide:.0f} {length * 0.45:.0f} {wide} {length}Z",
            ink.round_fill("#c4c8ca", "steel"),
        )
        ink.line(f"M{x - wide / 2 + 7:.0f} {base - length + 40} V{base - 4}", "#ffffff", 3, opacity=0.7)
        ink.box(x - wide * 0.36, base, wide * 0.62, 210, ink.round_fill(colour, "wood"), radius=12)
        for dot in (50, 105, 160):
            ink.ellipse(x - wide * 0.05, base + dot, 6, 6, "#bf9648")


def clock(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A wall clock."""
    half = 236
    ink.ellipse(420, 540, half, half, "#2a2018", opacity=0.18)
    ink.ellipse(400, 520, half, half, ink.round_fill(colour, material))
    face = "#f6f1e6" if k % 2 == 0 else shade(colour, -0.04)
    ink.ellipse(400, 520, half * 0.88, half * 0.88, face)
    mark = "#3b3a3a" if k % 2 == 0 else shade(colour, 0.70)
    for n in range(12 if k % 3 else 4):
        turn = n * (30 if k % 3 else 90)
        long = 34 if turn % 90 == 0 else 18
        ink.add(
            f'<rect x="396" y="{520 - half * 0.80:.0f}" width="8" height="{long}" rx="3" fill="{mark}" transform="rotate({turn} 400 520)"/>'
        )
    for turn, long, wide in ((300, 104, 13), (54, 158, 8)):
        ink.add(
            f'<rect x="{400 - wide / 2}" y="{520 - long}" width="{wide}" height="{long + 22}" rx="4" fill="{mark}" transform="rotate({turn} 400 520)"/>'
        )
    ink.ellipse(400, 520, 13, 13, "#9c4526")


def trowel(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Garden tools: trowel and fork, or secateurs."""
    del material
    for n, x in enumerate((310, 490) if k % 2 == 0 else (400,)):
        ink.line(f"M{x + 20} 300 L{x + 20} 860", "#2a2018", 34, opacity=0.13)
        ink.box(x - 25, 180, 50, 240, ink.round_fill(colour, "wood"), radius=25)
        ink.box(x - 12, 414, 24, 110, ink.round_fill("#b4b8bb", "steel"))
        if n == 0:
            ink.path(
                f"M{x - 70} 520 q70 -30 140 0 q14 190 -70 330 q-84 -140 -70 -330Z", ink.round_fill("#c4c8ca", "steel")
            )
            ink.line(f"M{x} 530 V800", "#7d8285", 4, opacity=0.6)
        else:
            for tine in (-52, 0, 52):
                ink.line(f"M{x} 520 q{tine} 20 {tine} 90 V810", "#8f9496", 20)
                ink.line(f"M{x - 4} 520 q{tine} 20 {tine} 90 V806", "#dfe2e3", 6)


def can(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A watering can."""
    ink.shadow(400, FLOOR, 190)
    high = 300 if k % 2 else 230
    top = FLOOR - high
    spout = f"M{300} {FLOOR - 60} L{130} {top - 60}"
    ink.line(spout, shade(colour, -0.18), 32)
    ink.line(spout, shade(colour, 0.20), 12)
    ink.path(f"M92 {top - 44} l60 -64 l34 34 l-58 62Z", ink.round_fill("#bf9648" if k % 2 else colour, "brass"))
    d = f"M{420} {top} C{440} {top - 170} {720} {top - 40} {560} {FLOOR - 60}"
    ink.line(d, shade(colour, -0.30), 24)
    ink.line(d, shade(colour, 0.10), 12)
    ink.body([(top, 120), (FLOOR - high * 0.4, 158), (FLOOR, 164)], colour, material, x=410, rim=0.16)


def speaker(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A loudspeaker in wood or cloth."""
    wide, high = (300, 440) if k % 2 else (440, 300)
    x, y = 400 - wide / 2, FLOOR - high
    ink.shadow(400, FLOOR, wide * 0.6)
    ink.box(x, y, wide, high, ink.round_fill(colour, material), radius=26)
    if k % 3 == 0:
        ink.box(x + 20, y + 20, wide - 40, high - 40, ink.weave("cloth", "#55524e"), radius=16)
        ink.box(400 - 26, FLOOR - 56, 52, 12, "#bf9648", radius=6)
        return
    spots = (
        ((400, y + high * 0.66, 100), (400, y + high * 0.24, 50))
        if k % 2
        else ((320, FLOOR - 150, 96), (510, FLOOR - 150, 62))
    )
    for cx, cy, r in spots:
        ink.ellipse(cx, cy, r, r, "#2b2a2a")
        ink.ellipse(cx - 3, cy - 3, r * 0.86, r * 0.86, "#454341")
        ink.ellipse(cx, cy, r * 0.38, r * 0.38, "#1f1e1e")
        ink.ellipse(cx - r * 0.1, cy - r * 0.12, r * 0.16, r * 0.12, "#6d6a67")


def headphones(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Headphones."""
    ink.shadow(400, FLOOR, 200)
    band = f"M228 {FLOOR - 190} C190 {FLOOR - 640} 610 {FLOOR - 640} 572 {FLOOR - 190}"
    ink.line(band, shade(colour, -0.25), 44)
    ink.line(band, shade(colour, 0.16), 15)
    for side, x in ((-1, 236), (1, 564)):
        ink.add(f'<g transform="rotate({side * -8} {x} {FLOOR - 140})">')
        ink.box(x - 62, FLOOR - 270, 124, 250, ink.round_fill(colour, material), radius=60)
        ink.box(x - 62 - side * -44, FLOOR - 250, 50, 210, "#33302d" if k % 2 else "#8a6a4a", radius=25)
        ink.add("</g>")


def toy(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Toys of wood: stacking rings, blocks, a car, a bear's head puzzle."""
    del material
    palette = [colour, "#c9962f", "#4b6d94", "#8fa088", "#b9674a"]
    ink.shadow(400, FLOOR, 220)
    if k % 4 == 0:
        ink.box(388, FLOOR - 470, 24, 470, ink.round_fill("#dfc79d", "wood"), radius=12)
        for n in range(5):
            half = 190 - n * 28
            ink.box(
                400 - half, FLOOR - 40 - 80 * (n + 1) + 20, half * 2, 74, ink.round_fill(palette[n], "matte"), radius=37
            )
        ink.box(190, FLOOR - 30, 420, 30, ink.flat_fill("#dfc79d"), radius=10)
    elif k % 4 == 1:
        for n, (x, y, size) in enumerate(((230, 0, 170), (410, 0, 170), (320, 170, 170), (345, 340, 120))):
            ink.box(x, FLOOR - y - size, size, size, ink.round_fill(palette[n], "wood"), radius=12)
            ink.grain(x + 12, FLOOR - y - size + 12, size - 24, size - 24, palette[n], n + k)
    elif k % 4 == 2:
        ink.path(
            f"M190 {FLOOR - 60} v-90 q0 -40 60 -44 l40 -86 q10 -24 40 -24 h120 q30 0 50 26 l60 84 q70 8 70 60 v74Z",
            ink.round_fill(colour, "wood"),
        )
        ink.path(f"M310 {FLOOR - 206} l28 -66 h62 v66Z M420 {FLOOR - 206} v-66 h52 l44 66Z", shade(colour, 0.60))
        for x in (290, 530):
            ink.ellipse(x, FLOOR - 56, 62, 62, "#71492f")
            ink.ellipse(x, FLOOR - 56, 22, 22, "#dfc79d")
    else:
        for x in (270, 530):
            ink.ellipse(x, FLOOR - 440, 66, 66, shade(colour, -0.10))
            ink.ellipse(x, FLOOR - 436, 36, 36, shade(colour, 0.30))
        ink.ellipse(400, FLOOR - 270, 210, 226, ink.round_fill(colour, "matte"))
        ink.ellipse(400, FLOOR - 196, 96, 78, shade(colour, 0.44))
        for x in (330, 470):
            ink.ellipse(x, FLOOR - 322, 17, 19, "#262525")
        ink.ellipse(400, FLOOR - 226, 30, 22, "#262525")
