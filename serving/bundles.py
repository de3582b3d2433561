"""The bundles at hand: the one that is served, and those in a folder, opened when somebody asks for them."""

import asyncio
from collections import OrderedDict
from pathlib import Path

from arabic.errors import InputError
from models.bundle import LAYOUT, BundleInfo, read_manifest
from models.errors import BundleError
from serving.service import Service

OPEN = 2
"""Bundles beside the served one that are kept in memory."""


class Bundles:
    """Bundles by the names of their folders; only those names are taken, never paths."""

    def __init__(self, served: Service, served_folder: Path, folder: Path | None) -> None:
        self._served = served
        self.served_folder = served_folder
        self._folders = {served.analyzer.model.name: served_folder}
        if folder is not None:
            if not folder.is_dir():
                raise InputError(f"{folder} is no folder; give one whose subfolders are bundles")
            found = sorted(path.parent for path in folder.glob(f"*/{LAYOUT.manifest}"))
            self._folders.update({path.name: path for path in found if path != served_folder})
        self._open: OrderedDict[str, Service] = OrderedDict()
        self._lock = asyncio.Lock()

    @property
    def names(self) -> list[str]:
        """The names to choose from, the served bundle's first."""
        return list(self._folders)

    def info(self, name: str) -> BundleInfo:
        """Read a bundle's manifest. Raises `BundleError`."""
        return read_manifest(self._folder(name))

    def card(self, name: str) -> str:
        """Read a bundle's model card, Markdown; empty where it has none."""
        path = self._folder(name) / "README.md"
        return path.read_text(encoding="utf-8", errors="replace")[:50_000] if path.is_file() else ""

    async def service(self, name: str) -> Service:
        """Open a bundle, or find it open. Raises `BundleError`."""
        folder = self._folder(name)
        if name == self.names[0]:
            return self._served
        async with self._lock:
            if name not in self._open:
                from inference.analyzer import Analyzer

                self._open[name] = self._served.beside(await asyncio.to_thread(Analyzer.load, folder))
                if len(self._open) > OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(name)
            return self._open[name]

    def _folder(self, name: str) -> Path:
        try:
            return self._folders[name]
        except KeyError:
            raise BundleError(f"there is no bundle {name[:80]!r}; choose one of the list") from None
