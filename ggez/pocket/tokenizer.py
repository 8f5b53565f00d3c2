"""The pocket models' own tokenizer: byte-level BPE over the world's training captions.

Byte-level, so no script is unknown; trained on the names, so that a Thai or
Khmer name is a few tokens and fits the context.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from ggez.pocket.captions import captions, generic
from ggez.pocket.pool import FILLERS
from ggez.pocket.world import Item
from ggez.types import UserError

CONTEXT = 48
VOCABULARY = 6000


def train_tokenizer(items: Sequence[Item], folder: Path) -> PreTrainedTokenizerFast:
    """Train on every training caption and save in transformers' format. Deterministic."""
    corpus = [text.text for item in items for text in captions(item, "train")]
    corpus += [generic(item, phrase).text for item in items for phrase in range(4)]
    corpus += [" ".join(FILLERS)] * 2
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        model_max_length=CONTEXT,
    )
    for item in items:
        for split in ("train", "validation", "test", "judge"):
            for text in captions(item, split):
                if (n := len(fast(text.text).input_ids)) > CONTEXT:
                    raise UserError(
                        f"assets/world/items.csv ({item.id}): the caption {text.text!r} takes {n} "
                        f"tokens, the context holds {CONTEXT}; shorten the name"
                    )
    folder.mkdir(parents=True, exist_ok=True)
    fast.save_pretrained(folder)
    return fast
