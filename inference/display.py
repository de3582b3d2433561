"""Words and signs that the report, the terminal view and the demo share."""

import re

from inference.results import Stance, StanceLabel

SIGNS: dict[StanceLabel, str] = {"favor": "+", "against": "−", "neutral": "○"}
STANCES: dict[StanceLabel, str] = {"favor": "مؤيد", "against": "معارض", "neutral": "محايد"}
CONDITIONAL = "بشرط"
PROPOSED = "مقترح"
UNNAMED = "الكاتب أو غير مسمّى"
ABSTAINED = "غير محسوم"

# Bidi embeddings, overrides and isolates; C0 and C1 controls but tab and line breaks; lone surrogates.
UNSAFE = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def visible(text: str) -> str:
    """Show what could disguise the text or steer a terminal, as `[U+202E]`."""
    return UNSAFE.sub(lambda match: f"[{code_point(match.group())}]", text)


def one_line(text: str) -> str:
    """Make the text `visible` and put it on one line."""
    return " ".join(visible(text).split())


def code_point(character: str) -> str:
    """Name a character's code point as `U+202E`."""
    return f"U+{ord(character):04X}"


def percent(share: float) -> str:
    """Write a probability as a whole percentage, never rounded up to certainty."""
    return f"{100 if share >= 1 else min(int(share * 100 + 0.5), 99)}%"


def holder_name(stance: Stance) -> str:
    """Put the holder's name on one line, or the words for a holder whom nobody names."""
    return one_line(stance.holder.text) if stance.holder else UNNAMED


def stance_name(stance: Stance) -> str:
    """Write the stance as sign and word, as in `+ مؤيد (بشرط)`."""
    condition = f" ({CONDITIONAL})" if stance.conditional else ""
    return f"{SIGNS[stance.stance]} {STANCES[stance.stance]}{condition}"
