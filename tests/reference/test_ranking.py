"""Ranks, R@k, MRR and AP against trec_eval, by pytrec-eval-terrier.

trec_eval gives a tie to the name that sorts last, we to the lower index: documents are named so
that these are the same, and scores with many ties are compared too. It holds scores in 32 bits.
Our R@k is the field's "any hit", which it calls success; its recall is another number.
"""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval

from ggez.evaluation.metrics import (
    average_precision,
    first_hit,
    ranked_relevance,
    ranks,
    recall_at,
    reciprocal,
)

MEASURES = {"map", "recip_rank", "success.1,5,10", "recall.1,5,10"}


def trec(scores: np.ndarray, relevant: np.ndarray) -> dict[str, np.ndarray]:
    queries, size = scores.shape
    name = [f"d{size - i:06d}" for i in range(size)]
    qrel = {str(q): {name[i]: int(relevant[q, i]) for i in range(size)} for q in range(queries)}
    run = {str(q): {name[i]: float(scores[q, i]) for i in range(size)} for q in range(queries)}
    found = pytrec_eval.RelevanceEvaluator(qrel, MEASURES).evaluate(run)
    return {key: np.array([found[str(q)][key] for q in range(queries)]) for key in found["0"]}


def drawn(ties: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(120, 60)).astype(np.float32)
    if ties:
        scores = np.round(scores)  # about seven values, some of them zero and below
    relevant = rng.random((120, 60)) < 0.1
    relevant[np.arange(120), rng.integers(60, size=120)] = True
    return scores, relevant


@pytest.mark.parametrize("ties", [False, True])
def test_many_relevant_ones(ties: bool) -> None:
    scores, relevant = drawn(ties)
    theirs, ranked = trec(scores, relevant), ranked_relevance(scores, relevant)
    best = first_hit(ranked)
    assert average_precision(ranked) == pytest.approx(theirs["map"], abs=1e-9)
    assert reciprocal(best) == pytest.approx(theirs["recip_rank"], abs=1e-9)
    for k in (1, 5, 10):
        assert recall_at(best, k).tolist() == theirs[f"success_{k}"].tolist()
    assert recall_at(best, 5).mean() > theirs["recall_5"].mean() + 0.1, "any hit is no recall"


@pytest.mark.parametrize("ties", [False, True])
def test_one_relevant_one_where_success_is_recall(ties: bool) -> None:
    scores, _ = drawn(ties)
    correct = np.random.default_rng(4).integers(60, size=120)
    relevant = np.arange(60) == correct[:, None]
    theirs, ranking = trec(scores, relevant), ranks(scores, correct)
    assert reciprocal(ranking) == pytest.approx(theirs["recip_rank"], abs=1e-9)
    assert reciprocal(ranking) == pytest.approx(theirs["map"], abs=1e-9)
    for k in (1, 5, 10):
        assert recall_at(ranking, k).tolist() == theirs[f"recall_{k}"].tolist()


def test_ap_is_not_cut() -> None:
    ranked = np.array([[True, False, False, True]])
    assert average_precision(ranked).tolist() == [pytest.approx((1 + 2 / 4) / 2)]
