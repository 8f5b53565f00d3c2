"""Tiny embedding checkpoints of the real classes, built from configs, and a small eval set."""

from __future__ import annotations

import json
from pathlib import Path

import open_clip
import torch
from huggingface_hub import save_torch_state_dict
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPProcessor,
    GemmaTokenizer,
    PreTrainedTokenizerFast,
    Siglip2Config,
    Siglip2ImageProcessor,
    Siglip2Model,
    Siglip2Processor,
    Siglip2Tokenizer,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    SiglipProcessor,
)

from ggez.models.embedding import save_checkpoint

TRANSFORMERS = ("clip", "siglip", "siglip2-fixed", "siglip2-naflex")
OPEN_CLIP = ("open_clip-vit", "open_clip-resnet")
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
SIDE = 16
CONTEXT = 16
ITEMS = ("durian", "batik", "keris", "rendang", "taco", "kimono", "bagel", "sari")
WORDS = [f"{form} {item}" for item in ITEMS for form in ("a photo of", "foto", "Đây là")]
SMALL = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
}  # fmt: skip
TEXT = SMALL | {"max_position_embeddings": CONTEXT}


def save(kind: str, folder: Path, seed: int, dtype: torch.dtype, sharded: bool = False) -> None:
    """A checkpoint folder as the kind's own library writes it."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    if kind in OPEN_CLIP:
        _save_open_clip(kind, folder, dtype, sharded)
        return
    model, processor = {
        "clip": _clip,
        "siglip": _siglip,
        "siglip2-fixed": _siglip2_fixed,
        "siglip2-naflex": _siglip2_naflex,
    }[kind]()
    _spread(model)
    model.to(dtype).save_pretrained(folder, max_shard_size="40KB" if sharded else "5GB")
    processor.save_pretrained(folder)


def _spread(model: torch.nn.Module) -> None:
    """Weights as far apart as trained ones: fresh ones give nearly equal embeddings."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim > 1:
                value.normal_(std=0.2)
            elif "logit" in name:
                value.fill_(2.0 + torch.rand(()).item())
            else:
                value.add_(torch.randn_like(value) * 0.1)


def _byte_level() -> tuple[Tokenizer, int]:
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        WORDS,
        BpeTrainer(
            vocab_size=320,
            special_tokens=["<s>", "</s>"],
            initial_alphabet=alphabet,
            show_progress=False,
        ),
    )
    return tokenizer, tokenizer.get_vocab_size()


def _clip() -> tuple[CLIPModel, CLIPProcessor]:
    tokenizer, size = _byte_level()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    # CLIP pads with its end token
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    config = CLIPConfig(
        text_config=TEXT | {"vocab_size": size, "bos_token_id": 0, "eos_token_id": 1},
        vision_config=SMALL | {"image_size": SIDE, "patch_size": 8},
        projection_dim=24,
    )
    pictures = CLIPImageProcessor(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    return CLIPModel(config), CLIPProcessor(pictures, fast)


def _gemma_pieces() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a BPE over words with ▁ and byte fallback, as Gemma has it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    pieces = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer.train_from_iterator(
        [word.lower() for word in WORDS],
        BpeTrainer(
            vocab_size=330,
            special_tokens=["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *pieces],
            show_progress=False,
        ),
    )
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def _fixed(tokenizer: PreTrainedTokenizerFast) -> tuple[SiglipModel, SiglipProcessor]:
    config = SiglipConfig(
        text_config=TEXT | {"vocab_size": len(tokenizer), "projection_size": 32},
        vision_config=SMALL | {"image_size": SIDE, "patch_size": 8},
    )
    pictures = SiglipImageProcessor(size={"height": SIDE, "width": SIDE})
    return SiglipModel(config), SiglipProcessor(pictures, tokenizer)


def _siglip() -> tuple[SiglipModel, SiglipProcessor]:
    tokenizer, _ = _byte_level()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return _fixed(
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            eos_token="</s>",
            pad_token="</s>",
            model_input_names=["input_ids"],
        )
    )


def _siglip2_fixed() -> tuple[SiglipModel, SiglipProcessor]:
    vocab, merges = _gemma_pieces()
    return _fixed(GemmaTokenizer(vocab=vocab, merges=merges, model_input_names=["input_ids"]))


def _siglip2_naflex() -> tuple[Siglip2Model, Siglip2Processor]:
    vocab, merges = _gemma_pieces()
    tokenizer = Siglip2Tokenizer(vocab=vocab, merges=merges, model_input_names=["input_ids"])
    config = Siglip2Config(
        text_config=TEXT | {"vocab_size": len(tokenizer), "projection_size": 32},
        vision_config=SMALL | {"num_patches": 16, "patch_size": 16},
    )
    # its processor class has 16 pixels and 256 patches built in
    return Siglip2Model(config), Siglip2Processor(Siglip2ImageProcessor(), tokenizer)


def open_clip_config(kind: str) -> dict[str, dict[str, object]]:
    """`model_cfg` of a tiny ViT (with SigLIP's bias) or ResNet."""
    vit = {"image_size": SIDE, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8}
    resnet = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None}
    return {
        "embed_dim": 24,
        "vision_cfg": vit if kind == "open_clip-vit" else resnet,
        "text_cfg": {
            "context_length": CONTEXT, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2,
        },
    } | ({"init_logit_bias": -10.0} if kind == "open_clip-vit" else {})  # fmt: skip


def _save_open_clip(kind: str, folder: Path, dtype: torch.dtype, sharded: bool) -> None:
    config = open_clip_config(kind)
    model = open_clip.CLIP(**json.loads(json.dumps(config)))
    _spread(model)
    preprocess = {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"}
    settings = {"model_cfg": config, "preprocess_cfg": preprocess}
    save_checkpoint(folder, settings, model.state_dict(), dtype)
    if sharded:
        single = folder / "open_clip_model.safetensors"
        state = {
            name: value.to(dtype) if value.is_floating_point() else value
            for name, value in model.state_dict().items()
        }
        single.unlink()
        save_torch_state_dict(
            state,
            folder,
            filename_pattern="open_clip_model{suffix}.safetensors",
            max_shard_size="100KB",
        )


def save_eval_sets(root: Path) -> None:
    """`near` and `far`: four items each, two pictures of 24 by 40 an item and split."""
    draw = torch.Generator().manual_seed(7)
    for name, items, country, region in (
        ("near", ITEMS[:4], "ID", "sea"),
        ("far", ITEMS[4:], "MX", "world"),
    ):
        for split in ("test", "validation"):
            folder = root / name / split
            folder.mkdir(parents=True)
            lines = []
            for item in items:
                for number in range(2):
                    noise = torch.randint(0, 255, (24, 40, 3), generator=draw, dtype=torch.uint8)
                    Image.fromarray(noise.numpy()).save(folder / f"{item}-{number}.png")
                    queries = [
                        {"lang": "eng", "text": f"A Photo of {item}"},
                        {"lang": "ind", "text": f"foto {item}"},
                    ]
                    lines.append(
                        json.dumps(
                            {
                                "file_name": f"{item}-{number}.png", "item": item, "name": item,
                                "countries": [country], "region": region, "aspect": "food",
                                "queries": queries,
                            }
                        )
                    )  # fmt: skip
            (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
