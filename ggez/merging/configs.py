"""What two checkpoints say beside their weights: configs, schedulers, processors, tokenizers.

A merged checkpoint takes all of it from base. A difference *matters* where tuned's weights were
trained to be read in tuned's way. What only tells versions and places apart is no difference.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ggez.merging.checkpoint import CONFIG, OPEN_CLIP, PIPELINE, Checkpoint
from ggez.merging.vocabulary import FAST, read_vocabulary, same_files
from ggez.models.folders import read_json

SCHEDULER, GENERATION = "scheduler_config.json", "generation_config.json"
PROCESSOR, TOKENIZER, TOKENS, TEMPLATE = "processor", "tokenizer", "vocabulary", "chat template"
OPAQUE = ("merges.txt", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model")
"""Files that are compared byte by byte."""

NOISE = {
    *("_name_or_path", "name_or_path", "transformers_version", "_diffusers_version"),
    *("_commit_hash", "_attn_implementation", "_attn_implementation_autoset"),
    *("attn_implementation", "special_tokens_map_file", "tokenizer_file", "processor_class"),
    *("feature_extractor_type", "added_tokens_decoder", "backend", "is_local", "chat_template"),
}
"""Keys that say nothing, or that are compared elsewhere."""

QUIET = {
    *("dtype", "use_cache", "initializer_range", "initializer_factor", "output_attentions"),
    *("output_hidden_states", "return_dict", "torchscript", "problem_type", "id2label"),
    *("label2id", "chunk_size_feed_forward", "gradient_checkpointing", "auto_map"),
    *("logit_scale_init_value", "image_processor_type"),
}
"""Keys of training and housekeeping: the weights are read alike whatever they say."""

LONG = 120
"""Characters of a value that are shown."""

ABSENT = "absent"


@dataclass(frozen=True)
class Difference:
    """One key that the two sides give different values. `where` is a file or what it is for."""

    where: str
    key: str
    base: Any
    tuned: Any
    matters: bool

    def as_json(self) -> dict[str, Any]:
        """`{"where", "key", "base", "tuned", "matters"}`."""
        return asdict(self)


def differences(base: Checkpoint, tuned: Checkpoint) -> list[Difference]:
    """All differences beside the weights, those that matter first. Lone files have none."""
    if not (base.root.is_dir() and tuned.root.is_dir()):
        return []
    found = [
        difference
        for folder in dict.fromkeys([*_folders(base), *_folders(tuned)])
        for difference in _folder(folder, base.root / folder, tuned.root / folder)
    ]
    return sorted(found, key=lambda difference: not difference.matters)


def _folders(checkpoint: Checkpoint) -> list[str]:
    """The root and, of a pipeline, every folder that its index names."""
    index = checkpoint.root / PIPELINE
    names = read_json(index) if index.is_file() else {}
    return ["", *(name for name in names if (checkpoint.root / name).is_dir())]


def _folder(name: str, base: Path, tuned: Path) -> Iterator[Difference]:
    parsed = not same_files(base, tuned)  # large, and the same more often than not
    one, other = _said(base, parsed), _said(tuned, parsed)
    for kind in dict.fromkeys([*one, *other]):
        where = f"{name}/{kind}" if name else kind
        if kind not in one or kind not in other:
            mine, theirs = ("here" if kind in side else ABSENT for side in (one, other))
            yield Difference(where, "", mine, theirs, kind in (CONFIG, SCHEDULER))
            continue
        changed = list(_walk(one[kind], other[kind]))
        if changed and kind in (CONFIG, SCHEDULER):
            # a newer library writes out what an older one left to the default
            changed = list(_walk(filled(one[kind]), filled(other[kind])))
        for key, mine, theirs in changed:
            yield Difference(where, key, _short(mine), _short(theirs), _matters(kind, key))


def _said(folder: Path, tokens: bool) -> dict[str, dict[str, Any]]:
    """Everything a folder says, by kind, in one spelling; of its vocabulary only if asked."""
    found: dict[str, dict[str, Any]] = {}
    for name in (PIPELINE, CONFIG, OPEN_CLIP, SCHEDULER, GENERATION):
        if (folder / name).is_file():
            found[name] = _clean(read_json(folder / name))
    own = _optional(folder / "processor_config.json")
    # since transformers 5 the image processor's settings lie inside the processor's
    processor = _optional(folder / "preprocessor_config.json") | own.pop("image_processor", {})
    if processor or own:
        found[PROCESSOR] = _clean(own | processor)
    config = _optional(folder / "tokenizer_config.json")
    if flags := _optional(folder / "special_tokens_map.json") | config:
        found[TOKENIZER] = {key: _plain_token(value) for key, value in _clean(flags).items()}
    vocabulary = read_vocabulary(folder) if tokens else None
    if vocabulary is not None:
        digest = _digest(json.dumps(sorted(vocabulary.items())).encode())
        found[TOKENS] = {"tokens": f"{len(vocabulary)} ({digest})"}
    if tokens and (folder / FAST).is_file():
        found[FAST] = _rules(read_json(folder / FAST))
    template = _template(folder, config)
    if template:
        found[TEMPLATE] = {"": template}
    for name in OPAQUE:
        if (folder / name).is_file():
            found[name] = {"content": _digest((folder / name).read_bytes())}
    return found


def _optional(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}


def _clean(value: Any) -> Any:
    """Without noise and nulls, `torch_dtype` spelt `dtype`, fast classes spelt plain."""
    if not isinstance(value, dict):
        return value
    found = {
        ("dtype" if key == "torch_dtype" else key): _clean(part)
        for key, part in value.items()
        if key not in NOISE and part is not None
    }
    for key in ("image_processor_type", "tokenizer_class"):
        if isinstance(found.get(key), str):
            found[key] = found[key].removesuffix("Fast")
    return found


def _plain_token(value: Any) -> Any:
    return value.get("content", value) if isinstance(value, dict) else value


def _rules(body: dict[str, Any]) -> dict[str, Any]:
    """tokenizer.json without its vocabulary and without what one call left behind in it."""
    model = dict(body["model"]) if isinstance(body.get("model"), dict) else {}
    model.pop("vocab", None)
    if isinstance(model.get("merges"), list):  # "a b" and ["a", "b"] are one merge
        merges = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
        model["merges"] = f"{len(merges)} ({_digest(json.dumps(merges).encode())})"
    kept = {key: value for key, value in model.items() if value not in (None, False)}
    names = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
    return {"model": kept} | {name: body[name] for name in names if body.get(name) is not None}


def _template(folder: Path, config: dict[str, Any]) -> Any:
    """The chat template from wherever this version of transformers keeps it."""
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    own = _optional(folder / "chat_template.json").get("chat_template")
    return own or config.get("chat_template")


def _walk(base: Any, tuned: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The keys whose values differ, nested ones with dots."""
    if isinstance(base, Mapping) and isinstance(tuned, Mapping):
        for name in dict.fromkeys([*base, *tuned]):
            one, other = base.get(name, ABSENT), tuned.get(name, ABSENT)
            yield from _walk(one, other, f"{key}.{name}" if key else name)
    elif base != tuned and not _one_size(base, tuned) and not _one_size(tuned, base):
        yield key, base, tuned


def _one_size(one: Any, other: Any) -> bool:
    """224 and {"height": 224, "width": 224}: an image size, spelt in two ways."""
    return type(one) is int and isinstance(other, Mapping) and set(other.values()) == {one}


def filled(config: dict[str, Any]) -> dict[str, Any]:
    """A config with its class's defaults; as it is where the class is not known here."""
    try:
        if "model_type" in config:
            from transformers import CONFIG_MAPPING

            full = CONFIG_MAPPING[config["model_type"]].from_dict(dict(config)).to_dict()
        else:
            import diffusers

            made = getattr(diffusers, config["_class_name"])
            own = inspect.signature(made.__init__).parameters.values()
            full = {p.name: p.default for p in own if p.default is not p.empty} | config
        made_plain: dict[str, Any] = _clean(json.loads(json.dumps(full, default=str)))
        return made_plain
    except Exception:  # a class of another version may refuse its config in any way
        return config


def _matters(kind: str, key: str) -> bool:
    last = key.rsplit(".", 1)[-1]
    if kind == GENERATION:
        return last in ("eos_token_id", "bos_token_id", "pad_token_id")
    if kind == TOKENIZER:
        flags = ("model_max_length", "add_bos_token", "add_eos_token", "do_lower_case")
        return last in flags or last.endswith("_token")
    parts = set(key.split("."))
    return not (parts & QUIET or "dropout" in last or last == "layerdrop")


def _short(value: Any) -> Any:
    """A value as it is, or the beginning and digest of a long one."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= LONG:
        return value
    return f"{text[: LONG // 2]}… ({len(text)} characters, {_digest(text.encode())})"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
