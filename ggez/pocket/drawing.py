"""One vector drawing: read it, check it, recolour it, rasterise it.

A drawing is a flat SVG on a transparent 128x128 view box whose colours are CSS
variables declared in one `<style>:root{...}</style>`. `--key-*` colours belong
to the thing's identity (a golden dome stays golden) and are only nudged;
`--free-*` colours may become any hue (a plate, a shirt). Literal colours are
never touched. Browsers show such a file as it is; the rasteriser knows no CSS
variables, so they are substituted here.
"""

from __future__ import annotations

import colorsys
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

VIEW_BOX = "0 0 128 128"
_DECLARATION = re.compile(r"--((?:key|free)-[a-z0-9-]+)\s*:\s*(#[0-9a-fA-F]{6})\s*;?")
_STYLE = re.compile(r"<style>\s*:root\s*\{(.*?)\}\s*</style>", re.DOTALL)
_USE = re.compile(r"var\(--([a-z0-9-]+)\)")
_ALLOWED = {"svg", "style", "g", "path", "circle", "ellipse", "rect", "polygon", "polyline", "line"}
_ALLOWED |= {"defs", "use", "clipPath"}


class DrawingError(ValueError):
    """A drawing that cannot be used; the message names the file and the mend."""


@dataclass(frozen=True)
class Drawing:
    """A checked drawing: inner markup with `var(--name)` uses, and its default colours."""

    name: str
    body: str
    palette: tuple[tuple[str, str], ...]
    mirror: bool

    def markup(self, palette: dict[str, str] | None = None, prefix: str = "") -> str:
        """The inner SVG with every variable replaced; `prefix` keeps ids unique in a scene."""
        colours = dict(self.palette) | (palette or {})
        text = _USE.sub(lambda match: colours[match.group(1)], self.body)
        if prefix:
            text = re.sub(r'\bid="', f'id="{prefix}', text)
            text = re.sub(r'href="#', f'href="#{prefix}', text)
            text = re.sub(r"url\(#", f"url(#{prefix}", text)
        return text

    def recoloured(self, rng: np.random.Generator, hues: tuple[float, ...]) -> dict[str, str]:
        """A palette: key colours nudged, free colours turned to one of `hues` (0-1)."""
        out = {}
        turn = float(rng.choice(hues)) if hues else 0.0
        for name, value in self.palette:
            hue, light, saturation = colorsys.rgb_to_hls(*_rgb(value))
            if name.startswith("free-"):
                hue = (hue + turn) % 1.0
                light += float(rng.uniform(-0.05, 0.05))
            else:
                hue = (hue + float(rng.uniform(-0.015, 0.015))) % 1.0
                light += float(rng.uniform(-0.03, 0.03))
            out[name] = _hex(colorsys.hls_to_rgb(hue, min(max(light, 0.03), 0.97), saturation))
        return out


def read_drawing(path: Path) -> Drawing:
    """Read and check one SVG file. Raises DrawingError with one line naming the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DrawingError(f"{path}: no drawing here; add it or remove its row") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DrawingError(f"{path}: not a readable UTF-8 file ({error})") from None
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError) as error:
        raise DrawingError(f"{path}: not well-formed SVG ({error})") from None
    if root.get("viewBox") != VIEW_BOX:
        raise DrawingError(f'{path}: viewBox must be "{VIEW_BOX}", found {root.get("viewBox")!r}')
    tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
    if extra := sorted(tags - _ALLOWED):
        raise DrawingError(f"{path}: element <{extra[0]}> is not allowed; use flat shapes only")
    for element in root.iter():
        for name, value in element.attrib.items():
            local = name.rsplit("}", 1)[-1]
            if local.startswith("on") or (local == "href" and not value.startswith("#")):
                raise DrawingError(f"{path}: attribute {local}={value[:40]!r} is not allowed")
    style = _STYLE.search(text)
    palette = tuple(_DECLARATION.findall(style.group(1))) if style else ()
    if not palette:
        raise DrawingError(f"{path}: declares no --key-* or --free-* colour in <style>:root{{}}")
    body = _STYLE.sub("", text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")])
    if missing := sorted(set(_USE.findall(body)) - dict(palette).keys()):
        raise DrawingError(f"{path}: uses --{missing[0]} but does not declare it")
    return Drawing(path.stem, body.strip(), palette, root.get("data-mirror", "yes") == "yes")


def rasterise(markup: str, pixels: int) -> np.ndarray:
    """Markup on the 128x128 view box -> uint8 RGBA array of shape (pixels, pixels, 4)."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{VIEW_BOX}">{markup}</svg>'
    png = resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def _rgb(value: str) -> tuple[float, float, float]:
    return tuple(int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def _hex(rgb: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)
