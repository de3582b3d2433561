"""Conditional acceptance and rejection: «مستعد لقبول الهدنة شرط …», «لن نوقع ما لم …».

One annotated stance in a hundred is conditional, too few to train on: cue words decide.
"""

import re

from arabic.sentences import sentences

_CUES = re.compile(
    r"(?<!\w)[وف]?(?:"
    r"شرط|بشرط|شريطة|مشروط[ةًا]*|مشترط[ةًا]*|[يت]شترط|اشترط[ت]?|بشروط|وفق شروط|"
    r"ما لم|مالم|ما دام[ت]?|إلا إذا|الا اذا|إلا بعد|الا بعد|"
    r"في حال[ة]?|إذا ما|اذا ما|إن لم|ان لم|إذا لم|اذا لم|"
    r"مقابل أن|رهن[اًا]* ب|رهنا"
    r")(?!\w)"
)
# A condition is stated beside the words it limits, seldom further off than this.
_REACH = 60


def is_conditional(paragraph: str, evidence: tuple[int, int] | None) -> bool:
    """Whether a condition is stated in the evidence, or right after it in the same sentence."""
    if evidence is None:
        return False
    start, end = evidence
    sentence_end = next((s.end for s in sentences(paragraph) if s.start <= start < s.end), end)
    return bool(_CUES.search(paragraph, start, min(max(end, sentence_end), end + _REACH)))
