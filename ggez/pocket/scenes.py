"""Backgrounds and trinkets, drawn by rule. Each is markup on the 128x128 view box."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np

Scene = Callable[[np.random.Generator, float], str]


def colour(hue: float, light: float, saturation: float) -> str:
    """Hex of a hue (0-1), lightness (0-1) and saturation (0-1)."""
    rgb = colorsys.hls_to_rgb(hue % 1.0, min(max(light, 0), 1), min(max(saturation, 0), 1))
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)


def _full(fill: str) -> str:
    return f'<rect width="128" height="128" fill="{fill}"/>'


def plain(rng: np.random.Generator, hue: float) -> str:
    """One colour, a little lighter in the middle."""
    light, saturation = rng.uniform(0.45, 0.9), rng.uniform(0.15, 0.55)
    inner = colour(hue, light + 0.04, saturation)
    return (
        _full(colour(hue, light, saturation)) + f'<circle cx="60" cy="56" r="58" fill="{inner}"/>'
    )


def table(rng: np.random.Generator, hue: float) -> str:
    """A wall above a table top of planks."""
    y = int(rng.integers(64, 86))
    wood = rng.uniform(0.05, 0.1)
    planks = "".join(
        f'<rect x="0" y="{y + 4 + 12 * i}" width="128" height="1.6" fill="{colour(wood, 0.34, 0.4)}"/>'
        for i in range(6)
    )
    return (
        _full(colour(hue, rng.uniform(0.6, 0.85), 0.3))
        + f'<rect y="{y}" width="128" height="{128 - y}" fill="{colour(wood, 0.45, 0.42)}"/>'
        + planks
    )


def hills(rng: np.random.Generator, hue: float) -> str:
    """Sky, two rows of hills, grass."""
    a, b = rng.integers(44, 70), rng.integers(66, 88)
    sky = colour(hue, rng.uniform(0.75, 0.88), 0.4)
    return (
        _full(sky)
        + f'<path d="M0 {a}Q32 {a - 24} 64 {a}T128 {a - 4}V128H0Z" fill="{colour(0.36, 0.62, 0.25)}"/>'
        + f'<path d="M0 {b}Q40 {b - 16} 80 {b}T128 {b}V128H0Z" fill="{colour(0.3, 0.48, 0.32)}"/>'
    )


def tiles(rng: np.random.Generator, hue: float) -> str:
    """A chequered floor or wall."""
    size = int(rng.choice([16, 22, 32]))
    light, dark = colour(hue, 0.82, 0.25), colour(hue, 0.7, 0.3)
    squares = "".join(
        f'<rect x="{x * size}" y="{y * size}" width="{size}" height="{size}"/>'
        for x in range(128 // size + 1)
        for y in range(128 // size + 1)
        if (x + y) % 2
    )
    return _full(light) + f'<g fill="{dark}">{squares}</g>'


def dots(rng: np.random.Generator, hue: float) -> str:
    """Paper with large dots."""
    step, radius = int(rng.choice([18, 24])), rng.uniform(2.5, 5)
    marks = "".join(
        f'<circle cx="{x + (y // step % 2) * step / 2}" cy="{y}" r="{radius:.1f}"/>'
        for x in range(4, 140, step)
        for y in range(4, 140, step)
    )
    return _full(colour(hue, 0.8, 0.4)) + f'<g fill="{colour(hue + 0.04, 0.68, 0.4)}">{marks}</g>'


def wall(rng: np.random.Generator, hue: float) -> str:
    """A brick wall over a floor."""
    line = colour(hue, 0.58, 0.22)
    rows = "".join(f'<rect y="{y}" width="128" height="1.5"/>' for y in range(0, 96, 12))
    joints = "".join(
        f'<rect x="{x + (y // 12 % 2) * 12}" y="{y}" width="1.5" height="12"/>'
        for y in range(0, 96, 12)
        for x in range(0, 128, 24)
    )
    floor = f'<rect y="96" width="128" height="32" fill="{colour(hue + 0.5, 0.5, 0.12)}"/>'
    return _full(colour(hue, 0.68, 0.26)) + f'<g fill="{line}">{rows}{joints}</g>' + floor


def beach(rng: np.random.Generator, hue: float) -> str:
    """Sky, a band of water, sand."""
    y = int(rng.integers(50, 66))
    return (
        _full(colour(hue, 0.84, 0.4))
        + f'<rect y="{y}" width="128" height="26" fill="{colour(0.52, 0.5, 0.45)}"/>'
        + f'<path d="M0 {y + 24}Q32 {y + 14} 64 {y + 22}T128 {y + 20}V128H0Z" '
        + f'fill="{colour(0.11, 0.76, 0.45)}"/>'
    )


def cloth(rng: np.random.Generator, hue: float) -> str:
    """A cloth in a two-way stripe."""
    step = int(rng.choice([14, 20, 26]))
    bars = "".join(
        f'<rect x="{x}" width="{step / 3:.1f}" height="128"/>' for x in range(4, 128, step)
    )
    cross = "".join(
        f'<rect y="{y}" width="128" height="{step / 3:.1f}"/>' for y in range(4, 128, step)
    )
    tone = colour(hue, 0.52, 0.38)
    return _full(colour(hue, 0.76, 0.35)) + f'<g fill="{tone}" opacity=".5">{bars}{cross}</g>'


def dusk(rng: np.random.Generator, hue: float) -> str:
    """A dark sky in bands with a low moon and a roof line."""
    bands = "".join(
        f'<rect y="{i * 22}" width="128" height="23" fill="{colour(hue, 0.2 + 0.06 * i, 0.38)}"/>'
        for i in range(6)
    )
    x = rng.integers(16, 112)
    moon = f'<circle cx="{x}" cy="20" r="9" fill="{colour(0.13, 0.86, 0.6)}"/>'
    points = " ".join(f"{px},{int(rng.integers(92, 108))}" for px in range(0, 140, 12))
    return (
        bands + moon + f'<polygon points="0,128 {points} 128,128" fill="{colour(hue, 0.13, 0.3)}"/>'
    )


def window(rng: np.random.Generator, hue: float) -> str:
    """A room wall with a bright window and a sill."""
    x, width = int(rng.integers(6, 60)), int(rng.integers(46, 62))
    frame, glass = colour(hue, 0.92, 0.15), colour(0.56, 0.82, 0.45)
    pane = (width - 10) / 2
    return (
        _full(colour(hue, 0.62, 0.3))
        + f'<rect x="{x}" y="8" width="{width}" height="72" fill="{frame}"/>'
        + f'<rect x="{x + 4}" y="12" width="{pane}" height="64" fill="{glass}"/>'
        + f'<rect x="{x + 6 + pane}" y="12" width="{pane}" height="64" fill="{glass}"/>'
        + f'<rect y="98" width="128" height="30" fill="{colour(hue, 0.42, 0.3)}"/>'
    )


def rays(rng: np.random.Generator, hue: float) -> str:
    """A fan of rays from a corner."""
    rays_ = "".join(
        f'<polygon points="0,128 {180 * np.cos(a):.1f},{128 - 180 * np.sin(a):.1f} '
        f'{180 * np.cos(a + 0.1):.1f},{128 - 180 * np.sin(a + 0.1):.1f}"/>'
        for a in np.arange(0, 1.6, 0.2)
    )
    return _full(colour(hue, 0.78, 0.4)) + f'<g fill="{colour(hue, 0.7, 0.42)}">{rays_}</g>'


def arches(rng: np.random.Generator, hue: float) -> str:
    """Rows of scales, like roof tiles."""
    marks = "".join(
        f'<circle cx="{x + (y // 14 % 2) * 14}" cy="{y}" r="13" fill="{colour(hue, 0.66 + 0.02 * (y % 5), 0.3)}"/>'
        for y in range(140, -14, -14)
        for x in range(0, 142, 28)
    )
    return _full(colour(hue, 0.6, 0.3)) + marks


def steps(rng: np.random.Generator, hue: float) -> str:
    """Broad steps rising to a wall."""
    return _full(colour(hue, 0.84, 0.25)) + "".join(
        f'<rect y="{70 + 15 * i}" width="128" height="15" fill="{colour(hue, 0.7 - 0.07 * i, 0.22)}"/>'
        for i in range(4)
    )


def shelf(rng: np.random.Generator, hue: float) -> str:
    """A wall with two boards and a row of plain boxes on the upper one."""
    low, high = int(rng.integers(92, 106)), int(rng.integers(22, 34))
    wood, shade = colour(0.08, 0.5, 0.38), colour(0.08, 0.38, 0.4)
    boards = "".join(
        f'<rect y="{y}" width="128" height="6" fill="{wood}"/>'
        f'<rect y="{y + 6}" width="128" height="2.5" fill="{shade}"/>'
        for y in (high, low)
    )
    x, boxes = 4, ""
    while x < 120:
        width, height = int(rng.integers(8, 20)), int(rng.integers(8, 20))
        tone = colour(hue + float(rng.uniform(-0.04, 0.04)), rng.uniform(0.45, 0.7), 0.28)
        boxes += (
            f'<rect x="{x}" y="{high - height}" width="{width}" height="{height}" fill="{tone}"/>'
        )
        x += width + int(rng.integers(1, 8))
    return _full(colour(hue, rng.uniform(0.74, 0.86), 0.26)) + boxes + boards


def garden(rng: np.random.Generator, hue: float) -> str:
    """A lawn before a hedge of round bushes under an open sky."""
    y = int(rng.integers(58, 78))
    bushes = "".join(
        f'<circle cx="{x}" cy="{y}" r="{rng.uniform(11, 18):.1f}" '
        f'fill="{colour(0.33, rng.uniform(0.34, 0.42), 0.3)}"/>'
        for x in range(-4, 140, 15)
    )
    lawn = f'<rect y="{y}" width="128" height="{128 - y}" fill="{colour(0.27, 0.58, 0.36)}"/>'
    return _full(colour(hue, rng.uniform(0.76, 0.88), 0.42)) + bushes + lawn


def rug(rng: np.random.Generator, hue: float) -> str:
    """A floor with an oval mat of rings."""
    rings = "".join(
        f'<ellipse cx="64" cy="86" rx="{62 - 11 * i}" ry="{36 - 6.4 * i:.1f}" '
        f'fill="{colour(hue + 0.02 * (i % 2), 0.5 + 0.09 * (i % 3), 0.36)}"/>'
        for i in range(5)
    )
    return _full(colour(hue + 0.5, rng.uniform(0.72, 0.86), 0.14)) + rings


def stripes(rng: np.random.Generator, hue: float) -> str:
    """Paper in broad upright stripes."""
    step = int(rng.choice([10, 16, 24]))
    bars = "".join(
        f'<rect x="{x}" width="{step / 2:.0f}" height="128"/>' for x in range(0, 128, step)
    )
    return _full(colour(hue, 0.84, 0.3)) + f'<g fill="{colour(hue, 0.76, 0.34)}">{bars}</g>'


def mosaic(rng: np.random.Generator, hue: float) -> str:
    """Panes of any size from nearly black to nearly white."""
    panes = "".join(
        f'<rect x="{rng.uniform(-20, 110):.0f}" y="{rng.uniform(-20, 110):.0f}" '
        f'width="{rng.uniform(16, 80):.0f}" height="{rng.uniform(16, 80):.0f}" '
        f'fill="{colour(hue + rng.choice([0, 0.5]), rng.uniform(0.08, 0.94), rng.uniform(0.1, 0.6))}"/>'
        for _ in range(16)
    )
    return _full(colour(hue, rng.uniform(0.1, 0.9), 0.3)) + panes


def night(rng: np.random.Generator, hue: float) -> str:
    """A dark ground with small lights and a darker rise."""
    lights = "".join(
        f'<circle cx="{rng.uniform(0, 128):.0f}" cy="{rng.uniform(0, 90):.0f}" '
        f'r="{rng.uniform(0.6, 2):.1f}"/>'
        for _ in range(24)
    )
    y = int(rng.integers(70, 110))
    rise = (
        f'<path d="M0 {y}Q40 {y - 30} 76 {y}T128 {y - 6}V128H0Z" fill="{colour(hue, 0.1, 0.3)}"/>'
    )
    ground = _full(colour(hue, rng.uniform(0.14, 0.34), 0.4))
    return ground + f'<g fill="{colour(hue, 0.85, 0.5)}">{lights}</g>' + rise


def blobs(rng: np.random.Generator, hue: float) -> str:
    """Large soft-edged stones of one family of tones."""
    stones = "".join(
        f'<ellipse cx="{rng.uniform(0, 128):.0f}" cy="{rng.uniform(0, 128):.0f}" '
        f'rx="{rng.uniform(8, 34):.0f}" ry="{rng.uniform(8, 30):.0f}" '
        f'fill="{colour(hue + rng.uniform(-0.02, 0.02), rng.uniform(0.25, 0.9), 0.35)}"/>'
        for _ in range(14)
    )
    return _full(colour(hue, rng.uniform(0.3, 0.85), 0.3)) + stones


def _tones(rng: np.random.Generator, hue: float, count: int) -> list[str]:
    """Tones of one hue and of the one across from it, near or far in lightness."""
    middle, spread = rng.uniform(0.3, 0.8), rng.uniform(0.05, 0.3)
    return [
        colour(
            hue + float(rng.choice([0, 0, 0.5])),
            middle + rng.uniform(-spread, spread),
            rng.uniform(0.1, 0.6),
        )
        for _ in range(count)
    ]


def lattice(rng: np.random.Generator, hue: float) -> str:
    """Diamonds in two tones, of any size."""
    ground, mark = _tones(rng, hue, 2)
    width, height = rng.uniform(8, 34), rng.uniform(8, 34)
    diamonds = "".join(
        f'<path d="M{x:.1f} {y - height / 2:.1f}l{width / 2:.1f} {height / 2:.1f}'
        f'l{-width / 2:.1f} {height / 2:.1f}l{-width / 2:.1f} {-height / 2:.1f}Z"/>'
        for y in np.arange(0, 128 + height, height)
        for x in np.arange(0, 128 + width, width)
    )
    return _full(ground) + f'<g fill="{mark}">{diamonds}</g>'


def zigzag(rng: np.random.Generator, hue: float) -> str:
    """Zigzag bands, level or upright."""
    ground, *tones = _tones(rng, hue, 4)
    step, rise = rng.uniform(8, 26), rng.uniform(3, 14)
    bands = ""
    for row, y in enumerate(np.arange(-rise, 128 + rise, step)):
        points = " ".join(
            f"{x:.0f},{y + rise * (n % 2):.1f}" for n, x in enumerate(np.arange(-8, 144, step))
        )
        bands += (
            f'<polyline points="{points}" fill="none" stroke="{tones[row % 3]}" '
            f'stroke-width="{step / 2.5:.1f}"/>'
        )
    turn = int(rng.choice([0, 90]))
    return _full(ground) + f'<g transform="rotate({turn} 64 64)">{bands}</g>'


def waves(rng: np.random.Generator, hue: float) -> str:
    """Long waves at any slope."""
    ground, *tones = _tones(rng, hue, 3)
    step, rise = rng.uniform(7, 24), rng.uniform(4, 16)
    lines = "".join(
        f'<path d="M-60 {y:.1f}q20 {-rise:.1f} 40 0t40 0t40 0t40 0t40 0t40 0" fill="none" '
        f'stroke="{tones[n % 2]}" stroke-width="{step * 0.45:.1f}"/>'
        for n, y in enumerate(np.arange(-60, 190, step))
    )
    turn = rng.uniform(-60, 60)
    return _full(ground) + f'<g transform="rotate({turn:.0f} 64 64)">{lines}</g>'


def confetti(rng: np.random.Generator, hue: float) -> str:
    """Many small three- and four-cornered pieces."""
    ground, *tones = _tones(rng, hue, 5)
    size = rng.uniform(2, 8)
    pieces = ""
    for _ in range(int(rng.integers(40, 130))):
        centre = rng.uniform(0, 128, 2)
        corners = centre + rng.uniform(-size, size, (int(rng.integers(3, 5)), 2))
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
        pieces += f'<polygon points="{points}" fill="{tones[int(rng.integers(4))]}"/>'
    return _full(ground) + pieces


def weave(rng: np.random.Generator, hue: float) -> str:
    """Short strips over and under, like basketry."""
    ground, one, other = _tones(rng, hue, 3)
    size, gap = rng.uniform(6, 18), rng.uniform(0.5, 2.5)
    strips = "".join(
        f'<rect x="{x * size + gap / 2:.1f}" y="{y * size + gap / 2:.1f}" '
        f'width="{(1.0 if (x + y) % 2 else 0.5) * size - gap:.1f}" '
        f'height="{(0.5 if (x + y) % 2 else 1.0) * size - gap:.1f}" '
        f'fill="{one if (x + y) % 2 else other}"/>'
        for x in range(-4, int(128 / size) + 4)
        for y in range(-4, int(128 / size) + 4)
    )
    turn = rng.uniform(-30, 30)
    return _full(ground) + f'<g transform="rotate({turn:.0f} 64 64)">{strips}</g>'


def quilt(rng: np.random.Generator, hue: float) -> str:
    """Patchwork: squares of many tones, some cut in two."""
    tones = _tones(rng, hue, 6)
    size = int(rng.integers(14, 40))
    patches = ""
    for x in range(0, 128, size):
        for y in range(0, 128, size):
            one, other = (tones[int(rng.integers(6))] for _ in range(2))
            patches += f'<rect x="{x}" y="{y}" width="{size}" height="{size}" fill="{one}"/>'
            if rng.random() < 0.4:
                patches += f'<path d="M{x} {y}h{size}l{-size} {size}Z" fill="{other}"/>'
    return _full(tones[0]) + patches


def bands(rng: np.random.Generator, hue: float) -> str:
    """Bands of any width at any angle."""
    ground, *tones = _tones(rng, hue, 6)
    x, strips = -40.0, ""
    while x < 170:
        width = rng.uniform(2, 26)
        tone = tones[int(rng.integers(5))]
        strips += f'<rect x="{x:.1f}" y="-40" width="{width:.1f}" height="210" fill="{tone}"/>'
        x += width + rng.uniform(0, 10)
    turn = rng.uniform(0, 180)
    return _full(ground) + f'<g transform="rotate({turn:.0f} 64 64)">{strips}</g>'


def pebbles(rng: np.random.Generator, hue: float) -> str:
    """A dense bed of small round stones."""
    ground, *tones = _tones(rng, hue, 5)
    size = rng.uniform(2.5, 7)
    stones = "".join(
        f'<circle cx="{rng.uniform(0, 128):.0f}" cy="{rng.uniform(0, 128):.0f}" '
        f'r="{size * rng.uniform(0.5, 1):.1f}" fill="{tones[int(rng.integers(4))]}"/>'
        for _ in range(int(rng.integers(60, 160)))
    )
    return _full(ground) + stones


def straws(rng: np.random.Generator, hue: float) -> str:
    """Short straws lying all ways."""
    ground, *tones = _tones(rng, hue, 4)
    length = rng.uniform(6, 22)
    strokes = ""
    for _ in range(int(rng.integers(50, 110))):
        x, y = rng.uniform(-5, 133, 2)
        dx, dy = rng.uniform(-length, length, 2)
        strokes += (
            f'<path d="M{x:.0f} {y:.0f}l{dx:.0f} {dy:.0f}" stroke="{tones[int(rng.integers(3))]}"/>'
        )
    return _full(ground) + f'<g stroke-width="{rng.uniform(1, 4):.1f}">{strokes}</g>'


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        plain, table, hills, tiles, dots, shelf, garden, rug, stripes, wall, beach, cloth, dusk, window, rays, arches, steps,
        mosaic, night, blobs, lattice, zigzag, waves, confetti, weave, quilt, bands,
        pebbles, straws,
    )
}  # fmt: skip


def trinket(rng: np.random.Generator, hue: float) -> str:
    """One small everyday shape that belongs to no culture, filling the view box.

    A ball, a leaf, a stone, a box or a cup, turned a little.
    """
    base, shade = colour(hue, 0.55, 0.5), colour(hue, 0.42, 0.5)
    shapes = (
        f'<circle r="10" fill="{base}"/><path d="M0 10A10 10 0 0 0 10 0Q4 4 0 10Z" fill="{shade}"/>',
        f'<path d="M-10 0Q0 -10 10 0Q0 10 -10 0Z" fill="{base}"/>'
        f'<path d="M-10 0Q0 10 10 0Z" fill="{shade}"/>',
        f'<path d="M-10 5Q-10 -7 0 -7T10 5Z" fill="{base}"/>'
        f'<path d="M-10 5Q-3 0 0 -7T10 5Z" fill="{shade}" opacity=".5"/>',
        f'<rect x="-10" y="-8" width="20" height="16" fill="{base}"/>'
        f'<rect x="-10" y="-8" width="20" height="5" fill="{shade}"/>',
        f'<path d="M-7 -9H7L5 10H-5Z" fill="{base}"/>'
        f'<ellipse cy="-9" rx="7" ry="2.5" fill="{shade}"/>',
    )
    turn = rng.uniform(-20, 20)
    shape = shapes[int(rng.integers(len(shapes)))]
    return f'<g transform="translate(64 64) rotate({turn:.0f}) scale(5)">{shape}</g>'
