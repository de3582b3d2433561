"""Label sets are the order of a classifier's outputs: a slip in them silently renames every answer."""

import re
from pathlib import Path

import pytest

from models.errors import BundleError
from models.label_sets import load_labels, read_labels

LABEL = "{id: a, code: c, ar: ألف, en: a, definition: d}"
GOOD = f"name: n\nscheme: s\nlabels:\n  - {LABEL}\n"


def test_topics_are_the_17_top_level_media_topics() -> None:
    topics = load_labels("topic")
    codes = [label.code for label in topics.labels]
    assert len(set(topics.ids)) == len(set(codes)) == len(topics.labels) == 17
    assert all(re.fullmatch(r"medtop:\d{8}", code) for code in codes)
    assert set(codes) == {f"medtop:{number:02}000000" for number in range(1, 18)}


@pytest.mark.parametrize("name", ["topic", "stance"])
def test_every_label_has_a_name_in_both_languages(name: str) -> None:
    for label in load_labels(name).labels:
        assert re.search("[\u0621-\u064a]", label.ar) and not re.search("[A-Za-z]", label.ar)
        assert re.search("[A-Za-z]", label.en) and not re.search("[\u0621-\u064a]", label.en)
        assert label.definition.strip()


def test_names_are_unique_so_that_a_reader_can_tell_topics_apart() -> None:
    labels = load_labels("topic").labels
    assert len({label.ar for label in labels}) == len({label.en for label in labels}) == 17


def test_stance_labels_stand_in_the_order_that_the_decoder_counts_on() -> None:
    """The decoder takes outputs 0 to 2 as polarities and the last one as unrelated."""
    assert load_labels("stance").ids == ("favor", "against", "neutral", "unrelated")


def test_index_is_the_position_in_the_outputs() -> None:
    topics = load_labels("topic")
    assert [topics.index(label) for label in topics.ids] == list(range(17))


def test_an_unknown_label_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(KeyError, match="favor, against"):
        load_labels("stance").index("angry")


def test_a_well_formed_file_is_read(tmp_path: Path) -> None:
    """Guards the cases below: they fail for their damage, not for the template."""
    path = tmp_path / "l.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_labels(path).ids == ("a",)


@pytest.mark.parametrize(
    "text",
    [
        "name: [",
        "",
        "- a\n- b\n",
        "name: n\nlabels: []\n",
        "name: n\nscheme: s\nlabels: 7\n",
        "name: n\nscheme: s\nlabels: [a]\n",
        GOOD.replace(", en: a", ""),
        GOOD.replace("en: a", "en: a, colour: red"),
        GOOD.replace("id: a", "id: no"),
        GOOD + f"  - {LABEL}\n",
    ],
    ids="yaml empty list noscheme number strings missing extra bool twice".split(),
)
def test_a_bad_file_gives_a_one_line_error_that_names_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BundleError) as caught:
        read_labels(path)
    assert "bad.yaml" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("{id: b, ar: باء, definition: d}", "'en' is missing"),
        ("{id: b, ar: باء, en: b, definition: d, colour: red}", "unknown key 'colour'"),
        ("{id: no, ar: باء, en: b, definition: d}", "'id' must be a text, was False"),
        ("{id: b, ar: باء, en: 7, definition: d}", "'en' must be a text, was 7"),
        ("{id: b, ar: '', en: b, definition: d}", "'ar' is empty"),
        ("{id: a, ar: باء, en: b, definition: d}", "the id 'a' stands twice"),
        ("b", "expected a label with id, ar, en, definition"),
    ],
)
def test_an_error_in_a_label_names_its_line_and_key(label: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"# a comment\n{GOOD}\n  - {label}\n", encoding="utf-8")
    with pytest.raises(BundleError) as caught:
        read_labels(path)
    assert str(caught.value).startswith(f"{path}:7: ") and said in str(caught.value)


def test_a_label_needs_no_code(tmp_path: Path) -> None:
    path = tmp_path / "l.yaml"
    path.write_text(GOOD.replace(" code: c,", ""), encoding="utf-8")
    assert [label.code for label in read_labels(path).labels] == [""]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="none.yaml cannot be read"):
        read_labels(tmp_path / "none.yaml")


def test_a_file_that_is_not_text_gives_a_one_line_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(BundleError) as caught:
        read_labels(path)
    assert "bad.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_set_is_refused_with_those_that_ship_named() -> None:
    with pytest.raises(BundleError, match="stance, topic"):
        load_labels("mood")
