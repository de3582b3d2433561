"""Who may use the service, and how much of it: secrets compared in constant time, a rate per client."""

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from arabic.errors import InputError

MAX_CLIENTS = 10_000


class Accounts:
    """Names and secrets, of which only hashes are kept."""

    def __init__(self, secrets: dict[str, str]) -> None:
        self._digests = {name: _digest(secret) for name, secret in secrets.items()}

    @classmethod
    def read(cls, path: Path) -> "Accounts":
        """Read `name:secret` lines; blank ones and those that begin with # are left out.

        Raises:
            InputError: the file cannot be read, or a line is wrong; no secret is ever quoted.

        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: the accounts cannot be read ({type(error).__name__})") from None
        secrets: dict[str, str] = {}
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("#"):
                continue
            name, colon, secret = (part.strip() for part in line.partition(":"))
            if not (name and colon and len(secret) >= 12) or name in secrets:
                raise InputError(
                    f"{path}:{number}: expected a new name, a colon and a secret of at least 12 characters"
                )
            secrets[name] = secret
        if not secrets:
            raise InputError(f"{path} has no accounts; give lines of the form name:secret")
        return cls(secrets)

    def owner(self, secret: str) -> str | None:
        """Name whose secret this is, or None; every account is compared, whichever fits."""
        digest = _digest(secret)
        found = [name for name, known in self._digests.items() if hmac.compare_digest(known, digest)]
        return found[0] if found else None

    def admits(self, name: str, secret: str) -> bool:
        """Tell whether the name has this secret, in the same time for known and unknown names."""
        known = self._digests.get(name, b"\0" * 32)
        return hmac.compare_digest(known, _digest(secret))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", errors="surrogatepass")).digest()


class RateLimit:
    """A token bucket for each client: `per_minute` requests, at most so many at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> int:
        """Count a request: 0 if it may pass, else the whole seconds until one may."""
        now = self._clock()
        tokens, seen = self._buckets.pop(client, (float(self._per_minute), now))
        tokens = min(self._per_minute, tokens + (now - seen) * self._per_minute / 60)
        passes = tokens >= 1
        self._buckets[client] = (tokens - passes, now)
        if len(self._buckets) > MAX_CLIENTS:  # memory is bounded; whoever was longest away starts afresh
            self._buckets.popitem(last=False)
        return 0 if passes else max(1, math.ceil((1 - tokens) * 60 / self._per_minute))
