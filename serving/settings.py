"""What a running service is told, and the limits that keep it running."""

from dataclasses import dataclass
from pathlib import Path

MAX_BODY_BYTES = 4_000_000
MAX_ITEMS = 256
"""Texts of one request; their characters together are bounded by `arabic.checks.MAX_CHARS`."""
MAX_TARGETS = 10
MIN_WORDS, MAX_WORDS = 5, 1_000
"""Of a summary."""
MAX_UPLOAD_BYTES = 10_000_000
MAX_BATCH_UPLOAD_BYTES = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of `mujaz demo`."""

    host: str = "127.0.0.1"
    port: int = 7860
    bundle: Path | None = None
    """The bundle to serve; None is the one that ships."""
    bundles: Path | None = None
    """A folder of more bundles to choose among on the page."""
    corrections: Path | None = None
    """A JSONL file that corrections are appended to; None switches correcting off."""
    auth: Path | None = None
    """A file of `name:secret` lines; None leaves page and API open."""
    rate: int | None = None
    """Requests a minute that one client may send to the API; None is no limit."""
    mcp: bool = False
    queue: int = 64
    """Requests in work or waiting; the next one is answered with 429."""
    seconds: float = 120.0
    """The longest that one request may take."""

    def __post_init__(self) -> None:
        """Refuse limits that nothing could pass."""
        if self.queue < 1 or self.seconds <= 0 or (self.rate is not None and self.rate < 1):
            raise ValueError(
                "queue and rate must be at least 1 and seconds above 0, "
                f"were {self.queue}, {self.rate} and {self.seconds}"
            )
