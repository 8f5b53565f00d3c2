"""Which component of a model a tensor belongs to: the parts that can have an α of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ggez.merging.checkpoint import Checkpoint

VISION, PROJECTOR, LANGUAGE = "vision tower", "projector", "language model"
WHOLE = "model"

_VISION = {"vision_tower", "vision_model", "vision_encoder", "visual", "vision_embed_tokens"}
_PROJECTOR = {
    *("multi_modal_projector", "mm_projector", "connector", "merger", "aligner", "projector"),
    *("embed_vision", "visual_projection"),
}
_SINGLE_FILE = {
    "model.diffusion_model.": "unet",
    "first_stage_model.": "vae",
    "conditioner.embedders.1.": "text_encoder_2",
    "conditioner.": "text_encoder",
    "cond_stage_model.": "text_encoder",
}
"""How Stable Diffusion names its parts where they all lie in one file."""


def component_of(checkpoint: Checkpoint) -> Callable[[str], str]:
    """The rule for this checkpoint: by part, by tower, or all one model."""
    if "" not in checkpoint.parts:
        return lambda name: name.partition("/")[0]
    return _rule(checkpoint.parts[""].tensors)


def _rule(names: Iterable[str]) -> Callable[[str], str]:
    names = list(names)
    if any(name.startswith("model.diffusion_model.") for name in names):
        return _single_file
    towers = any(name.startswith(("visual.", "vision_model.")) for name in names)
    if towers and "logit_scale" in names:
        from ggez.models.embedding import component_of as tower_of

        return tower_of
    if any(set(name.split(".")[:3]) & _VISION for name in names):
        return _multimodal
    return lambda name: WHOLE


def _single_file(name: str) -> str:
    return next((part for start, part in _SINGLE_FILE.items() if name.startswith(start)), WHOLE)


def _multimodal(name: str) -> str:
    places = set(name.split(".")[:3])
    if places & _PROJECTOR:  # before vision: some keep the projector inside the tower
        return PROJECTOR
    return VISION if places & _VISION else LANGUAGE
