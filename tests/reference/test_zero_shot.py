"""Zero-shot against open_clip's own classifier, on a tiny model of its class.

A tie has no defined winner there (topk), so only untied pictures are compared; ours go to the
lower index.
"""

from __future__ import annotations

import numpy as np
import open_clip
import pytest
import torch
from tiny_pair import CONFIG

from ggez.evaluation.metrics import class_row, zero_shot_hits
from ggez.evaluation.text_to_image import TextToImage
from ggez.types import Case, EvalSet, Text

TEMPLATES = ["a photo of {}", "a drawing of {}, seen up close", "{} somewhere"]
NAMES = [f"thing {i}" for i in range(12)]
PICTURES = 5


@pytest.fixture(scope="module")
def features() -> tuple[torch.Tensor, np.ndarray, np.ndarray]:
    """open_clip's classifier (D, C), our text rows (C·T, D) and pictures (C·P, D)."""
    torch.manual_seed(0)
    model = open_clip.CLIP(**CONFIG["model_cfg"]).eval()
    tokenizer = open_clip.get_tokenizer("ViT-B-32", context_length=16)
    with torch.inference_mode():
        classifier = open_clip.build_zero_shot_classifier(
            model, tokenizer, NAMES, [lambda c, t=t: t.format(c) for t in TEMPLATES]
        )
        texts = [t.format(name) for name in NAMES for t in TEMPLATES]
        rows = model.encode_text(tokenizer(texts), normalize=True)
        pixels = torch.randn(len(NAMES) * PICTURES, 3, 16, 16)
        pictures = model.encode_image(pixels, normalize=True)
    return classifier, rows.numpy(), pictures.numpy()


def test_classes_and_answers_are_open_clips(features: tuple) -> None:
    classifier, rows, pictures = features
    classes = np.stack([class_row(part) for part in np.split(rows, len(NAMES))])
    assert classes == pytest.approx(classifier.numpy().T, abs=1e-6)
    logits = pictures @ classifier.numpy()
    top = np.sort(logits, axis=1)
    assert (top[:, -1] > top[:, -2]).all(), "no picture is tied"
    labels = np.random.default_rng(0).integers(len(NAMES), size=len(pictures))
    right = (torch.from_numpy(logits).topk(1).indices[:, 0].numpy() == labels).astype(float)
    assert zero_shot_hits(pictures, classes, labels).tolist() == right.tolist()
    assert 0 < right.sum() < len(right)


def test_the_task_scores_by_english_templates_only(features: tuple) -> None:
    classifier, rows, pictures = features

    def cases(names: list[str], region: str) -> tuple[Case, ...]:
        return tuple(
            Case(
                f"{name}/{p}", "x", name, name, ("TH",), region, "food",
                (*(Text("eng", t.format(name)) for t in TEMPLATES), Text("tha", f"ไทย {name}")),
            )
            for name in names
            for p in range(PICTURES)
        )  # fmt: skip

    task = TextToImage(
        EvalSet("a", "test", "", cases(NAMES[:6], "sea"), "1"),
        EvalSet("b", "test", "", cases(NAMES[6:], "far"), "2"),
    )
    known = dict(zip([t.format(n) for n in NAMES for t in TEMPLATES], rows, strict=True))
    elsewhere = -np.ones(rows.shape[1]) / rows.shape[1] ** 0.5
    found = task.score(pictures, np.stack([known.get(t, elsewhere) for t in task.texts]))
    best = (pictures @ classifier.numpy()).argmax(1)
    right = best == np.repeat(np.arange(len(NAMES)), PICTURES)
    ours = [found[name]["zero_shot"] for name in NAMES]
    assert ours == pytest.approx(right.reshape(len(NAMES), PICTURES).mean(1))


def test_constant_scores_are_at_chance() -> None:
    same = np.ones((6, 4)) / 2
    assert zero_shot_hits(same, same, np.arange(6)).mean() == pytest.approx(1 / 6)
