"""The harness page over HTTP: `python serve.py` and open http://127.0.0.1:8123/?demo."""

from __future__ import annotations

import sys
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zlib import crc32

import plotly

HERE = Path(__file__).parent
ROOTS = {
    "/instrument/": HERE.parents[2] / "assets" / "instrument",
    "/plotly.min.js": Path(plotly.__file__).parent / "package_data" / "plotly.min.js",
}
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


@cache
def picture(name: str) -> bytes:
    """A still life by name: same name, same picture."""
    item, number = name.rsplit("-", 1)
    hue, seed = crc32(item.encode()) % 360, crc32(name.encode())
    x, y, turn = 40 + seed % 20, 70 - seed % 13, seed % 40 - 20
    ground = f"hsl({(hue + 150) % 360} {28 + 14 * int(number)}% {82 - 8 * int(number)}%)"
    shapes = [
        f'<circle cx="{x + 24}" cy="{y - 6}" r="34"/>',
        f'<path d="M{x - 20} {y + 30}L{x + 24} {y - 48}L{x + 68} {y + 30}z"/>',
        f'<rect x="{x - 10}" y="{y - 36}" width="66" height="66" rx="14"/>',
        f'<path d="M{x - 16} {y - 10}a40 40 0 0 0 80 0z"/>',
    ]
    shape = shapes[crc32(item[::-1].encode()) % len(shapes)]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 128 128">'
        f'<rect width="128" height="128" fill="{ground}"/>'
        f'<ellipse cx="64" cy="108" rx="46" ry="8" fill="rgba(0,0,0,.14)"/>'
        f'<g transform="rotate({turn} 64 64)" fill="hsl({hue} 62% 48%)">{shape}</g>'
        f'<circle cx="{x + 12}" cy="{y - 16}" r="7" fill="hsl({(hue + 40) % 360} 80% 80%)"/>'
        "</svg>"
    ).encode()


class Handler(BaseHTTPRequestHandler):
    """Serves the harness, the instrument, Plotly and the pictures, and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/pictures/"):
            return self.reply(picture(Path(path).stem), "image/svg+xml")
        file = HERE / ("harness.html" if path == "/" else path.lstrip("/"))
        for prefix, root in ROOTS.items():
            if path.startswith(prefix):
                file = root / path[len(prefix) :] if root.is_dir() else root
        if ".." in path or not file.is_file():
            return self.reply(b"", "text/plain", 404)
        return self.reply(file.read_bytes(), TYPES.get(file.suffix, "text/plain"))

    def reply(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        # A lost picture would be asked for again, and seen to be; Plotly compiles once.
        keep = self.path.endswith("plotly.min.js")
        self.send_header("Cache-Control", "max-age=600" if keep else "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def server(port: int = 0) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    server(int(sys.argv[1]) if len(sys.argv) > 1 else 8123).serve_forever()
