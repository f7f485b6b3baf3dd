"""Files on their way to an archive: looked at before anything is sent."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from ml.errors import Problem
from ml.pacs.pacs import Refused
from ml.progress import Progress


@dataclass(frozen=True)
class Outgoing:
    """A DICOM file that can be sent."""

    path: Path
    sop_class: str
    uid: str
    syntax: str


def collect(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Files as named, and of folders all DICOM files in them and below, sorted. Raises `Problem`."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and _is_dicom(p))
        elif path.is_file():
            found.append(path)
        else:
            raise Problem(f"{path.name} is not there.", "Check the path.")
    if not found:
        raise Problem("There is no DICOM file to send.", "Name files, or a folder that holds some.")
    return tuple(dict.fromkeys(found))


def look_at(files: Sequence[Path], progress: Progress) -> tuple[list[Outgoing], list[Refused]]:
    """What can be sent, and what is no DICOM object."""
    good, bad = [], []
    for path in files:
        progress.check()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                header = dcmread(path, specific_tags=["SOPClassUID", "SOPInstanceUID"])
            meta = header.file_meta
            good.append(
                Outgoing(
                    path, str(header.SOPClassUID), str(header.SOPInstanceUID), str(meta.TransferSyntaxUID)
                )
            )
        except InvalidDicomError:
            bad.append(Refused(path, "it is no DICOM file"))
        except AttributeError:
            bad.append(Refused(path, "its header does not say what it is"))
        except (OSError, ValueError, KeyError, EOFError) as error:
            bad.append(Refused(path, f"it cannot be read ({type(error).__name__})"))
    return good, bad


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM" and path.name.upper() != "DICOMDIR"
    except OSError:
        return False
