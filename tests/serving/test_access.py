"""Accounts and rates."""

from pathlib import Path

import pytest

from arabic.errors import InputError
from serving import access
from serving.access import Accounts, RateLimit


def test_accounts_are_read_and_compared(tmp_path: Path) -> None:
    """A secret finds its owner, a name its secret; nothing is kept in clear."""
    path = tmp_path / "accounts"
    path.write_text("# who\n\nahmad: a-long-secret\nهدى:سر:طويل-جدا-هنا\n", encoding="utf-8")
    accounts = Accounts.read(path)
    assert accounts.owner("a-long-secret") == "ahmad" and accounts.owner("سر:طويل-جدا-هنا") == "هدى"
    assert accounts.owner("") is None and accounts.owner("\ud800") is None
    assert accounts.admits("ahmad", "a-long-secret")
    assert not accounts.admits("ahmad", "wrong") and not accounts.admits("nobody", "a-long-secret")
    assert b"a-long-secret" not in repr(vars(accounts)).encode()


@pytest.mark.parametrize(
    "text", ["", "ahmad", "ahmad:short", ":a-long-secret", "a:a-long-secret\na:a-long-secret"]
)
def test_wrong_accounts_are_refused(tmp_path: Path, text: str) -> None:
    """By line, never quoting a secret."""
    path = tmp_path / "accounts"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        Accounts.read(path)
    assert "long-secret" not in str(refused.value)
    with pytest.raises(InputError, match="cannot be read"):
        Accounts.read(tmp_path / "missing")


def test_rate_is_a_bucket_for_each_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many at once, then one for each share of the minute; memory is bounded."""
    now = [0.0]
    limit = RateLimit(6, clock=lambda: now[0])
    assert [limit.wait("a") for _ in range(7)] == [0] * 6 + [10]
    assert limit.wait("b") == 0
    now[0] = 9.0
    assert limit.wait("a") == 1
    now[0] = 10.5
    assert limit.wait("a") == 0 and limit.wait("a") > 0
    now[0] = 1_000.0
    assert [limit.wait("a") for _ in range(7)].count(0) == 6
    monkeypatch.setattr(access, "MAX_CLIENTS", 5)
    for number in range(20):
        limit.wait(str(number))
    assert len(limit._buckets) <= 5
