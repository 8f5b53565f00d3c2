"""The published points, as shipped: do their GRP follow from their own quality?"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ggez.choosing import best_alpha, gain, grp, retention
from ggez.regions import SEA, KofTable, global_weight
from ggez.types import PublishedPoint

PAIRS = Path(__file__).resolve().parents[2] / "assets" / "pairs"
IDS = ("paper-vlm", "paper-siglip2", "paper-vlm-human")
DECIMALS = {"paper-vlm": 1, "paper-siglip2": 2, "paper-vlm-human": 2}
W = 0.43  # as printed


def body(pair: str) -> dict[str, Any]:
    return yaml.safe_load((PAIRS / f"{pair}.yaml").read_text(encoding="utf-8"))


def points(pair: str) -> list[PublishedPoint]:
    return [
        PublishedPoint(p["alpha"], p["regional"], p["global"], p["grp"])
        for p in body(pair)["points"]
    ]


def differences(w: float) -> dict[tuple[str, float], float]:
    """Published minus recomputed GRP, where it is more than rounding the result explains."""
    out = {}
    for pair in IDS:
        for p in points(pair):
            off = Decimal(str(p.grp)) - Decimal(str(round(grp(p.global_, p.regional, w), 6)))
            if abs(off) > Decimal("0.5").scaleb(-DECIMALS[pair]):
                out[pair, p.alpha] = float(off)
    return out


@pytest.mark.parametrize("pair", IDS)
def test_contract_of_a_published_pair(pair: str) -> None:
    spec = body(pair)
    assert spec["id"] == pair and spec["region"] == "sea"
    assert spec["family"] in ("embedding", "diffusion", "vlm")
    assert set(spec["base"]) == set(spec["tuned"]) == {"name"}, "nothing here can be merged"
    assert "2604.11490" in spec["source"] and spec["metric"] and spec["chance"] >= 0
    for word in ("nothing is merged here", "global includes the region", "no intervals"):
        assert word in spec["note"]
    alphas = [p.alpha for p in points(pair)]
    assert alphas == sorted(alphas) and (alphas[0], alphas[-1]) == (0, 1)


def test_twelve_of_fourteen_recompute_and_these_two_do_not() -> None:
    assert sum(len(points(pair)) for pair in IDS) == 14
    assert differences(W) == {
        ("paper-vlm-human", 0): pytest.approx(0.0065),  # 2.29 printed, 2.2835
        ("paper-vlm-human", 1): pytest.approx(-0.0385),  # 1.74 printed, 1.7785
    }


def test_only_one_cannot_come_from_rounded_inputs() -> None:
    # q printed to 2 decimals is off by up to 0.005, and so is a GRP of them, before its rounding.
    slack = 0.005 + 0.005
    assert [key for key, off in differences(W).items() if abs(off) > slack] == [
        ("paper-vlm-human", 1)
    ]


def test_the_unrounded_weight_moves_one_more() -> None:
    weight = global_weight(SEA, KofTable.read()).value
    moved = set(differences(weight)) - set(differences(W))
    assert moved == {("paper-siglip2", 0.75)}


@pytest.mark.parametrize(
    ("pair", "alpha"), [("paper-vlm", 0.1), ("paper-siglip2", 0.75), ("paper-vlm-human", 0.1)]
)
def test_the_papers_choice_is_the_argmax(pair: str, alpha: float) -> None:
    assert best_alpha(points(pair), W) == alpha


def test_the_headlines() -> None:
    base, _, chosen = points("paper-vlm")[:3]
    assert gain(chosen.regional, base.regional) == pytest.approx(0.133, abs=5e-4)
    human_base, human_chosen, _ = points("paper-vlm-human")
    assert retention(human_chosen.global_, human_base.global_) == pytest.approx(0.953, abs=5e-4)
