"""A piece of text that knows where it stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A substring and its character offsets, `source[start:end] == text`."""

    text: str
    start: int
    end: int

    @classmethod
    def of(cls, source: str, start: int, end: int) -> "Span":
        """Cut `source[start:end]`, without the whitespace at its two ends."""
        piece = source[start:end]
        start += len(piece) - len(piece.lstrip())
        piece = piece.strip()
        return cls(piece, start, start + len(piece))
