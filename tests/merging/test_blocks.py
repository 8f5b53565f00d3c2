"""Blocks by name, in the layouts of the families' checkpoints."""

from __future__ import annotations

import pytest

from ggez.merging.blocks import Unit, block_of, covered


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("visual.transformer.resblocks.11.mlp.c_fc.weight", "visual.transformer.resblocks.11"),
        ("transformer.resblocks.0.ln_1.bias", "transformer.resblocks.0"),
        ("visual.trunk.blocks.3.attn.qkv.weight", "visual.trunk.blocks.3"),
        (
            "vision_model.encoder.layers.2.self_attn.q_proj.weight",
            "vision_model.encoder.layers.2",
        ),
        ("text_model.encoder.layers.7.layer_norm1.weight", "text_model.encoder.layers.7"),
        ("unet.down_blocks.1.attentions.0.transformer_blocks.4.ff.weight", "unet.down_blocks.1"),
        ("unet/up_blocks.2.resnets.0.conv1.weight", "unet/up_blocks.2"),
        ("mid_block.resnets.1.conv2.bias", "mid_block"),
        ("unet/mid_block.attentions.0.proj_in.weight", "unet/mid_block"),
        ("transformer_blocks.5.attn.to_q.weight", "transformer_blocks.5"),
        ("model.language_model.layers.25.mlp.up_proj.weight", "model.language_model.layers.25"),
        ("language_model.model.layers.0.input_layernorm.weight", "language_model.model.layers.0"),
        ("encoder.block.3.layer.0.SelfAttention.q.weight", "encoder.block.3"),
        ("visual.conv1.weight", ""),
        ("token_embedding.weight", ""),
        ("logit_scale", ""),
        ("conv_in.weight", ""),
        ("layers.norm.weight", ""),
        ("layers.²x", ""),
        ("mid_block", ""),  # a tensor of that name lies in no block
        ("a.layers.3", "a.layers.3"),
        ("", ""),
    ],
)
def test_the_block_of_a_name(name: str, block: str) -> None:
    assert block_of(name) == block


UNITS = [
    *(Unit("image tower", f"visual.resblocks.{n}") for n in range(12)),
    Unit("image tower", ""),
    *(Unit("unet", f"unet.down_blocks.{n}") for n in range(3)),
    Unit("unet", "unet.mid_block"),
    Unit("head", ""),
]


@pytest.mark.parametrize(
    ("key", "rank", "labels"),
    [
        ("image tower", 1, {u.label for u in UNITS[:13]}),
        ("head", 1, {"head"}),
        ("visual.resblocks", 2, {f"visual.resblocks.{n}" for n in range(12)}),
        ("visual.resblocks.9-11", 3, {f"visual.resblocks.{n}" for n in (9, 10, 11)}),
        ("visual.resblocks.10-99", 3, {"visual.resblocks.10", "visual.resblocks.11"}),
        ("visual.resblocks.1", 4, {"visual.resblocks.1"}),  # not 10 and 11
        ("unet.mid_block", 4, {"unet.mid_block"}),
        *((key, 0, set()) for key in (
            "", "visual", "unet.", "visual.resblocks.", "visual.resblocks.12", "resblocks",
            "visual.resblocks.3-1", "visual.resblocks.-3", "visual.resblocks.1-",
            "visual.resblocks.a-b", "visual.resblocks.20-30", "tower", "unet.0-9",
        )),
    ],
)  # fmt: skip
def test_what_a_key_covers(key: str, rank: int, labels: set[str]) -> None:
    found, units = covered(key, UNITS)
    assert (found, {unit.label for unit in units}) == (rank, labels)
