"""The losses equal torch's own where torch has them, and stay finite where there is nothing to learn."""

import pytest
import torch
from torch.nn import functional

from models.tags import HOLDER_TAGS
from training.config import TrainConfig
from training.features import IGNORE
from training.losses import (
    build_loss,
    choice_cross_entropy,
    frequency_weights,
    opposite_cross_entropy,
    soft_cross_entropy,
    tag_cross_entropy,
)

ROWS, CLASSES, TOKENS = 12, 4, 7


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(ROWS, CLASSES, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def gold() -> torch.Tensor:
    return torch.randint(CLASSES, (ROWS,), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(  # not both at once: torch weighs the smoothed mass by class, ours by row
    ("smoothing", "weights"), [(0.0, None), (0.1, None), (0.0, torch.tensor([0.5, 2.0, 1.0, 3.0]))]
)
def test_on_one_hot_targets_it_is_torchs_cross_entropy(
    logits: torch.Tensor, gold: torch.Tensor, smoothing: float, weights: torch.Tensor | None
) -> None:
    found = soft_cross_entropy(
        logits, functional.one_hot(gold, CLASSES).float(), smoothing=smoothing, weights=weights
    )
    expected = functional.cross_entropy(logits, gold, weight=weights, label_smoothing=smoothing)
    torch.testing.assert_close(found, expected)


def test_on_distributions_it_is_torchs_cross_entropy(logits: torch.Tensor) -> None:
    targets = torch.softmax(torch.randn(ROWS, CLASSES, generator=torch.Generator().manual_seed(3)), -1)
    torch.testing.assert_close(soft_cross_entropy(logits, targets), functional.cross_entropy(logits, targets))


def test_equal_weights_change_nothing(logits: torch.Tensor, gold: torch.Tensor) -> None:
    targets = functional.one_hot(gold, CLASSES).float()
    weighted = soft_cross_entropy(logits, targets, weights=torch.full((CLASSES,), 5.0))
    torch.testing.assert_close(weighted, soft_cross_entropy(logits, targets))


def test_half_precision_logits_do_not_overflow() -> None:
    logits = torch.tensor([[60000.0, -60000.0]], dtype=torch.float16)
    assert soft_cross_entropy(logits, torch.tensor([[1.0, 0.0]])).item() == 0.0


def test_opposites_are_learnt_of_tokens_and_of_the_pair() -> None:
    """The pair's log-odds are the mean of its tokens'; what is ignored has no part in either."""
    scores = torch.tensor([[2.0, -1.0, 50.0], [3.0, 3.0, 3.0]])
    shares = torch.tensor([[1.0, 0.0, IGNORE], [IGNORE] * 3])
    tokens = functional.binary_cross_entropy_with_logits(scores[0, :2], shares[0, :2])
    pair = functional.binary_cross_entropy_with_logits(torch.tensor(0.5), torch.tensor(0.5))
    torch.testing.assert_close(opposite_cross_entropy(scores, shares), tokens + pair)
    nothing = opposite_cross_entropy(scores.requires_grad_(), torch.full_like(shares, IGNORE))
    nothing.backward()
    assert nothing.item() == 0 and scores.grad is not None and not scores.grad.any()


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_frequency_weights_favour_the_rare_with_mean_one_over_the_rows(power: float) -> None:
    targets = functional.one_hot(torch.tensor([0] * 8 + [1] * 3 + [2]), CLASSES).float()
    weights = frequency_weights(targets, power)
    assert weights is not None
    assert (targets @ weights).mean().item() == pytest.approx(1.0)
    assert weights[0] < weights[1] < weights[2] and torch.isfinite(weights).all()
    assert (weights[2] / weights[0]).item() == pytest.approx(8**power)


def test_power_zero_means_no_weights() -> None:
    assert frequency_weights(torch.eye(3), 0.0) is None


def test_tags_that_are_ignored_count_nothing() -> None:
    logits = torch.randn(2, TOKENS, CLASSES, generator=torch.Generator().manual_seed(4))
    tags = torch.tensor([[IGNORE, 0, 1, 2, 0, IGNORE, IGNORE], [IGNORE] * TOKENS])
    found = tag_cross_entropy(logits, tags, 1.0)
    torch.testing.assert_close(found, functional.cross_entropy(logits[0, 1:5], tags[0, 1:5]))


def test_the_tag_weight_lifts_every_tag_but_outside() -> None:
    logits = torch.zeros(1, 2, CLASSES)
    logits[0, 0, 0] = 5.0  # right about "outside", undecided about the tag
    tags = torch.tensor([[0, 2]])
    assert tag_cross_entropy(logits, tags, 4.0) > tag_cross_entropy(logits, tags, 1.0)


def test_a_batch_without_tags_costs_nothing_and_has_a_gradient() -> None:
    """A batch of unrelated pairs must give neither NaN nor parameters without a gradient."""
    logits = torch.randn(2, TOKENS, CLASSES, requires_grad=True)
    loss = tag_cross_entropy(logits, torch.full((2, TOKENS), IGNORE), 4.0)
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad is not None and not logits.grad.any()


def test_stance_loss_is_the_pairs_and_the_weighted_tokens() -> None:
    generator = torch.Generator().manual_seed(5)
    outputs = {
        "logits": torch.randn(2, 4, generator=generator),
        "holder": torch.randn(2, TOKENS, 7, generator=generator),
        "evidence": torch.randn(2, TOKENS, 4, generator=generator),
    }
    labels = {
        "labels": torch.eye(4)[:2],
        "holder_labels": torch.ones(2, TOKENS, dtype=torch.long),
        "evidence_labels": torch.zeros(2, TOKENS, dtype=torch.long),
    }
    pair = soft_cross_entropy(outputs["logits"], labels["labels"])
    tags = choice_cross_entropy(outputs["holder"], labels["holder_labels"])
    tags += tag_cross_entropy(outputs["evidence"], labels["evidence_labels"], 1.0)
    for weight in (0.0, 2.0):
        loss = build_loss("stance", TrainConfig(token_loss_weight=weight), None)
        torch.testing.assert_close(loss(outputs, labels), pair + weight * tags)


def test_salience_loss_leaves_out_padded_units() -> None:
    loss = build_loss("summary", TrainConfig(), None)
    logits = torch.tensor([[2.0, -1.0, 99.0]])
    targets = torch.tensor([[1.0, 0.5, float(IGNORE)]])
    expected = functional.binary_cross_entropy_with_logits(logits[:, :2], targets[:, :2])
    torch.testing.assert_close(loss({"logits": logits}, {"unit_labels": targets}), expected)


def _choice(tags: list[int], chosen: dict[int, int], sure: float = 20.0) -> torch.Tensor:
    """The loss of one pair whose scores are zero but at `chosen`: the column of HOLDER_TAGS → the token."""
    logits = torch.zeros(1, len(tags), len(HOLDER_TAGS))
    for column, token in chosen.items():
        logits[0, token, column] = sure
    return choice_cross_entropy(logits, torch.tensor([tags]))


SIDES = {"O": 0, "B": HOLDER_TAGS.index("B-against"), "I": HOLDER_TAGS.index("I-against"), "x": IGNORE}


def test_the_choice_of_a_holder_is_its_first_and_last_token_and_nobody_on_other_sides() -> None:
    tags = [SIDES[tag] for tag in "xxOBIIOx"]
    right = {1: 0, 2: 0, 3: 3, 4: 5, 5: 0, 6: 0}
    assert _choice(tags, right).item() < 1e-6
    for column in right:
        assert _choice(tags, right | {column: 2}).item() == pytest.approx(20 / 6, rel=1e-3)


def test_tokens_outside_the_paragraph_cannot_be_chosen() -> None:
    """But token 0, which stands for nobody: four tokens compete here, whatever the target's are worth."""
    tags = [SIDES[tag] for tag in "xxxOBOx"]
    even = _choice(tags, {})
    assert even.item() == pytest.approx(torch.tensor(4.0).log().item())
    assert _choice(tags, {3: 1, 4: 2}).item() == pytest.approx(even.item())


def test_a_holder_of_one_token_and_two_of_one_side() -> None:
    alone = [SIDES[tag] for tag in "xOBOx"]
    assert _choice(alone, {1: 0, 2: 0, 3: 2, 4: 2, 5: 0, 6: 0}).item() < 1e-6
    two = [SIDES[tag] for tag in "xBOBIx"]
    logits = torch.full((1, 6, len(HOLDER_TAGS)), -20.0)
    logits[0, 0, [1, 2, 5, 6]] = 20.0
    logits[0, [1, 3], SIDES["B"]] = 20.0
    logits[0, [1, 4], SIDES["I"]] = 20.0
    assert choice_cross_entropy(logits, torch.tensor([two])).item() == pytest.approx(
        2 * torch.tensor(2.0).log().item() / 6, rel=1e-3
    )


def test_pairs_without_tags_teach_no_choice() -> None:
    logits = torch.randn(2, 5, len(HOLDER_TAGS), requires_grad=True)
    loss = choice_cross_entropy(logits, torch.full((2, 5), IGNORE))
    loss.backward()
    assert loss.item() == 0.0 and logits.grad is not None and not logits.grad.any()
