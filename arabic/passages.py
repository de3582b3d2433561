"""Cut a long paragraph into passages of whole sentences."""

from arabic.sentences import sentences
from arabic.spans import Span


def passages(text: str, max_words: int) -> list[Span]:
    """Cut into runs of whole sentences, each of at most `max_words` words or one longer sentence.

    Exact spans of the text, in order, not overlapping, and together covering every character that is not
    whitespace. Linear in the length of the text. Raises ValueError for `max_words` below 1.
    """
    if max_words < 1:
        raise ValueError(f"expected max_words of at least 1, got {max_words}")
    runs: list[list[Span]] = []
    size = 0
    for sentence in sentences(text):
        words = len(sentence.text.split())
        if runs and size + words <= max_words:
            runs[-1].append(sentence)
            size += words
        else:
            runs.append([sentence])
            size = words
    return [Span.of(text, run[0].start, run[-1].end) for run in runs]
