"""Things that hold something: mugs, kettles, pans, glasses, bottles, pots, candles, soap."""

from shopwright.demo.ink import FLOOR, Canvas, shade, smooth


def mug(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A mug; `k` chooses proportions, waist and handle."""
    height, half = (250, 130) if k % 3 == 0 else (300, 118) if k % 3 == 1 else (215, 150)
    top, waist = FLOOR - height, 1.0 + (0.07, -0.08, 0.13)[k % 3]
    ink.shadow(400, FLOOR, half * 1.25)
    x = 380 + half * 0.92
    reach, drop = 105 - 12 * (k % 3), height * (0.62 if k % 2 else 0.74)
    d = f"M{x:.0f} {top + height * 0.16:.0f} c{reach:.0f} {-8 if k % 2 else 6} {reach:.0f} {drop:.0f} -6 {drop:.0f}"
    ink.line(d, shade(colour, -0.22), 30)
    ink.line(d, shade(colour, 0.08), 19)
    ink.body(
        [
            (top, half),
            (top + height * 0.5, half * waist),
            (FLOOR - 26, half * (0.94 if k % 2 else 0.80)),
            (FLOOR, half * 0.72),
        ],
        colour,
        material,
        x=380,
        rim=0.20,
    )
    if k % 4 == 1:
        ink.path(
            f"M{380 - half * 0.99} {FLOOR - height * 0.36:.0f} q{half} 34 {half * 1.98:.0f} 0 l-6 {height * 0.28:.0f} q-{half * 0.9:.0f} 36 -{half * 1.80:.0f} 0Z",
            shade(colour, -0.36),
            opacity=0.45,
        )


def kettle(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A kettle: squat or tall, goose-neck or short spout, handle above or behind."""
    tall = k % 2 == 1
    height, half = (300, 150) if tall else (220, 190)
    top = FLOOR - height
    ink.shadow(400, FLOOR, half * 1.25)
    if k % 3 == 0:
        spout = f"M{400 - half * 0.80:.0f} {FLOOR - 70} C{400 - half * 1.7:.0f} {FLOOR - 70} {400 - half * 1.20:.0f} {top - 10} {400 - half * 1.85:.0f} {top - 6}"
        ink.line(spout, shade(colour, -0.20), 30)
        ink.line(spout, shade(colour, 0.16), 18)
    else:
        ink.path(
            f"M{400 - half * 0.86:.0f} {FLOOR - height * 0.35:.0f} L{400 - half * 1.45:.0f} {top + 6:.0f} l-22 6 l4 20 L{400 - half * 0.80:.0f} {FLOOR - 30:.0f}Z",
            ink.round_fill(colour, material),
        )
    wood = "#71492f" if k % 4 < 2 else "#262525"
    if tall:
        d = f"M{400 + half * 0.80:.0f} {top + 26:.0f} c150 -30 150 230 -10 220"
        ink.line(d, shade(wood, -0.2), 30)
        ink.line(d, shade(wood, 0.14), 20)
    else:
        d = f"M{400 - half * 0.72:.0f} {top + 20:.0f} C{400 - half * 0.80:.0f} {top - 190:.0f} {400 + half * 0.80:.0f} {top - 190:.0f} {400 + half * 0.72:.0f} {top + 20:.0f}"
        ink.line(d, shade("#8d8b87", -0.3), 15)
        ink.line(
            f"M{400 - half * 0.40:.0f} {top - 116:.0f} Q400 {top - 152:.0f} {400 + half * 0.40:.0f} {top - 116:.0f}",
            wood,
            30,
        )
    ink.body(
        [
            (top, half * 0.58),
            (top + height * 0.22, half * 0.86),
            (FLOOR - height * 0.30, half * (1.0 if tall else 1.04)),
            (FLOOR, half * 0.90),
        ],
        colour,
        material,
    )
    ink.ellipse(400, top, half * 0.58, half * 0.085, shade(colour, -0.20))
    ink.body([(top - 26, half * 0.24), (top - 12, half * 0.50), (top + 2, half * 0.55)], colour, material)
    ink.body([(top - 56, 20), (top - 44, 25), (top - 30, 13)], wood, "wood")


def pan(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A pan, a pot or a casserole with lid."""
    if k % 3 == 0:
        ink.shadow(360, FLOOR, 210)
        handle = f"M540 {FLOOR - 88} L770 {FLOOR - 150}"
        ink.line(handle, "#4a3020" if k % 2 else "#2b2a2a", 34)
        ink.line(f"M556 {FLOOR - 98} L760 {FLOOR - 154}", "#80593c" if k % 2 else "#565454", 9)
        ink.body([(FLOOR - 104, 228), (FLOOR - 50, 214), (FLOOR, 176)], colour, material, x=340, rim=0.17)
        return
    height, half = (210, 205) if k % 3 == 1 else (270, 165)
    top = FLOOR - height
    ink.shadow(400, FLOOR, half * 1.1)
    for side in (-1, 1):
        x = 400 + side * half * 0.98
        d = f"M{x:.0f} {top + 44:.0f} c{side * 74} -6 {side * 74} 64 0 58"
        ink.line(d, shade(colour, -0.25), 26)
        ink.line(d, shade(colour, 0.05), 14)
    ink.body([(top, half), (FLOOR - 60, half * 0.99), (FLOOR, half * 0.90)], colour, material)
    ink.body([(top - 62, half * 0.20), (top - 44, half * 0.70), (top - 4, half * 1.02)], shade(colour, 0.03), material)
    ink.body([(top - 104, 34), (top - 92, 38), (top - 66, 17)], "#bf9648" if k % 2 else shade(colour, -0.3), "brass")


def glass(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A tumbler, a wine glass or a carafe: edges and refraction, little else."""
    del material
    edge, light = shade(colour, -0.42), "#ffffff"
    forms = (
        [(FLOOR - 260, 96), (FLOOR - 120, 92), (FLOOR, 80)],
        [
            (FLOOR - 330, 84),
            (FLOOR - 240, 118),
            (FLOOR - 170, 74),
            (FLOOR - 150, 13),
            (FLOOR - 26, 11),
            (FLOOR - 4, 88),
        ],
        [(FLOOR - 400, 62), (FLOOR - 300, 46), (FLOOR - 170, 118), (FLOOR - 40, 128), (FLOOR, 112)],
        [(FLOOR - 190, 118), (FLOOR - 90, 128), (FLOOR, 92)],
    )
    count = (3, 2, 1, 2)[k % 4]
    for n in range(count):
        x = 400 + (n - (count - 1) / 2) * 230
        points = forms[k % 4]
        ink.shadow(x, FLOOR, points[-1][1] * 1.2, 0.18)
        left = [(x - half, y) for y, half in points]
        right = [(x + half, y) for y, half in reversed(points)]
        d = f"M{smooth(left)} L{smooth(right)} Z"
        ink.path(d, colour, opacity=0.46)
        top = points[0]
        if k % 3 != 1:
            level = points[0][0] + (points[-1][0] - points[0][0]) * 0.42
            ink.path(
                f"M{x - top[1] * 0.92:.0f} {level:.0f} q{top[1] * 0.92:.0f} 22 {top[1] * 1.84:.0f} 0 L{x + points[-1][1] * 0.86:.0f} {FLOOR - 12} q-{points[-1][1] * 0.86:.0f} 14 -{points[-1][1] * 1.72:.0f} 0Z",
                shade(colour, -0.14),
                opacity=0.30,
            )
        ink.line(d, edge, 3, opacity=0.75)
        ink.ellipse(x, top[0], top[1], top[1] * 0.16, light, opacity=0.38)
        ink.add(
            f'<ellipse cx="{x}" cy="{top[0]}" rx="{top[1]}" ry="{top[1] * 0.16:.1f}" fill="none" stroke="{edge}" stroke-width="3" opacity=".7"/>'
        )
        ink.line(
            f"M{x - top[1] * 0.66:.0f} {top[0] + 40} L{x - points[-1][1] * 0.62:.0f} {FLOOR - 50}",
            light,
            9,
            opacity=0.65,
        )


def bottle(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A drinking bottle or flask."""
    height, half = (470, 92) if k % 2 else (400, 112)
    top = FLOOR - height
    ink.shadow(400, FLOOR, half * 1.35)
    neck = half * (0.50 if k % 3 else 0.82)
    ink.body(
        [(top, neck), (top + 40, neck * 1.02), (top + 100, half), (FLOOR - 30, half), (FLOOR, half * 0.90)],
        colour,
        material,
    )
    ink.body(
        [(top - 70, neck * 0.96), (top - 10, neck * 1.05), (top + 6, neck * 1.05)],
        "#b4b8bb" if k % 2 else "#71492f",
        "steel" if k % 2 else "wood",
    )
    if k % 4 < 2:
        ink.line(
            f"M{400 - neck * 0.8:.0f} {top - 60} C{400 - 90} {top - 170} {400 + 90} {top - 170} {400 + neck * 0.8:.0f} {top - 60}",
            shade(colour, -0.35),
            13,
        )
    ink.box(400 - half, FLOOR - height * 0.30, half * 2, 10, shade(colour, -0.25))


def pot(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A plant pot with a plant in it."""
    height, half = (210, 150) if k % 3 == 0 else (260, 130) if k % 3 == 1 else (170, 180)
    top = FLOOR - height
    leaf = ("#4d6b46", "#5f7f58", "#37573f", "#75895a")[k % 4]
    ink.shadow(400, FLOOR, half * 1.25)
    for n in range(9 if k % 2 else 7):
        lean = (n - 4) * (34 if k % 2 else 52)
        tall = 300 - abs(n - 4) * 36 + (n * 37 % 50)
        tip = (400 + lean * 1.7, top - tall)
        if k % 2:
            ink.path(
                f"M400 {top} Q{400 + lean * 0.6:.0f} {top - tall * 0.7:.0f} {tip[0]:.0f} {tip[1]:.0f} Q{400 + lean * 0.6 + 26:.0f} {top - tall * 0.5:.0f} 414 {top}Z",
                shade(leaf, 0.16 - 0.06 * (n % 4)),
            )
        else:
            ink.line(
                f"M400 {top} Q{400 + lean * 0.4:.0f} {top - tall * 0.5:.0f} {tip[0]:.0f} {tip[1]:.0f}",
                shade(leaf, -0.25),
                6,
            )
            ink.add(
                f'<ellipse cx="{tip[0]:.0f}" cy="{tip[1]:.0f}" rx="44" ry="27" fill="{shade(leaf, 0.18 - 0.07 * (n % 4))}" transform="rotate({lean * 0.5 - 30:.0f} {tip[0]:.0f} {tip[1]:.0f})"/>'
            )
    ink.body(
        [(top, half), (top + height * 0.5, half * (0.90 if k % 2 else 0.98)), (FLOOR, half * 0.68)],
        colour,
        material,
        rim=0.14,
    )
    if k % 3 == 1:
        ink.body([(top - 4, half * 1.08), (top + 44, half * 1.06)], colour, material, rim=0.14)


def candle(ink: Canvas, colour: str, material: str, k: int) -> None:
    """A candle in a vessel, or three tapers in a holder."""
    if k % 2:
        ink.shadow(400, FLOOR, 190)
        for n, tall in enumerate((330, 400, 280)):
            x = 280 + n * 120
            ink.body([(FLOOR - 40 - tall, 15), (FLOOR - 60, 17)], colour, "matte", x=x)
            ink.body([(FLOOR - 76, 34), (FLOOR - 48, 30), (FLOOR - 36, 44)], "#bf9648", "brass", x=x)
            _flame(ink, x, FLOOR - 44 - tall)
        ink.body([(FLOOR - 34, 190), (FLOOR, 184)], "#bf9648", "brass")
        return
    ink.shadow(400, FLOOR, 150)
    ink.body([(FLOOR - 230, 124), (FLOOR - 40, 122), (FLOOR, 108)], colour, material, rim=0.20)
    ink.ellipse(400, FLOOR - 214, 108, 20, "#efe6d2")
    _flame(ink, 400, FLOOR - 224)


def _flame(ink: Canvas, x: float, y: float) -> None:
    ink.line(f"M{x} {y} v-20", "#3a2d22", 4)
    ink.path(f"M{x} {y - 84} q28 40 12 62 q-12 12 -24 0 q-16 -22 12 -62Z", "#f0b64e")
    ink.path(f"M{x} {y - 54} q12 20 4 32 q-4 6 -8 0 q-8 -12 4 -32Z", "#fdf0c8")


def soap(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Bars of soap on a dish, or a pump bottle."""
    if k % 2:
        ink.shadow(400, FLOOR, 130)
        ink.body([(FLOOR - 300, 40), (FLOOR - 268, 104), (FLOOR - 20, 108), (FLOOR, 100)], colour, material)
        ink.body([(FLOOR - 350, 30), (FLOOR - 300, 34)], "#262525", "matte")
        ink.line(f"M400 {FLOOR - 350} v-46 h-74 q-16 0 -16 22", "#262525", 20)
        ink.box(342, FLOOR - 190, 116, 96, "#f3efe6", radius=3)
        return
    ink.shadow(400, FLOOR, 220)
    ink.box(210, FLOOR - 44, 380, 40, ink.flat_fill("#c39a63"), radius=12)
    for n in range(3):
        y = FLOOR - 44 - 78 * (n + 1)
        ink.box(262 + 14 * (n % 2), y, 260, 76, ink.flat_fill(shade(colour, 0.10 * n)), radius=22)
        ink.box(300 + 14 * (n % 2), y + 22, 184, 30, shade(colour, 0.10 * n - 0.08), radius=14)


def plate(ink: Canvas, colour: str, material: str, k: int) -> None:
    """Plates or bowls in a stack, or one plate seen from above."""
    if k % 3 == 0:
        ink.ellipse(418, 580, 268, 268, "#2a2018", opacity=0.16)
        ink.ellipse(400, 560, 268, 268, ink.round_fill(colour, material))
        ink.ellipse(400, 560, 250, 250, shade(colour, 0.16))
        ink.ellipse(404, 566, 176, 176, shade(colour, -0.08))
        ink.ellipse(400, 560, 170, 170, shade(colour, 0.08))
        if k % 2:
            ink.add(f'<circle cx="400" cy="560" r="258" fill="none" stroke="{shade(colour, -0.45)}" stroke-width="7"/>')
        return
    count, depth = (5, 34) if k % 3 == 1 else (4, 74)
    ink.shadow(400, FLOOR, 230)
    for n in range(count):
        y = FLOOR - n * depth * (0.62 if k % 3 == 2 else 0.9)
        half = 220 if k % 3 == 1 else 178
        rim = 0.15 if n == count - 1 else 0.0
        ink.body(
            [(y - depth, half), (y - depth * 0.4, half * 0.90), (y, half * 0.44)],
            shade(colour, 0.04 * (n % 2)),
            material,
            rim=rim or 0.02,
        )
