"""What a bundle is wrapped in: a folder or a zip, seen as a flat set of files with their sizes."""

from __future__ import annotations

import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from ml.errors import ModelProblem
from ml.zoo.card_json import refused

# Opening one of these runs whatever its sender put into it.
PICKLES = frozenset({".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill"})
LARGEST = 4 << 30  # bytes of a whole bundle, unpacked
_STEEPEST = 200  # times that a large file in a zip may grow; weights hardly grow at all
_MOST_FILES = 1000


class Container(ABC):
    """The files of a bundle. `sizes` gives bytes by name; only files at the top count as parts of it."""

    name: str
    sizes: Mapping[str, int]

    @abstractmethod
    def read(self, file: str, largest: int) -> bytes:
        """All bytes of one file. Raises `ModelProblem` when there are more than `largest`, or unreadable."""

    @abstractmethod
    def close(self) -> None:
        """Let the files go."""

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_container(path: Path) -> Container:
    """A folder or a zip, refused with a `ModelProblem` if anything in it may not be there."""
    if path.is_dir():
        return _Folder(path)
    if not path.exists():
        raise ModelProblem(
            f"There is no model at {path.name}.", "Check the path, or list the models that are installed."
        )
    if path.suffix.lower() in PICKLES:
        raise _pickle(path.name, path.name)
    if not zipfile.is_zipfile(path):
        raise refused(path.name, "it is neither a folder nor a zip file")
    return _Zip(path)


class _Folder(Container):
    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        files = [file for file in sorted(path.rglob("*")) if file.is_symlink() or not file.is_dir()]
        for file in files:
            _check_suffix(self.name, file.name)
            if file.is_symlink() and not file.resolve().is_relative_to(path.resolve()):
                raise refused(self.name, f"{file.name} is a link that leads out of its folder")
        try:
            self.sizes = {file.name: file.stat().st_size for file in files if file.parent == path}
        except OSError as error:
            raise refused(self.name, "a file in it cannot be read", error=error) from None
        _check_total(self.name, sum(self.sizes.values()), len(files))

    def read(self, file: str, largest: int) -> bytes:
        if self.sizes[file] > largest:
            raise refused(self.name, f"{file} is larger than it can be")
        try:
            return (self._path / file).read_bytes()
        except OSError as error:
            raise refused(self.name, f"{file} cannot be read", error=error) from None

    def close(self) -> None:
        pass


class _Zip(Container):
    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise refused(self.name, "the zip file is damaged", error=error) from None
        try:
            self._members = self._checked()
        except ModelProblem:
            self._zip.close()
            raise
        self.sizes = {name: member.file_size for name, member in self._members.items()}

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        members = self._zip.infolist()
        _check_total(self.name, sum(member.file_size for member in members), len(members))
        for member in members:
            _check_member(self.name, member)
        files = [member for member in members if not member.is_dir()]
        tops = {PurePosixPath(member.filename).parts[0] for member in files}
        # A zipped folder holds everything one folder down: that folder is the bundle.
        nested = len(tops) == 1 and all("/" in member.filename for member in files)
        depth = 2 if nested else 1
        found: dict[str, zipfile.ZipInfo] = {}
        for member in files:
            place = PurePosixPath(member.filename)
            if len(place.parts) == depth:
                if place.name in found:
                    raise refused(self.name, f"{place.name} occurs twice in the zip")
                found[place.name] = member
        return found

    def read(self, file: str, largest: int) -> bytes:
        member = self._members[file]
        if member.file_size > largest:
            raise refused(self.name, f"{file} is larger than it can be")
        try:
            with self._zip.open(member) as stream:
                # One byte more than announced: a zip that lies about a size is found out, not unpacked.
                content = stream.read(member.file_size + 1)
        except (
            OSError,
            zipfile.BadZipFile,
            zlib.error,
            RuntimeError,
            NotImplementedError,
            EOFError,
        ) as error:
            raise refused(self.name, f"{file} in the zip is damaged", error=error) from None
        if len(content) != member.file_size:
            raise refused(self.name, f"{file} in the zip is not as large as the zip says")
        return content

    def close(self) -> None:
        self._zip.close()


def _check_member(bundle: str, member: zipfile.ZipInfo) -> None:
    name = member.filename
    for place in (PurePosixPath(name), PureWindowsPath(name)):
        if place.is_absolute() or place.drive or place.root or ".." in place.parts:
            raise refused(bundle, f"the path {name!r} in the zip leads out of its folder")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise refused(bundle, f"{name!r} in the zip is a link")
    if member.flag_bits & 0x1:
        raise refused(bundle, f"{name!r} in the zip is encrypted")
    if member.file_size > (1 << 20) and member.file_size > _STEEPEST * max(1, member.compress_size):
        raise refused(bundle, f"{name!r} in the zip grows to {member.file_size >> 20} MiB: a zip bomb")
    _check_suffix(bundle, PurePosixPath(name).name)


def _check_total(bundle: str, total: int, files: int) -> None:
    if total > LARGEST or files > _MOST_FILES:
        raise refused(bundle, f"it holds {files} files of {total >> 20} MiB, more than a model can have")


def _check_suffix(bundle: str, file: str) -> None:
    if Path(file).suffix.lower() in PICKLES:
        raise _pickle(bundle, file)


def _pickle(bundle: str, file: str) -> ModelProblem:
    return refused(bundle, f"{file} may run code when it is opened; only safetensors weights are read")
