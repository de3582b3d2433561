"""Sending a bundle to a model repository of the Hugging Face hub."""

from dataclasses import dataclass
from pathlib import Path

from arabic.errors import InputError
from models.bundle import LAYOUT, verify
from training.card import CARD, write_card


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent where: files relative to the bundle's folder, with their bytes."""

    repository: str
    files: dict[str, int]
    url: str = ""

    @property
    def size(self) -> int:
        """All bytes."""
        return sum(self.files.values())


def push(
    folder: Path, repository: str, *, private: bool = True, message: str = "", dry_run: bool = False
) -> Upload:
    """Check a bundle's hashes, write its card where it has none, and upload the bundle's own files.

    Nothing else that lies in the folder is sent. The token is that of `hf auth login` or HF_TOKEN. With
    `dry_run` no request is made. Raises `BundleError` for a bad bundle, `InputError` where the hub refuses.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repository)
        if "/" not in repository:
            raise InputError(f"{repository!r} is no repository; name it as OWNER/NAME")
    except HFValidationError as error:
        raise InputError(f"{repository!r} is no repository name: {error}") from error
    info = verify(folder)
    if not (folder / CARD).is_file():
        write_card(folder)
    names = [LAYOUT.manifest, CARD, *info.files]
    upload = Upload(repository, {name: (folder / name).stat().st_size for name in names})
    if dry_run:
        return upload
    url = _send(folder, upload, private, message or f"{info.name} {info.version}")
    return Upload(repository, upload.files, url)


def _send(folder: Path, upload: Upload, private: bool, message: str) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError, LocalTokenNotFoundError  # type: ignore[attr-defined]

    api = HfApi()
    try:
        api.create_repo(upload.repository, private=private, exist_ok=True, repo_type="model")
        commit = api.upload_folder(
            repo_id=upload.repository,
            folder_path=folder,
            commit_message=message,
            allow_patterns=list(upload.files),
        )
    except LocalTokenNotFoundError as error:
        raise InputError("the hub asks for a token; set HF_TOKEN or run `hf auth login`") from error
    except (HTTPError, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(
            f"{upload.repository} could not be pushed to ({reason}); --dry-run needs no hub"
        ) from error
    return str(getattr(commit, "commit_url", ""))
