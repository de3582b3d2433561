"""A seq2seq model made of an encoder: its decoder starts as the encoder's layers, and it can be trained."""

from pathlib import Path

import pytest
import torch

from models.encoder import load_seq2seq, load_tokenizer
from models.load import OpenBundle
from tests.tiny import train_tiny
from training.bert2bert import bert2bert, main


def test_the_decoder_starts_as_the_lowest_layers_of_the_encoder(tiny_base: Path) -> None:
    model = bert2bert(tiny_base, decoder_layers=1, seed=3)
    encoder, decoder = model.encoder, model.decoder.bert
    assert len(encoder.encoder.layer) == 2 and len(decoder.encoder.layer) == 1
    first, second = encoder.encoder.layer[0], decoder.encoder.layer[0]
    assert torch.equal(first.output.dense.weight, second.output.dense.weight)
    output = model.decoder.get_output_embeddings().weight
    assert torch.equal(output, encoder.get_input_embeddings().weight)
    again = bert2bert(tiny_base, decoder_layers=1, seed=3).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())


@pytest.mark.filterwarnings("ignore:Version v4.12.0:FutureWarning")  # of transformers, for old checkpoints
def test_a_written_folder_is_a_base_to_train_a_summarizer_on(
    tiny_base: Path, tiny_rows: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "bert2bert"
    monkeypatch.setattr("sys.argv", ["bert2bert", "--encoder", str(tiny_base), "--out", str(base)])
    main()
    tokenizer = load_tokenizer(base)
    config = load_seq2seq(base).config
    assert config.decoder_start_token_id == tokenizer.cls_token_id
    assert config.eos_token_id == tokenizer.sep_token_id
    settings = {"kind": "abstractive", "method": "full", "epochs": 1, "max_new_tokens": 8, "dtype": "fp32"}
    out = train_tiny("summary", tiny_rows["summary"], tmp_path / "out", base, **settings)
    written = OpenBundle.open(out).summarizer().summarize([""], ["رحب الوزير بالاتفاق الجديد."], words=3)
    assert len(written) == 1 and len(written[0].split()) <= 3
