"""A configuration that cannot be meant is refused in one line; a file that ships always loads."""

import dataclasses
from pathlib import Path

import pytest

from arabic.errors import InputError
from training.config import CONFIGS_DIR, TrainConfig, load_config


def _write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS_DIR.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_file_loads_and_says_something(path: Path) -> None:
    assert load_config(path) != TrainConfig()


def test_a_config_ships_for_every_task() -> None:
    assert {path.stem for path in CONFIGS_DIR.glob("*.yaml")} == {"topic", "stance", "summary"}


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_config(_write(tmp_path, "")) == TrainConfig()


def test_overrides_win_over_the_file_and_none_does_not(tmp_path: Path) -> None:
    path = _write(tmp_path, "epochs: 7\nbatch_size: 3\n")
    config = load_config(path, epochs=2, batch_size=None)
    assert (config.epochs, config.batch_size) == (2, 3)
    assert config.seed == TrainConfig().seed


def test_an_override_of_zero_is_an_override(tmp_path: Path) -> None:
    assert load_config(_write(tmp_path, "seed: 5\n"), seed=0).seed == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch: 3", "epoch"),
        ("epochs: many", "epochs"),
        ("epochs: 2.5", "epochs"),
        ("learning_rate: [1]", "learning_rate"),
        ("method: qlora", "method"),
        ("epochs: 0", "epochs"),
        ("batch_size: -1", "batch_size"),
        ("learning_rate: 1.5", "learning_rate"),
        ("learning_rate: 0", "learning_rate"),
        ("label_smoothing: 1.01", "label_smoothing"),
        ("hard_unrelated: -0.1", "hard_unrelated"),
        ("important_target: 2", "important_target"),
        ("head_learning_rate: -0.1", "head_learning_rate"),
        ("learning_rate: .nan", "learning_rate"),
        ("tag_weight: .nan", "tag_weight"),
        ("max_length: 8", "max_length"),
        ("1: 2", "1"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_the_file_and_the_known_keys(
    tmp_path: Path, text: str, said: str
) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_config(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and said in message and "\n" not in message
    assert all(field.name in message for field in dataclasses.fields(TrainConfig))


def test_an_unknown_override_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="epoches"):
        load_config(_write(tmp_path, ""), epoches=3)


@pytest.mark.parametrize("text", ["- epochs", "epochs", "epochs: [1", "3"])
def test_what_is_no_mapping_is_refused_with_the_files_name(tmp_path: Path, text: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(InputError, match="expected YAML") as caught:
        load_config(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(InputError, match="could not be read") as caught:
            load_config(path)
        assert str(path) in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_bytes("# إعداد\nepochs: 3\n".encode("cp1256"))
    with pytest.raises(InputError) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
