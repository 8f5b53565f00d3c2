"""Backgrounds and distractors, drawn by rule. Each is markup on the 128x128 view box."""

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


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        plain, table, hills, tiles, dots, wall, beach, cloth, dusk, window, rays, arches, steps,
    )
}  # fmt: skip


def distractor(rng: np.random.Generator, hue: float) -> str:
    """One small everyday shape that belongs to no culture: ball, leaf, stone, box, cup."""
    x, y = rng.uniform(8, 112), rng.uniform(84, 116)
    if rng.random() < 0.3:
        y = rng.uniform(8, 40)
    size = rng.uniform(5, 10)
    base, shade = colour(hue, 0.55, 0.5), colour(hue, 0.42, 0.5)
    kind = int(rng.integers(5))
    shapes = (
        f'<circle r="{size}" fill="{base}"/><path d="M0 {size}A{size} {size} 0 0 0 {size} 0'
        f'Q{size * 0.4} {size * 0.4} 0 {size}Z" fill="{shade}"/>',
        f'<path d="M{-size} 0Q0 {-size} {size} 0Q0 {size} {-size} 0Z" fill="{base}"/>'
        f'<path d="M{-size} 0Q0 {size} {size} 0Z" fill="{shade}"/>',
        f'<path d="M{-size} {size * 0.5}Q{-size} {-size * 0.7} 0 {-size * 0.7}T{size} {size * 0.5}Z" '
        f'fill="{base}"/>',
        f'<rect x="{-size}" y="{-size * 0.8}" width="{2 * size}" height="{1.6 * size}" fill="{base}"/>'
        f'<rect x="{-size}" y="{-size * 0.8}" width="{2 * size}" height="{size * 0.5}" fill="{shade}"/>',
        f'<path d="M{-size * 0.7} {-size}H{size * 0.7}L{size * 0.5} {size}H{-size * 0.5}Z" '
        f'fill="{base}"/><ellipse cy="{-size}" rx="{size * 0.7}" ry="{size * 0.25}" fill="{shade}"/>',
    )
    turn = rng.uniform(-20, 20)
    return f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.0f})">{shapes[kind]}</g>'
