"""Cutting a vocabulary must change nothing for the texts it was cut to."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import torch
from tokenizers import Tokenizer, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, RobertaConfig, RobertaModel

import cli
from arabic.errors import InputError
from models import trim
from models.encoder import load_encoder, load_tokenizer
from models.errors import BundleError
from models.trim import trim_vocabulary
from tests.tiny import AGAINST, ECONOMY, FAVOR, HEALTH, NEUTRAL, SPECIALS, SPORT, make_base

TEXTS = [
    SPORT,
    HEALTH,
    ECONOMY,
    FAVOR,
    AGAINST,
    NEUTRAL,
    "The ministry of trade said Windows 11 costs 250 dinars",
]
CORPUS = [FAVOR, AGAINST, "مشروع الجسر", "مشروع الميناء"]
BERT = ["[PAD]", "[unused0]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def save_tokenizer(tokenizer: Tokenizer, names: list[str], folder: Path) -> int:
    """Write a tokenizer with its (begin, pad, end, unknown, mask) tokens; returns its size."""
    roles = ("cls_token", "pad_token", "sep_token", "unk_token", "mask_token")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=126, **dict(zip(roles, names, strict=True))
    )
    fast.save_pretrained(folder)
    return len(fast)


def make_wordpiece(folder: Path) -> Path:
    """Write a BERT whose special tokens stand behind unused pieces, as in multilingual BERT."""
    tokenizer = Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(TEXTS * 20, trainers.WordPieceTrainer(vocab_size=300, special_tokens=BERT))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 5), ("[CLS]", 4))
    spec = json.loads(tokenizer.to_str())
    spec["added_tokens"] = [token for token in spec["added_tokens"] if "unused" not in token["content"]]
    names = ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"]
    size = save_tokenizer(Tokenizer.from_str(json.dumps(spec)), names, folder)
    config = BertConfig(vocab_size=size, max_position_embeddings=128, pad_token_id=0, **SIZES)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def make_byte_bpe(folder: Path) -> Path:
    """Write a RoBERTa with byte-level BPE; its positions are counted from the id of <pad>."""
    tokenizer = Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=SPECIALS[:4],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS * 20, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    size = save_tokenizer(tokenizer, SPECIALS, folder)  # <mask> becomes an added token behind the vocabulary
    config = RobertaConfig(vocab_size=size, max_position_embeddings=128, pad_token_id=1, **SIZES)
    RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def make_plain_bpe(folder: Path) -> Path:
    """Write a BERT with BPE over characters."""
    tokenizer = Tokenizer(tokenizers.models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=SPECIALS, show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 20, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    size = save_tokenizer(tokenizer, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], folder)
    config = BertConfig(vocab_size=size, max_position_embeddings=128, pad_token_id=1, **SIZES)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(params=[make_base, make_wordpiece, make_byte_bpe, make_plain_bpe])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Make a tiny base of each kind of tokenizer."""
    torch.manual_seed(1)
    make: Callable[[Path], Path] = request.param
    return make(tmp_path / "base")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Write a corpus that uses a part of the vocabulary."""
    path = tmp_path / "corpus.txt"
    path.write_text("\n\n".join(CORPUS) + "\n", encoding="utf-8")
    return path


def spec_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))


def test_corpus_is_cut_and_embedded_as_before(base: Path, corpus: Path, tmp_path: Path) -> None:
    """Fewer pieces, the same tokens with specials for single texts and pairs, the same states up to fp16."""
    out = tmp_path / "out"
    report = trim_vocabulary(base, [corpus], out, keep_latin=0)
    assert report.pieces_after < report.pieces_before
    assert (report.lines, report.unchanged) == (4, 1.0)
    assert report.unknown_before == report.unknown_after == 0
    assert report.cosine >= 0.9999
    old, new = load_tokenizer(base), load_tokenizer(out)
    before, after = load_encoder(base), load_encoder(out)
    for texts in ([AGAINST], ["مشروع الجسر", FAVOR]):
        inputs = [t(*texts, return_tensors="pt", return_token_type_ids=False) for t in (old, new)]
        tokens = [t.convert_ids_to_tokens(x["input_ids"][0]) for t, x in zip((old, new), inputs, strict=True)]
        assert tokens[0] == tokens[1]
        with torch.inference_mode():
            states = [m(**x).last_hidden_state for m, x in zip((before, after), inputs, strict=True)]
        torch.testing.assert_close(states[0], states[1], atol=2e-2, rtol=0)


def test_special_tokens_keep_their_parts(base: Path, corpus: Path, tmp_path: Path) -> None:
    """Ids in the tokenizer, its post-processor and the config all point at the same tokens."""
    trim_vocabulary(base, [corpus], tmp_path / "out", keep_latin=0)
    old, new = load_tokenizer(base), load_tokenizer(tmp_path / "out")
    assert new.special_tokens_map == old.special_tokens_map
    assert new.model_max_length == old.model_max_length
    config = load_encoder(tmp_path / "out").config
    assert config.vocab_size == len(new)
    assert config.pad_token_id == new.pad_token_id
    assert new.convert_ids_to_tokens(range(len(new))).count(new.mask_token) == 1


def test_what_is_saved_is_fp16_with_its_origin(base: Path, corpus: Path, tmp_path: Path) -> None:
    """Weights are half the size, each kept row is the old one, and `base.json` says what was cut."""
    from safetensors.torch import load_file

    report = trim_vocabulary(base, [corpus], tmp_path / "out", revision="abc123")
    tensors = load_file(tmp_path / "out" / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    new, old = load_tokenizer(tmp_path / "out").get_vocab(), load_tokenizer(base).get_vocab()
    rows = load_file(base / "model.safetensors")["embeddings.word_embeddings.weight"]
    for piece, i in new.items():
        assert torch.equal(tensors["embeddings.word_embeddings.weight"][i], rows[old[piece]].half())
    origin = json.loads((tmp_path / "out" / "base.json").read_text(encoding="utf-8"))
    cut = f"vocabulary cut from {report.pieces_before} to {report.pieces_after} pieces"
    assert origin == {"base": base.name, "revision": f"abc123; {cut}", "licence": "see the base's own card"}


def test_other_texts_can_still_be_read(base: Path, corpus: Path, tmp_path: Path) -> None:
    """Arabic that the corpus has not is spelled out in smaller pieces, never unknown."""
    trim_vocabulary(base, [corpus], tmp_path / "out", keep_latin=0)
    new = load_tokenizer(tmp_path / "out")
    for text in TEXTS:
        assert new.unk_token not in new.tokenize(text)


def test_merges_need_only_pieces_that_are_there(tmp_path: Path, corpus: Path) -> None:
    """Both parts and the result of every BPE merge are kept, and every long piece can be made."""
    for number, make in enumerate((make_byte_bpe, make_plain_bpe)):
        base = make(tmp_path / f"base{number}")
        trim_vocabulary(base, [corpus], tmp_path / f"out{number}", keep_latin=0)
        model = spec_of(tmp_path / f"out{number}")["model"]
        results = {a + b for a, b in model["merges"]}
        assert all({a, b, a + b} <= model["vocab"].keys() for a, b in model["merges"])
        long = {piece for piece in model["vocab"] if len(piece) > 1} - set(SPECIALS)
        assert long and long == results
        assert 0 < len(model["merges"]) < len(spec_of(base)["model"]["merges"])


def test_latin_pieces_are_kept_up_to_a_number(tmp_path: Path, corpus: Path) -> None:
    """A corpus without Latin text leaves Latin words readable, as many as are asked for."""
    base = make_byte_bpe(tmp_path / "base")
    kept = [
        trim_vocabulary(base, [corpus], tmp_path / f"out{n}", keep_latin=n).pieces_after
        for n in (0, 60, 4000)
    ]
    assert kept[0] < kept[1] < kept[2]
    assert "Windows" not in load_tokenizer(tmp_path / "out0").tokenize("Windows")
    word = load_tokenizer(base).tokenize("Windows")
    assert load_tokenizer(tmp_path / "out4000").tokenize("Windows") == word


def test_rare_pieces_go_and_the_report_says_so(tmp_path: Path) -> None:
    """With `min_count` fewer lines stay as they were; lines seen once are not taken for typical."""
    base = make_base(tmp_path / "base")
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join([FAVOR] * 3 + [HEALTH]), encoding="utf-8")
    all_kept = trim_vocabulary(base, [corpus], tmp_path / "all")
    frequent = trim_vocabulary(base, [corpus], tmp_path / "frequent", min_count=3)
    assert (all_kept.unchanged, all_kept.unchanged_unseen) == (1.0, 0.75)
    assert (frequent.unchanged, frequent.unchanged_unseen) == (0.75, 0.0)
    assert frequent.pieces_after < all_kept.pieces_after


def test_corpus_is_spelled_as_the_models_input(tmp_path: Path, corpus: Path) -> None:
    """Vowel signs, tatweel and blank lines, which models never see, make no difference."""
    base = make_base(tmp_path / "base")
    odd = tmp_path / "odd.txt"
    odd.write_text("\n \n".join(CORPUS).replace("مشروع", "مـــشرُوعٌ"), encoding="utf-8")
    assert trim_vocabulary(base, [odd], tmp_path / "a") == trim_vocabulary(base, [corpus], tmp_path / "b")
    assert spec_of(tmp_path / "a") == spec_of(tmp_path / "b")


def test_a_trimmed_base_can_be_trimmed_again(tmp_path: Path, corpus: Path) -> None:
    """Trimming twice with one corpus is trimming once; the origin tells both."""
    base = make_base(tmp_path / "base")
    first = trim_vocabulary(base, [corpus], tmp_path / "once")
    second = trim_vocabulary(tmp_path / "once", [corpus], tmp_path / "twice")
    assert second.pieces_before == second.pieces_after == first.pieces_after
    assert spec_of(tmp_path / "once") == spec_of(tmp_path / "twice")
    origin = json.loads((tmp_path / "twice" / "base.json").read_text(encoding="utf-8"))
    assert origin["base"] == base.name and origin["revision"].count("vocabulary cut") == 2


@pytest.mark.parametrize("damage", ["rows", "ids", "merges"])
def test_damage_is_found_and_nothing_is_written(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """Embeddings in another order, pieces in another order and a lost merge all fail the check."""
    base = make_byte_bpe(tmp_path / "base")
    save, cut = trim._save_encoder, trim.cut_tokenizer

    def shuffled(encoder: torch.nn.Module, kept: list[int], folder: Path) -> None:
        save(encoder, [*kept[:4], *random.Random(0).sample(kept[4:-1], len(kept) - 5), kept[-1]], folder)

    def damaged(spec: dict[str, Any], kept: list[int]) -> dict[str, Any]:
        result = cut(spec, kept)
        vocab = result["model"]["vocab"]
        if damage == "ids":
            result["model"]["vocab"] = dict(zip(vocab, reversed(vocab.values()), strict=True))
        else:
            del result["model"]["merges"][0]
        return result

    if damage == "rows":
        monkeypatch.setattr(trim, "_save_encoder", shuffled)
    else:
        monkeypatch.setattr(trim, "cut_tokenizer", damaged)
    with pytest.raises(BundleError, match="cosine" if damage == "rows" else "cannot be trimmed"):
        trim_vocabulary(base, [corpus], tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "corpus.txt"]


def test_unsupported_tokenizer_is_named(tmp_path: Path, corpus: Path) -> None:
    """A vocabulary of whole words has no smaller pieces to fall back on."""
    base = make_wordpiece(tmp_path / "base")
    tokenizer = Tokenizer(
        tokenizers.models.WordLevel({"[UNK]": 0, "[PAD]": 1, "[CLS]": 2, "[SEP]": 3}, "[UNK]")
    )
    save_tokenizer(tokenizer, ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"], base)
    with pytest.raises(BundleError, match="WordLevel"):
        trim_vocabulary(base, [corpus], tmp_path / "out")


def test_wrong_input_is_told_in_one_line(tmp_path: Path, corpus: Path) -> None:
    """A used folder, an empty or missing or undecodable corpus, a base that is none."""
    base = make_base(tmp_path / "base")
    empty, binary = tmp_path / "empty.txt", tmp_path / "binary.txt"
    empty.write_text("\n \n", encoding="utf-8")
    binary.write_bytes(b"\xff\xfe\xff" * 10)
    out = tmp_path / "out"
    for files, target, words in (
        ([corpus], base, "not empty"),
        ([corpus], corpus, "not empty"),
        ([empty], out, "no text"),
        ([binary], out, "UTF-8"),
        ([tmp_path / "missing.txt"], out, "could not be read"),
    ):
        with pytest.raises(InputError, match=words) as raised:
            trim_vocabulary(base, files, target)
        assert "\n" not in str(raised.value)
    with pytest.raises(BundleError):
        trim_vocabulary(tmp_path / "nothing", [corpus], out)
    assert not out.exists()


def test_command_prints_the_report(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`mujaz base trim` writes the folder and prints what was found as JSON."""
    base, out = make_base(tmp_path / "base"), tmp_path / "out"
    arguments = ["base", "trim", str(base), str(corpus), str(corpus), "--out", str(out), "--latin", "0"]
    monkeypatch.setattr("sys.argv", ["mujaz", *arguments, "--min-count", "2"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    report = json.loads(capfd.readouterr().out)
    assert not stopped.value.code
    assert report["lines"] == 8 and report["unchanged_unseen"] == 0.5
    assert report["pieces_after"] == len(load_tokenizer(out))
