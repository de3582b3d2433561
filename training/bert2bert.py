"""A seq2seq model made of an encoder: `python -m training.bert2bert --encoder FOLDER --out FOLDER`.

The decoder starts as a second copy of the encoder's layers, with attention to the first one that is new
("BERT2BERT": Rothe, Narayan and Severyn, Leveraging Pre-trained Checkpoints for Sequence Generation,
TACL 2020). It knows nothing; `mujaz train summary --kind abstractive --method full --base OUT` teaches it.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import EncoderDecoderModel

from models.encoder import load_tokenizer


def bert2bert(encoder: Path, *, decoder_layers: int | None = None, seed: int = 0) -> Any:
    """Build the model from a folder with a BERT; `decoder_layers` keeps the lowest ones only.

    The decoder's embeddings are its output layer too. What is new is drawn from `seed`.
    """
    tokenizer = load_tokenizer(encoder)
    torch.manual_seed(seed)
    layers = {} if decoder_layers is None else {"decoder_num_hidden_layers": decoder_layers}
    model: Any = EncoderDecoderModel.from_encoder_decoder_pretrained(
        str(encoder), str(encoder), decoder_dtype=torch.float32, encoder_dtype=torch.float32, **layers
    )
    special = {
        "decoder_start_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    for name, value in special.items():
        setattr(model.config, name, value)
        setattr(model.generation_config, name, value)
    return model


def main() -> None:
    """Write the model and its tokenizer to a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", type=Path, default=Path("models/default/encoder"))
    parser.add_argument("--decoder-layers", type=int, help="the lowest layers to keep; all unless said")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    bert2bert(options.encoder, decoder_layers=options.decoder_layers).save_pretrained(options.out)
    load_tokenizer(options.encoder).save_pretrained(options.out)
    sys.stdout.write(f"{options.out}: a seq2seq model that knows nothing yet\n")


if __name__ == "__main__":
    main()
