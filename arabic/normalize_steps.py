"""The steps of normalisation: each is a function from a text to edits of it, in order, not overlapping.

An edit `(start, end, replacement)` rewrites `text[start:end]`. Every pattern searches in linear time, and is
drawn so that the steps, run in the order of `arabic.normalize`, leave nothing for a second run.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

Edit = tuple[int, int, str]
Step = Callable[[str], Iterable[Edit]]

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u180b-\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f\U000e0100-\U000e01ef]+"
)
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_SHAPED = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08ca-\u08ff"
_DIACRITICS = re.compile(f"[{_MARKS}]+")
_TATWEEL = re.compile("ـ+")
_JOINED = {
    "\u0627\u0653": "آ",
    "\u0627\u0654": "أ",
    "\u0627\u0655": "إ",
    "\u0648\u0654": "ؤ",
    "\u064a\u0654": "ئ",
    "\u0649\u0654": "ئ",
    "\u06cc\u0654": "ئ",
}


def drop_invisible(text: str) -> Iterator[Edit]:
    """Drop what has no width; whitespace controls stay, they end words."""
    return ((m.start(), m.end(), "") for m in _INVISIBLE.finditer(text))


def drop_bidi(text: str) -> Iterator[Edit]:
    """Drop direction controls."""
    return ((m.start(), m.end(), "") for m in _BIDI.finditer(text))


def plain_letters(text: str) -> Iterator[Edit]:
    """Replace shaped letters and ligatures by plain letters."""
    for m in _SHAPED.finditer(text):
        plain = unicodedata.normalize("NFKC", m[0])
        if plain != m[0]:
            yield m.start(), m.end(), plain


def drop_tatweel(text: str) -> Iterator[Edit]:
    """Drop the stretching line."""
    for m in _TATWEEL.finditer(text):
        letter = _letter_before(text, m.start())
        yield m.start() - len(letter), m.end(), letter


def drop_diacritics(text: str) -> Iterator[Edit]:
    """Drop vowel signs; a hamza or madda joins the letter it sits on."""
    for m in _DIACRITICS.finditer(text):
        old = new = _letter_before(text, m.start())
        for mark in m[0]:
            new = _JOINED.get(new + mark, new)
        yield m.start() - len(old), m.end(), new


def _letter_before(text: str, at: int) -> str:
    """Find the character that marks at this place sit on: what is dropped then belongs to it."""
    return text[max(at - 1, 0) : at].strip()


def level(table: dict[str, str]) -> Step:
    """Make a step that replaces single characters by single characters."""
    if not table:
        return lambda text: ()
    pattern = re.compile(f"[{''.join(table)}]")
    return lambda text: [(m.start(), m.end(), table[m[0]]) for m in pattern.finditer(text)]


_EMPHASIS = re.compile(r"[*_~`]*`[*_~`]*|[*_~]{2,}")
# A target may hold one level of parentheses; one that is broken is left alone as a whole.
_BRACKET = re.compile(
    r"!?\[(?:رابط|بريد|مستخدم)\]|!?\[|\](?:(?P<target>\((?:[^()\s]|\([^()\s]*\))*+\))|\(\S*)?"
)


def drop_emphasis(text: str) -> list[Edit]:
    """Pair runs of the same marks, an opening one before and a closing one after a non-space."""
    if not any(mark in text for mark in "*_~`"):
        return []
    edits: list[Edit] = []
    opened: dict[frozenset[str], list[tuple[int, int]]] = {}
    for m in _EMPHASIS.finditer(text):
        start, end = m.span()
        waiting = opened.setdefault(frozenset(m[0]), [])
        if waiting and not text[start - 1].isspace():
            edits += (*waiting.pop(), ""), (start, end, "")
        elif end < len(text) and not text[end].isspace():
            waiting.append((start, end))
    return sorted(edits)


def drop_link_targets(text: str) -> list[Edit]:
    """Match brackets; where one closes with `](url)`, both go."""
    if "](" not in text:
        return []
    spans: list[tuple[int, int]] = []
    opened: list[tuple[int, int]] = []
    for m in _BRACKET.finditer(text):
        if m[0].endswith("["):
            opened.append(m.span())
        elif m[0][0] == "]" and opened:
            opening = opened.pop()
            if m["target"]:
                spans += opening, m.span()
    edits: list[Edit] = []
    for start, end in sorted(spans):
        if edits and edits[-1][1] == start:
            start = edits.pop()[0]
        # Where the two sides would form new markup, a space keeps them apart.
        sides = text[start - 1 : start] + text[end : end + 1]
        glued = sides == "](" or (len(sides) == 2 and not sides.strip("*_~`"))
        edits.append((start, end, " " if glued else ""))
    return edits


_NUMBER_MARK = re.compile(r"(?<=\d)[٫٬](?=\d)")
# A link ends neither in punctuation nor in an emphasis mark. The lookbehinds and possessive repeats keep
# the search linear.
URL = re.compile(
    r"""(?:(?:https?|ftp)://|(?<![a-z0-9_])www\.)[^\s<>"'«»“”()\[\]{}،؛؟]*[^\s<>"'«»“”()\[\]{}،؛؟.,:;!?…*_~`]""",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?<![a-z0-9_.+-])[_.+-]*+(?P<email>[a-z0-9][a-z0-9_.+-]*+@(?:[a-z0-9-]++\.)++[a-z0-9-]++)"
    r"|(?P<name>@\w*[^\W_])",
    re.IGNORECASE,
)
_REPEAT = re.compile(r"[.…]{2,}|([^\s\da-zA-Z\[\]])\1+")
_LETTER = "ء-غف-ي"
_SYMBOL = rf"[^\w\s\[\]ـ{_MARKS}]|_"
_BORDER = re.compile(
    rf"(?<=\S)(?={_SYMBOL})|(?<={_SYMBOL})(?=\S)|(?<=\d)(?=[{_LETTER}])|(?<=[{_LETTER}])(?=\d)"
)
_SPACES = re.compile(r"[^\S ]\s*| \s+|^ | $")


def number_marks(text: str) -> Iterator[Edit]:
    """Replace the Arabic decimal and thousands marks between digits."""
    return ((m.start(), m.end(), "." if m[0] == "٫" else ",") for m in _NUMBER_MARK.finditer(text))


def name_urls(text: str) -> Iterable[Edit]:
    """Replace URLs by their placeholder."""
    if "://" not in text and "www." not in text.lower():
        return ()
    return ((m.start(), m.end(), "[رابط]") for m in URL.finditer(text))


def name_addresses(text: str) -> Iterator[Edit]:
    """Replace e-mail addresses and @names by their placeholders."""
    if "@" not in text:
        return
    for m in _ADDRESS.finditer(text):
        yield (*m.span("email"), "[بريد]") if m["email"] else (*m.span("name"), "[مستخدم]")


def shorten_repeats(text: str) -> Iterator[Edit]:
    """Shorten runs of one character."""
    for m in _REPEAT.finditer(text):
        character = m[1]
        if not character:
            yield m.start(), m.end(), "…"
        elif character in "!?؟،؛,":
            yield m.start(), m.end(), character
        elif len(m[0]) > 2:
            yield m.start() + 1, m.end(), character  # the first stands for itself, the second for the rest


def separate(text: str) -> Iterator[Edit]:
    """Put a space at every border of a symbol, and of digits and Arabic letters."""
    return ((m.start(), m.start(), " ") for m in _BORDER.finditer(text))


def single_spaces(text: str) -> Iterator[Edit]:
    """Make one space of any whitespace, and none at the ends."""
    for m in _SPACES.finditer(text):
        yield m.start(), m.end(), " " if 0 < m.start() and m.end() < len(text) else ""
