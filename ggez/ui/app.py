"""`create_app(workbench)`: the Gradio page around the instrument, and the files it needs."""

from __future__ import annotations

import html
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from ggez.paths import ASSETS
from ggez.ui.calls import calls
from ggez.ui.state import pair_state, picture_files
from ggez.workbench import Workbench

_MOUNT = """
const state = props.state;
import("/ggez/assets/instrument/instrument.js").then(({ mount }) => {
  mount(element.querySelector(".ggez-mount"), state, server);
});
"""
_SKELETON = '<div class="ggez-mount" style="min-height:80vh"></div>'
_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


def create_blocks(bench: Workbench, pair: str | None = None) -> gr.Blocks:
    """The page: one component that owns slider, curves and panels."""
    state = pair_state(bench, pair)
    with gr.Blocks(title="GG-EZ Explorer", analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(
            value="",
            html_template=_SKELETON,
            js_on_load=_MOUNT,
            server_functions=calls(bench),
            apply_default_css=False,
            elem_id="ggez",
            state=state,
        )
    return blocks


def create_app(bench: Workbench, pair: str | None = None, port: int = 7860) -> FastAPI:
    """The whole web app as ASGI. Models open in the background."""
    app = FastAPI(title="GG-EZ Explorer", docs_url=None, redoc_url=None)
    app.mount("/ggez/assets/instrument", StaticFiles(directory=ASSETS / "instrument"))
    plotly = Path(str(files("plotly"))) / "package_data" / "plotly.min.js"
    pictures: dict[str, Path] = {}

    @app.get("/ggez/plotly.min.js", include_in_schema=False)
    def plotly_js() -> FileResponse:
        return FileResponse(plotly, headers={"Cache-Control": "public, max-age=86400"})

    @app.get("/ggez/pictures/{key}.webp", include_in_schema=False)
    def picture(key: str) -> FileResponse:
        if not pictures:
            pictures.update(picture_files(bench))
        if key not in pictures:
            raise HTTPException(404, "no such picture")
        return FileResponse(pictures[key], media_type="image/webp", headers=_IMMUTABLE)

    blocks = create_blocks(bench, pair)
    return gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_port=port,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="10mb",
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        app_kwargs={"docs_url": None, "redoc_url": None},
        theme=_theme(),
        css=(ASSETS / "page.css").read_text(encoding="utf-8"),
        head=_head(),
        favicon_path=str(ASSETS / "logo.svg"),
    )


def _theme() -> Any:
    """System fonts only: no request leaves the page."""
    sans = ["ui-sans-serif", "system-ui", "sans-serif"]
    return gr.themes.Default(font=sans, font_mono=["ui-monospace", "monospace"])


def _head() -> str:
    line = html.escape("Drag α between a base and a region-tuned checkpoint")
    return (
        f'<meta name="description" content="{line}">'
        '<link rel="stylesheet" href="/ggez/assets/instrument/instrument.css">'
        '<link rel="modulepreload" href="/ggez/assets/instrument/instrument.js">'
    )
