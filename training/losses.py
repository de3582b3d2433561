"""What each task minimises."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from models.tags import HOLDER_TAGS
from training.config import TrainConfig
from training.features import IGNORE

Loss = Callable[[dict[str, Tensor], dict[str, Tensor]], Tensor]
LABEL_FIELDS = ("labels", "holder_labels", "evidence_labels", "opposite_labels", "unit_labels")


def build_loss(task: str, config: TrainConfig, class_weights: Tensor | None) -> Loss:
    """The loss of a task: a function of the model's outputs and of the batch's label fields."""

    def pair_loss(outputs: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        return soft_cross_entropy(
            outputs["logits"], labels["labels"], smoothing=config.label_smoothing, weights=class_weights
        )

    def stance_loss(outputs: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        evidence = tag_cross_entropy(outputs["evidence"], labels["evidence_labels"], config.tag_weight)
        tokens = choice_cross_entropy(outputs["holder"], labels["holder_labels"]) + evidence
        loss = pair_loss(outputs, labels) + config.token_loss_weight * tokens
        if "opposite" not in outputs:
            return loss
        opposites = opposite_cross_entropy(outputs["opposite"], labels["opposite_labels"])
        return loss + config.opposite_weight * opposites

    def salience_loss(outputs: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        targets = labels["unit_labels"]
        kept = targets != IGNORE
        return functional.binary_cross_entropy_with_logits(outputs["logits"].float()[kept], targets[kept])

    if task == "summary":
        return salience_loss
    return stance_loss if task == "stance" else pair_loss


def soft_cross_entropy(
    logits: Tensor, targets: Tensor, *, smoothing: float = 0.0, weights: Tensor | None = None
) -> Tensor:
    """Cross entropy against distributions. logits, targets (B, C), weights (C,) → scalar."""
    if smoothing:
        targets = targets * (1 - smoothing) + smoothing / targets.shape[-1]
    losses = -(targets * functional.log_softmax(logits.float(), -1)).sum(-1)  # (B,)
    if weights is None:
        return losses.mean()
    row_weights = (targets * weights.to(targets.device)).sum(-1)  # (B,)
    return (losses * row_weights).sum() / row_weights.sum()


def tag_cross_entropy(logits: Tensor, tags: Tensor, weight: float) -> Tensor:
    """Cross entropy of tags; all but "outside" (0) weigh `weight`. logits (B, T, C), tags (B, T) → scalar."""
    kept = tags != IGNORE
    if not kept.any():  # a batch of unrelated pairs has no tags to learn
        return logits.sum() * 0
    weights = torch.full((logits.shape[-1],), weight, device=logits.device)
    weights[0] = 1.0
    return functional.cross_entropy(logits[kept].float(), tags[kept], weight=weights)


def choice_cross_entropy(logits: Tensor, tags: Tensor) -> Tensor:
    """Cross entropy of the holders' first and last tokens, chosen for each polarity among all tokens.

    Token 0 stands for nobody; several holders of one polarity share the target. The mean over pairs and
    over the six choices. logits (B, T, 7), tags (B, T) as `models.tags` has them → scalar.
    """
    related = (tags != IGNORE).any(-1)
    if not related.any():
        return logits.sum() * 0
    logits, tags = logits[related].float(), tags[related]
    tags[:, 0] = IGNORE  # a copy by now; a paragraph's own token there could not be chosen
    outside = tags == IGNORE
    outside[:, 0] = False
    following = functional.pad(tags[:, 1:], (0, 1), value=IGNORE)
    losses = []
    for begin in range(1, len(HOLDER_TAGS), 2):
        first = tags == begin
        last = (first | (tags == begin + 1)) & (following != begin + 1)
        for column, wanted in ((begin, first), (begin + 1, last)):
            target = wanted.float()  # (B, T)
            target[:, 0] = (~wanted.any(-1)).float()
            scores = logits[:, :, column].masked_fill(outside, -1e4)
            losses.append(soft_cross_entropy(scores, target / target.sum(-1, keepdim=True)))
    return torch.stack(losses).mean()


def opposite_cross_entropy(logits: Tensor, shares: Tensor) -> Tensor:
    """Cross entropy of whether the opposite of the target is named: of every token, and of the pair.

    A pair's log-odds are the mean of its tokens', as in `models.opposites`. logits (B, T), shares (B, T)
    from 0 to 1 or `IGNORE` → scalar.
    """
    kept = shares != IGNORE
    related = kept.any(-1)
    if not related.any():
        return logits.sum() * 0
    logits, shares, kept = logits[related].float(), shares[related], kept[related]
    tokens = functional.binary_cross_entropy_with_logits(logits[kept], shares[kept])
    pair, wanted = (torch.where(kept, values, 0).sum(-1) / kept.sum(-1) for values in (logits, shares))
    return tokens + functional.binary_cross_entropy_with_logits(pair, wanted)


def frequency_weights(targets: Tensor, power: float) -> Tensor | None:
    """Class weights frequency ** -power with mean 1 over the rows, (C,); None for power 0."""
    if not power:
        return None
    counts = targets.sum(0)  # (C,)
    weights = counts.clamp(min=1) ** -power
    return weights * counts.sum() / (weights * counts).sum()
