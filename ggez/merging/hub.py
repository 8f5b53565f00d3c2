"""What a Hub id looks like."""

from __future__ import annotations

import re

HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")


def is_hub_id(text: str) -> bool:
    """Whether this could be `org/name`."""
    return bool(HUB_ID.match(text)) and not text.endswith((".safetensors", ".json"))
