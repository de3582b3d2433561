"""Words are read as the vocabulary knows them, and nothing else moves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import Unigram
from transformers import PreTrainedTokenizerFast

from arabic.normalize import Normalization
from models import tokenizer as ours
from models.spelling import Spelling, reader, spellings

WORDS = "الحكومة حكومة أكد إلى أن الأمن وأكد آخر الآن كتابة كأس على علي للأسرة".split()
OTHERS = "الحكومه اكد واكد برفضه الارتقاء فى زياره ، 2024 ـً".split()
LETTERS = "ابةتجحخدذرزسشصضطظعغفقكلمنهويىأإآءؤئ"


def _tokenizer(words: list[str], pieces: list[str]) -> ours.Tokenizer:
    """A vocabulary of whole words, a few longer pieces and every letter."""
    vocabulary = [("<unk>", -20.0), ("▁", -4.0), *(("▁" + word, -5.0) for word in words)]
    vocabulary += [(piece, -6.0) for piece in pieces] + [(letter, -8.0) for letter in LETTERS]
    backend = Tokenizer(Unigram(vocabulary, unk_id=0))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    return ours.Tokenizer(backend, 0, 128)


TOKENIZER = _tokenizer(WORDS, ["رفض", "▁ب", "▁الأ", "رتقا", "▁مسلم", "ون", "ائي", "زيارة"])
SPELLING = Spelling(TOKENIZER)
texts = st.lists(
    st.one_of(
        st.sampled_from([*WORDS, *OTHERS]),
        st.text(LETTERS, min_size=1, max_size=6),
    ),
    max_size=12,
).map(" ".join)


@pytest.mark.parametrize(
    ("given_text", "read"),
    [
        ("اكد الى الحكومه", "أكد إلى الحكومة"),  # «إلى»: the ى stays, since it breaks nothing
        ("واكد الان، اخر الامن!", "وأكد الآن، آخر الأمن!"),  # behind a proclitic, the article
        ("للاسره", "للأسرة"),  # alef and ta marbuta at once
        ("زياره برفضه", "زيارة برفضه"),  # «رفضة» has no fewer pieces than «رفضه»
        ("الارتقاء", "الارتقاء"),  # «الأرتقاء» has fewer pieces, but is not whole
        ("علي على", "علي على"),  # both are whole
        ("xالحكومه الحكومه2 الحكومهً", "xالحكومه الحكومه2 الحكومهً"),  # no plain words
        ("", ""),
    ],
)
def test_examples(given_text: str, read: str) -> None:
    assert SPELLING.repair(given_text) == read


def test_who_writes_ta_marbuta_means_his_ha() -> None:
    """A pronoun stays a pronoun, «كتابه» his book; with no ة in the text the ه is doubted."""
    assert SPELLING.repair("كتابه") == "كتابة"
    assert SPELLING.repair("كتابه عن الحكومة") == "كتابه عن الحكومة"
    assert SPELLING.repair("اكد كتابه عن الحكومة") == "أكد كتابه عن الحكومة"


def test_who_writes_dotted_ya_means_his_dotless() -> None:
    spelling = Spelling(_tokenizer(["قوي", "الماضي"], []))
    assert spelling.repair("الماضى") == "الماضي"
    assert spelling.repair("قوى الماضي") == "قوى الماضي"


def test_spellings() -> None:
    assert spellings("فيه", "") == []
    assert spellings("وابه", "ه") == "وابة وأبه وأبة وإبه وإبة وآبه وآبة".split()
    assert len(spellings("الانه", "ه")) == 13  # an alef at its start, or one behind the article


@given(texts)
def test_length_stays_and_a_second_run_changes_nothing(text: str) -> None:
    repaired = SPELLING.repair(text)
    assert len(repaired) == len(text)
    assert SPELLING.repair(repaired) == repaired
    assert Spelling(TOKENIZER).repair(text) == repaired  # what was read before does not matter


@given(texts)
def test_pieces_never_become_more(text: str) -> None:
    backend = TOKENIZER.backend_tokenizer
    for old, new in zip(text.split(), SPELLING.repair(text).split(), strict=True):
        fewer = len(backend.encode(new)) < len(backend.encode(old))
        assert new == old or fewer


@given(texts)
def test_untouched_where_no_spelling_is_better(text: str) -> None:
    letters_only = Spelling(_tokenizer([], []))
    assert letters_only.repair(text) == text


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.spelling._KNOWN_WORDS", 2)
    spelling = Spelling(TOKENIZER)
    assert spelling.repair("اكد الى الحكومه اخر اكد") == "أكد إلى الحكومة آخر أكد"
    assert len(spelling._known) <= 2


def test_a_transformers_tokenizer_reads_alike() -> None:
    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=TOKENIZER.backend_tokenizer, unk_token="<unk>"
    )
    assert Spelling(fast).repair("اكد الحكومه") == "أكد الحكومة"


def test_offsets_lead_to_the_source_as_given() -> None:
    source = "قالت  الحكـومه"
    read = reader(TOKENIZER, Normalization(), respell=True)(source)
    assert read.text == "قالت الحكومة"
    assert read.to_source(5, 12) == (6, 14)
    assert reader(TOKENIZER, Normalization(), respell=False)(source).text == "قالت الحكومه"
