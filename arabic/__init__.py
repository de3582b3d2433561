"""Arabic news text: decoding, checks, structure, normalisation, sentences. Pure Python, no models.

Every piece of an article knows its character offsets in the text it was cut from.
"""

from arabic.article import Article
from arabic.checks import check
from arabic.decode import decode, read_file
from arabic.errors import InputError
from arabic.normalize import Normalization, normalize
from arabic.parse import parse_article
from arabic.sentences import clauses, sentences
from arabic.spans import Span

__all__ = [
    "Article",
    "InputError",
    "Normalization",
    "Span",
    "check",
    "clauses",
    "decode",
    "normalize",
    "parse_article",
    "read_file",
    "sentences",
]
