"""Drawing tools: materials in three tones, light from the upper left, grounds, contact shadows.

Objects stand on a sheet of 800 × 1000, with their foot at y = 820, x = 400.
"""

import colorsys
import math
import zlib
from collections.abc import Sequence

SHEET = (800, 1000)
FLOOR = 820
GROUNDS = ("#e9e2d4", "#dfe3dc", "#e8ded2", "#d9dfe4", "#ece3d0", "#e3e1d6", "#dce4e0", "#e8e0dc")
COLOURS = {
    "White": "#f3efe6", "Cream": "#ead9b8", "Sand": "#d3b98f", "Clay": "#b9674a", "Rust": "#9c4526", "Red": "#a8322d",
    "Rose": "#cf9a95", "Plum": "#6b3a52", "Navy": "#2b3a57", "Blue": "#4b6d94", "Sky": "#9db9cc", "Teal": "#2f6668",
    "Forest": "#35543f", "Sage": "#8fa088", "Olive": "#6f7044", "Mustard": "#c9962f", "Charcoal": "#3b3a3a", "Black": "#262525",
    "Grey": "#8d8b87", "Oak": "#c39a63", "Walnut": "#71492f", "Birch": "#dfc79d", "Steel": "#b4b8bb", "Brass": "#bf9648",
    "Copper": "#b56d45", "Linen": "#d9cdb6", "Glass": "#bcd0d0", "Amber": "#b8742c", "Natural": "#d8c7a4",
}  # fmt: skip


def shade(colour: str, by: float) -> str:
    """Lighter (by > 0) or darker, warmer in the light and cooler in the shade."""
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    hue, light, colourful = colorsys.rgb_to_hls(red, green, blue)
    light = min(1.0, max(0.0, light + by * (1 - light if by > 0 else light)))
    hue = (hue + (-0.008 if by > 0 else 0.012)) % 1
    mixed = colorsys.hls_to_rgb(hue, light, colourful * (0.94 if by > 0 else 0.98))
    return "#" + "".join(f"{round(part * 255):02x}" for part in mixed)


class Canvas:
    """One sheet: shapes in the order they are laid down, and the gradients they need."""

    def __init__(self) -> None:
        self.shapes: list[str] = []
        self.defs: dict[str, str] = {}

    def add(self, shape: str) -> None:
        self.shapes.append(shape)

    def _gradient(self, stops: Sequence[tuple[float, str]], *, vertical: bool = False) -> str:
        name = f"g{zlib.crc32(repr((stops, vertical)).encode()):x}"
        ends = 'x1="0" y1="0" x2="0" y2="1"' if vertical else 'x1="0" y1="0" x2="1" y2="0.12"'
        body = "".join(f'<stop offset="{offset:.2f}" stop-color="{colour}"/>' for offset, colour in stops)
        self.defs[name] = f'<linearGradient id="{name}" {ends}>{body}</linearGradient>'
        return f"url(#{name})"

    def round_fill(self, colour: str, material: str = "ceramic") -> str:
        """The tones across something round, lit from the left, by its material."""
        tones = {
            "ceramic": [(0, 0.10), (0.22, 0.42), (0.38, 0.12), (0.72, -0.10), (1, -0.34)],
            "enamel": [(0, 0.05), (0.16, 0.62), (0.24, 0.10), (0.70, -0.14), (0.93, -0.40), (1, -0.24)],
            "steel": [(0, -0.18), (0.12, 0.55), (0.26, 0.05), (0.44, 0.72), (0.58, -0.05), (0.82, -0.38), (1, 0.10)],
            "brass": [(0, -0.15), (0.15, 0.58), (0.34, 0.0), (0.52, 0.34), (0.75, -0.30), (1, -0.05)],
            "matte": [(0, 0.14), (0.35, 0.10), (0.75, -0.10), (1, -0.26)],
            "wood": [(0, 0.08), (0.3, 0.18), (0.65, -0.04), (1, -0.28)],
        }.get(material, [(0, 0.1), (0.4, 0.1), (1, -0.25)])
        return self._gradient([(at, shade(colour, by)) for at, by in tones])

    def flat_fill(self, colour: str) -> str:
        """The tones down something flat."""
        return self._gradient([(0, shade(colour, 0.12)), (0.6, colour), (1, shade(colour, -0.12))], vertical=True)

    def path(self, d: str, fill: str, *, edge: str = "", width: float = 0, opacity: float = 1) -> None:
        stroke = (
            f' stroke="{edge}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round"' if edge else ""
        )
        dim = f' opacity="{opacity}"' if opacity < 1 else ""
        self.add(f'<path d="{d}" fill="{fill}"{stroke}{dim}/>')

    def line(self, d: str, colour: str, width: float, *, opacity: float = 1) -> None:
        self.path(d, "none", edge=colour, width=width, opacity=opacity)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, *, opacity: float = 1) -> None:
        dim = f' opacity="{opacity}"' if opacity < 1 else ""
        self.add(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"{dim}/>')

    def box(self, x: float, y: float, width: float, height: float, fill: str, *, radius: float = 0) -> None:
        self.add(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}" fill="{fill}"/>'
        )

    def shadow(self, x: float, y: float, rx: float, strength: float = 0.30) -> None:
        """A soft contact shadow, longer to the right: the light comes from the upper left."""
        self.defs["soft"] = (
            '<radialGradient id="soft"><stop offset="0" stop-color="#2a2018" stop-opacity="1"/><stop offset=".55" stop-color="#2a2018" stop-opacity=".45"/><stop offset="1" stop-color="#2a2018" stop-opacity="0"/></radialGradient>'
        )
        self.ellipse(x + rx * 0.16, y + 4, rx * 1.25, max(rx * 0.16, 14), "url(#soft)", opacity=strength)
        self.ellipse(x + rx * 0.04, y + 1, rx * 0.95, max(rx * 0.07, 8), "url(#soft)", opacity=strength * 1.5)

    def body(
        self, points: Sequence[tuple[float, float]], colour: str, material: str, *, x: float = 400, rim: float = 0.0
    ) -> None:
        """A turned body: (y, half width) from top to foot, smoothed; `rim` draws its open mouth with that depth."""
        left = smooth([(x - half, y) for y, half in points])
        right = smooth([(x + half, y) for y, half in reversed(points)])
        top, foot = points[0], points[-1]
        arc = f"A{foot[1]:.1f} {max(foot[1] * 0.12, 4):.1f} 0 0 0 {x + foot[1]:.1f} {foot[0]:.1f}"
        self.path(f"M{left} {arc} L{right} Z", self.round_fill(colour, material))
        if rim:
            depth = top[1] * rim
            self.ellipse(x, top[0], top[1], depth, shade(colour, 0.30))
            self.ellipse(
                x,
                top[0] + depth * 0.10,
                top[1] * 0.93,
                depth * 0.84,
                self._gradient([(0, shade(colour, -0.46)), (1, shade(colour, -0.16))]),
            )
        else:
            self.ellipse(x, top[0], top[1], top[1] * 0.12, shade(colour, 0.22))

    def grain(self, x: float, y: float, width: float, height: float, colour: str, seed: int) -> None:
        """Wood: a few long, calm lines."""
        for n in range(7):
            at = y + height * (n + 0.6) / 7.4
            bend = math.sin(seed + n * 2.1) * height * 0.035
            self.line(
                f"M{x:.1f} {at:.1f} C{x + width * 0.3:.1f} {at + bend:.1f} {x + width * 0.65:.1f} {at - bend:.1f} {x + width:.1f} {at + bend * 0.6:.1f}",
                shade(colour, -0.22), 1.6 + (n + seed) % 3 * 0.6, opacity=0.42,
            )  # fmt: skip

    def weave(self, name: str, colour: str) -> str:
        """Cloth: a fine pattern of threads."""
        light, dark = shade(colour, 0.10), shade(colour, -0.10)
        self.defs[name] = (
            f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="{colour}"/>'
            f'<path d="M0 2h4M4 6h4" stroke="{light}" stroke-width="1.6"/><path d="M2 4v4M6 0v4" stroke="{dark}" stroke-width="1.4"/></pattern>'
        )
        return f"url(#{name})"

    def sheet(self, ground: str, box: tuple[float, float, float, float] = (0, 0, *SHEET)) -> str:
        """The finished drawing; `box` looks at a part of it."""
        self.defs["ground"] = (
            f'<linearGradient id="ground" x1="0" y1="0" x2=".5" y2="1"><stop offset="0" stop-color="{shade(ground, 0.30)}"/>'
            f'<stop offset=".68" stop-color="{ground}"/><stop offset="1" stop-color="{shade(ground, -0.05)}"/></linearGradient>'
        )
        x, y, width, _ = box
        scale = SHEET[0] / width
        inner = "".join(self.shapes)
        moved = (
            inner
            if box == (0, 0, *SHEET)
            else f'<g transform="scale({scale:.3f}) translate({-x:.1f} {-y:.1f})">{inner}</g>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SHEET[0]} {SHEET[1]}"><defs>{"".join(self.defs.values())}</defs>'
            f'<rect width="{SHEET[0]}" height="{SHEET[1]}" fill="url(#ground)"/>{moved}</svg>'
        )


def smooth(points: Sequence[tuple[float, float]]) -> str:
    """A calm curve through all points (Catmull–Rom as Béziers), without its leading M."""
    out = [f"{points[0][0]:.1f} {points[0][1]:.1f}"]
    for n in range(len(points) - 1):
        before, here = points[max(n - 1, 0)], points[n]
        there, after = points[n + 1], points[min(n + 2, len(points) - 1)]
        one = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        two = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        out.append(f"C{one[0]:.1f} {one[1]:.1f} {two[0]:.1f} {two[1]:.1f} {there[0]:.1f} {there[1]:.1f}")
    return " ".join(out)
