"""The tokenizer of a bundle without transformers, whose import takes seconds."""

import json
from dataclasses import dataclass
from pathlib import Path

import tokenizers

from models.errors import BundleError


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """What inference needs of a tokenizer; a fast tokenizer of transformers has the same attributes."""

    backend_tokenizer: tokenizers.Tokenizer
    pad_token_id: int
    model_max_length: int

    @classmethod
    def load(cls, folder: Path) -> "Tokenizer":
        """Read a Hugging Face folder. Raises `BundleError`."""
        try:
            tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            padding = config.get("pad_token_id") or 0
            # RoBERTa counts positions from the padding's number on
            unused = 0 if config["model_type"] == "bert" else padding + 1
            longest = config["max_position_embeddings"] - unused
        except Exception as error:  # the library raises bare Exceptions
            raise BundleError(f"no tokenizer could be loaded from {folder}: {error}") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer, padding, longest)
