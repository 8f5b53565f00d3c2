"""Tiny checkpoints of the real classes, saved by the libraries that users save with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

SMALL = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
}  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _save(model: Any, folder: Path, shard: str, dtype: torch.dtype) -> Path:
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    return folder


def clip(
    folder: Path, seed: int = 0, shard: str = "1GB", dtype: torch.dtype = torch.float32,
    vocab: int = 64, **vision: Any,
) -> Path:  # fmt: skip
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(seed)
    text = SMALL | {"vocab_size": vocab, "max_position_embeddings": 16, "projection_dim": 8}
    text |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    image = SMALL | {"image_size": 32, "patch_size": 16, "projection_dim": 8} | vision
    config = CLIPConfig(text_config=text, vision_config=image, projection_dim=8)
    return _save(CLIPModel(config), folder, shard, dtype)


def siglip(folder: Path, seed: int = 0, shard: str = "1GB", two: bool = False) -> Path:
    from transformers import Siglip2Config, Siglip2Model, SiglipConfig, SiglipModel

    torch.manual_seed(seed)
    text = SMALL | {"vocab_size": 64, "max_position_embeddings": 16, "projection_size": 16}
    text |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    if two:
        image = SMALL | {"num_patches": 16, "patch_size": 4}
        model = Siglip2Model(Siglip2Config(text_config=text, vision_config=image))
    else:
        image = SMALL | {"image_size": 32, "patch_size": 16}
        model = SiglipModel(SiglipConfig(text_config=text, vision_config=image))
    return _save(model, folder, shard, torch.float32)


def gemma(folder: Path, seed: int = 0, shard: str = "1GB", vocab: int = 80) -> Path:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    torch.manual_seed(seed)
    text = SMALL | {"vocab_size": vocab, "num_key_value_heads": 1, "head_dim": 8}
    text |= {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}
    image = SMALL | {"image_size": 32, "patch_size": 8}
    config = Gemma3Config(text_config=text, vision_config=image, mm_tokens_per_image=4)
    return _save(Gemma3ForConditionalGeneration(config), folder, shard, torch.float32)


def open_clip_model(folder: Path, seed: int = 0, resnet: bool = False) -> Path:
    import open_clip

    from ggez.models.embedding import save_checkpoint

    torch.manual_seed(seed)
    image: dict[str, Any] = {"image_size": 32, "width": 16, "head_width": 8}
    image |= {"layers": [1, 1, 1, 1]} if resnet else {"layers": 1, "patch_size": 16}
    text = {"context_length": 8, "vocab_size": 64, "width": 16, "heads": 2, "layers": 1}
    config = {"embed_dim": 16, "vision_cfg": image, "text_cfg": text}
    state = open_clip.CLIP(**config).state_dict()
    save_checkpoint(folder, {"model_cfg": config, "preprocess_cfg": {}}, state, torch.float32)
    return folder


def sdxl(
    folder: Path, seed: int = 0, shard: str = "1GB", variant: str | None = None, letters: int = 26
) -> Path:
    """An SDXL pipeline with tokenizers of that many letters."""
    from diffusers import (
        AutoencoderKL,
        EulerDiscreteScheduler,
        StableDiffusionXLPipeline,
        UNet2DConditionModel,
    )
    from transformers import (
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTextModelWithProjection,
        CLIPTokenizer,
    )

    torch.manual_seed(seed)
    unet = UNet2DConditionModel(
        sample_size=8, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=(1, 2),
        transformer_layers_per_block=(1, 1), cross_attention_dim=32, use_linear_projection=True,
        addition_embed_type="text_time", addition_time_embed_dim=4,
        projection_class_embeddings_input_dim=6 * 4 + 8,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8,), norm_num_groups=4, latent_channels=4,
        down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",),
    )  # fmt: skip
    tokens = vocabulary(letters)
    written = folder.parent / f"{folder.name}-tokenizer"
    written.mkdir(parents=True)
    (written / "vocab.json").write_text(json.dumps(tokens))
    (written / "merges.txt").write_text("#version: 0.2\n")
    tokenizers = [
        CLIPTokenizer.from_pretrained(written, model_max_length=16, local_files_only=True)
        for _ in range(2)
    ]
    text = SMALL | {"vocab_size": len(tokens), "max_position_embeddings": 16, "projection_dim": 8}
    text |= {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    pipeline = StableDiffusionXLPipeline(
        vae=vae, text_encoder=CLIPTextModel(CLIPTextConfig(**text)),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**text)),
        tokenizer=tokenizers[0], tokenizer_2=tokenizers[1], unet=unet,
        scheduler=EulerDiscreteScheduler(),
    )  # fmt: skip
    pipeline.save_pretrained(folder, max_shard_size=shard, variant=variant)
    return folder


def vocabulary(letters: int = 26, first: int = 0) -> dict[str, int]:
    """Special tokens and letters, each with its word-final form, numbered from `first`."""
    words = ["<|startoftext|>", "<|endoftext|>"]
    words += [letter + end for end in ("", "</w>") for letter in LETTERS[:letters]]
    return {word: row + first for row, word in enumerate(words)}


def tokenizer(folder: Path, tokens: dict[str, int], added: dict[str, int] | None = None) -> Path:
    """A word-level tokenizer.json of these tokens."""
    from tokenizers import AddedToken, Tokenizer, models

    made = Tokenizer(models.WordLevel(tokens, unk_token=next(iter(tokens))))
    for token in added or {}:
        made.add_tokens([AddedToken(token)])
    assert made.get_vocab() == tokens | (added or {})
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    return folder
