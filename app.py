"""Start GG-EZ Explorer: arguments -> workbench -> page -> server."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    on_space = "SPACE_ID" in os.environ
    parser.add_argument("--host", default="0.0.0.0" if on_space else "127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--pair", help="id of the pair to show first")
    parser.add_argument("--kof", type=Path, help="a newer KOF table of the same columns")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    return parser.parse_args(argv)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, or exit 2 with one line. Bound first, so that a clash shows at once."""
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        sys.exit(_fail(f"cannot listen on {host}:{port}: {reason}; choose another with --port"))


def _fail(line: str) -> int:
    print(f"error: {line}", file=sys.stderr)
    return 2


def main(argv: list[str] | None = None) -> None:
    """Serve until interrupted."""
    args = arguments(argv)
    listening = bind(args.host, args.port)
    print(f"GG-EZ Explorer is starting on http://{args.host}:{args.port}", flush=True)
    from ggez.types import UserError
    from ggez.ui.serve import serve

    try:
        ready = None if args.no_browser else threading.Timer(1, webbrowser.open, [_url(args)])
        serve(listening, args.pair, args.kof, args.port, ready)
    except UserError as error:
        sys.exit(_fail(str(error)))


def _url(args: argparse.Namespace) -> str:
    return f"http://{'127.0.0.1' if args.host == '0.0.0.0' else args.host}:{args.port}"


if __name__ == "__main__":
    main()
