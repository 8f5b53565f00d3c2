"""A LoRA adapter as the tuned side: a PEFT folder, merged into its base by PEFT itself.

PEFT is used rather than `base + scale·B·A` of our own: it knows every variant that its own
training writes (rsLoRA, rank and alpha patterns, fan-in-fan-out, embeddings, convolutions, DoRA,
modules saved whole), and what it merges is what the adapter's author saw.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch

from ggez.models.folders import first_line, read_json, read_tensors
from ggez.types import UserError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def is_adapter(folder: Path) -> bool:
    """Whether the folder holds a PEFT adapter rather than a whole model."""
    return (folder / CONFIG).is_file()


def merge_adapter(model: torch.nn.Module, folder: Path) -> dict[str, torch.Tensor]:
    """The state of `model` with the adapter merged in, in the dtype of the model's own tensors.

    The model is used up: its tensors are written to and its modules rewired. Raises UserError in
    one line for an adapter that is no LoRA, is not complete, or does not fit this model.
    """
    # peft takes a second to import, and most pairs have no adapter
    from peft import PeftConfig, get_peft_model, set_peft_model_state_dict

    kind = read_json(folder / CONFIG).get("peft_type")
    if kind != "LORA":
        raise UserError(f"{folder}: a PEFT adapter of type {kind}; supported is LORA")
    if not (folder / WEIGHTS).is_file():
        raise UserError(f"{folder}: {WEIGHTS} is missing; save the adapter as safetensors")
    state = read_tensors([folder / WEIGHTS])
    for name, value in state.items():
        if not torch.isfinite(value).all():
            raise UserError(f"{folder / WEIGHTS}: tensor {name} holds NaN or infinity; retrain it")
    dtypes = {name: value.dtype for name, value in model.state_dict().items()}
    try:
        config = PeftConfig.from_pretrained(str(folder))
        config.task_type = None  # what it was trained for does not matter to a merge
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they say of keys is checked below
            tuned = get_peft_model(model, config)
            loaded: Any = set_peft_model_state_dict(tuned, state)
        stray = list(loaded.unexpected_keys)
        stray += [k for k in loaded.missing_keys if "lora_" in k or "modules_to_save" in k]
        if stray:
            raise ValueError(f"{stray[0]} is on one side only ({len(stray)} such tensors)")
        # not safe_merge: it rounds the change to bf16 before it adds it, and so rounds twice
        merged = tuned.merge_and_unload()
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise UserError(
            f"{folder}: this adapter does not fit its base ({first_line(error)}); give the base "
            "that it was trained on"
        ) from None
    return {name: value.to(dtypes[name]) for name, value in merged.state_dict().items()}
