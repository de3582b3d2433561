"""The three task models: an encoder with a small head each.

Every model takes `input_ids` and `attention_mask`, (B, T) int64, and returns a dict of logits.
"""

from typing import cast

import torch
from torch import nn
from transformers import PreTrainedModel

from models.encoder import mean_pool
from models.tags import EVIDENCE_TAGS, HOLDER_TAGS
from models.units import N_FEATURES


def hidden_size(encoder: nn.Module) -> int:
    """The width H of an encoder's states."""
    return int(cast(PreTrainedModel, encoder).config.hidden_size)


class TopicModel(nn.Module):
    """Mean-pooled encoder states and one linear layer."""

    def __init__(self, encoder: nn.Module, n_labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(hidden_size(encoder), n_labels)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return `logits`, (B, n_labels)."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return {"logits": self.head(mean_pool(hidden, attention_mask))}


class StanceModel(nn.Module):
    """A (target, paragraph) pair: one label for the pair, a tag for every token, twice.

    With `opposites` also a score for every token, see `models.opposites`.
    """

    def __init__(self, encoder: nn.Module, n_labels: int, *, opposites: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        size = hidden_size(encoder)
        self.head = nn.Linear(size, n_labels)
        self.holder = nn.Linear(size, len(HOLDER_TAGS))
        self.evidence = nn.Linear(size, len(EVIDENCE_TAGS))
        self.opposite = nn.Linear(size, 1) if opposites else None

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return `logits` (B, n_labels), `holder` and `evidence` (B, T, tags), `opposite` (B, T)."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state  # (B, T, H)
        outputs = {
            "logits": self.head(mean_pool(hidden, attention_mask)),
            "holder": self.holder(hidden),
            "evidence": self.evidence(hidden),
        }
        if self.opposite is not None:
            outputs["opposite"] = self.opposite(hidden).squeeze(-1)
        return outputs


class SalienceModel(nn.Module):
    """How much each unit (sentence or clause) matters in the context of its article."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        width = 2 * hidden_size(encoder) + N_FEATURES
        self.head = nn.Sequential(nn.Linear(width, 128), nn.GELU(), nn.Dropout(0.1), nn.Linear(128, 1))

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        unit_ids: torch.Tensor,
        features: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Return `logits`, (B, U).

        `unit_ids` (B, T) holds for every token the number of its unit, or -1;
        `features` (B, U, F) the units' positions and lengths.
        """
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state  # (B, T, H)
        units = torch.arange(features.shape[1], device=unit_ids.device)
        member = (unit_ids.unsqueeze(1) == units.view(1, -1, 1)).to(hidden.dtype)  # (B, U, T)
        unit = member @ hidden / member.sum(-1, keepdim=True).clamp(min=1)  # (B, U, H)
        whole = mean_pool(hidden, attention_mask).unsqueeze(1).expand_as(unit)  # (B, U, H)
        joined = torch.cat([unit, unit * whole, features.to(hidden.dtype)], dim=-1)
        return {"logits": self.head(joined).squeeze(-1)}


def build_model(task: str, encoder: nn.Module, n_labels: int, *, opposites: bool = False) -> nn.Module:
    """The model of a task with freshly initialised heads; `opposites` is of stance alone."""
    if task == "topic":
        return TopicModel(encoder, n_labels)
    if task == "stance":
        return StanceModel(encoder, n_labels, opposites=opposites)
    return SalienceModel(encoder)
