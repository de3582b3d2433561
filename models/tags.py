"""The tags that a stance model gives to tokens."""

from typing import Literal

Polarity = Literal["favor", "against", "neutral"]
POLARITIES: tuple[Polarity, ...] = ("favor", "against", "neutral")

# Holder and evidence tokens carry the polarity of the stance they belong to, since two parties in one
# paragraph may stand on opposite sides of the same target. Holders have begin tags as well: several
# parties often stand side by side («مصر وقطر والولايات المتحدة»), pieces of evidence do not. Models since 0.5
# score with the same outputs the first (B-) and the last token (I-) of the holder of each polarity, see
# `models.choices`.
HOLDER_TAGS = ("O", "B-favor", "I-favor", "B-against", "I-against", "B-neutral", "I-neutral")
EVIDENCE_TAGS = ("O", "I-favor", "I-against", "I-neutral")
