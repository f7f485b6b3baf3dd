"""Which DICOM files belong together, told from the first page of each: in a folder or a DICOMDIR."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ml.errors import SlideProblem
from ml.slide.dicom_elements import Header, read_header, text, uid_name
from ml.slide.dicom_picture import is_dicom
from ml.slide.positioned_file import PositionedFile

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
DICOMDIR = "1.2.840.10008.1.3.10"

MOST_FILES = 20_000
"""Files of a folder that are looked at."""

_FRAME_OF_REFERENCE = 0x00200052  # the last thing that tells one slide from another
_STORAGE = "1.2.840.10008.5.1.4.1.1."
_KINDS = {
    _STORAGE + "66.4": "a segmentation",
    _STORAGE + "66.7": "a segmentation",  # label map
    _STORAGE + "66.5": "a surface segmentation",
    _STORAGE + "66.3": "a set of landmarks",
    _STORAGE + "91.1": "a set of annotations",
    _STORAGE + "30": "a parametric map",
    _STORAGE + "104.1": "a PDF document",
    _STORAGE + "2": "a CT image",
    _STORAGE + "2.1": "a CT image",
    _STORAGE + "4": "an MR image",
    _STORAGE + "4.1": "an MR image",
    _STORAGE + "1": "a radiograph",
    _STORAGE + "1.1": "a radiograph",
    _STORAGE + "1.1.1": "a radiograph",
    _STORAGE + "7": "a photograph or screen picture",
    _STORAGE + "77.1.2": "a photograph from a microscope",
    _STORAGE + "77.1.3": "a photograph from a microscope",
    _STORAGE + "77.1.4": "a photograph",
    DICOMDIR: "the table of contents of a folder (DICOMDIR)",
}
_BEGINNINGS = (
    (_STORAGE + "88.59", "a selection of images"),
    (_STORAGE + "88.", "a structured report"),
    (_STORAGE + "11.", "a presentation state"),
    (_STORAGE + "6.", "an ultrasound image"),
)


@dataclass(frozen=True, slots=True)
class DicomKind:
    """What a DICOM file is, told from the first page of its header."""

    path: Path
    sop_class: str
    instance: str  # its UID
    modality: str
    image_type: tuple[str, ...]
    series: str
    frame_of_reference: str
    pyramid: str
    patient: str

    @property
    def is_slide(self) -> bool:
        """Whether it is a part of a whole slide: a level, a label, an overview."""
        return self.sop_class == WHOLE_SLIDE

    @property
    def flavor(self) -> str:
        """VOLUME for a level of the slide, else LABEL, OVERVIEW, THUMBNAIL."""
        found = [f for f in self.image_type[2:3] if f in {"LABEL", "OVERVIEW", "THUMBNAIL"}]
        return found[0] if found else "VOLUME"

    @property
    def in_words(self) -> str:
        """What a person calls it: "a segmentation"."""
        if self.is_slide:
            return "a DICOM slide"
        if self.sop_class in _KINDS:
            return _KINDS[self.sop_class]
        for beginning, words in _BEGINNINGS:
            if self.sop_class.startswith(beginning):
                return words
        name = uid_name(self.sop_class)
        return f"a DICOM object of the kind “{name}”" if name else "a DICOM object of an unknown kind"


def kind_of(path: Path) -> DicomKind:
    """Look at the first page of a DICOM file. Raises `SlideProblem` when it is none, or is damaged."""
    file = PositionedFile(path)
    try:
        header = read_header(file, _FRAME_OF_REFERENCE)
    finally:
        file.close()
    items = header.items
    return DicomKind(
        path=path,
        sop_class=text(items, 0x00080016) or text(header.meta, 0x00020002),
        instance=text(items, 0x00080018),
        modality=text(items, 0x00080060),
        image_type=tuple(text(items, 0x00080008).split("\\")),
        series=text(items, 0x0020000E),
        frame_of_reference=text(items, _FRAME_OF_REFERENCE),
        pyramid=text(items, 0x00080019),
        patient=text(items, 0x00100010),
    )


@dataclass(frozen=True)
class FoundSlide:
    """The files of one slide: its levels (parts of concatenations included) and the pictures beside it."""

    volumes: tuple[DicomKind, ...]
    beside: tuple[DicomKind, ...]

    @property
    def path(self) -> Path:
        """A file by which this slide, and no other, is opened."""
        return (self.volumes or self.beside)[0].path


def slides_in(path: Path) -> tuple[FoundSlide, ...]:
    """The slides of a folder or of a DICOMDIR, in the order of their files' names.

    Raises `SlideProblem` when there is none; it then says what was found instead.
    """
    kinds = _looked_at(_files_of(path))
    found = _grouped([kind for kind in kinds if kind.is_slide])
    if not found:
        there = sorted({kind.in_words for kind in kinds})
        told = f"no slide, but {_and(there)}" if there else "no DICOM slide"
        raise SlideProblem(f"{_name(path)} holds {told}.", "Open the folder that holds the slide.", path=path)
    return found


def slide_of(path: Path) -> FoundSlide:
    """The slide that a file is a part of: it and the files of the same slide beside it.

    Raises `SlideProblem` when the file is no part of a slide, and says in words what it is.
    """
    kind = kind_of(path)
    if not kind.is_slide:
        raise SlideProblem(
            f"{path.name} is {kind.in_words}, not a slide.",
            "Open the slide or the image that it belongs to.",
            path=path,
            sop_class=kind.sop_class,
            modality=kind.modality,
        )
    others = [other for other in _listed(path.parent) if other != path] if kind.series else []
    beside = [other for other in _looked_at(others) if other.is_slide and other.series == kind.series]
    for found in _grouped([kind, *beside]):
        if kind in found.volumes or kind in found.beside:
            return found
    return FoundSlide((kind,), ())


def read_files(kinds: Iterable[DicomKind]) -> list[tuple[PositionedFile, Header]]:
    """Open files and read their whole headers. Those that were opened are closed when one cannot be read."""
    opened: list[tuple[PositionedFile, Header]] = []
    try:
        for kind in kinds:
            file = PositionedFile(kind.path)
            try:
                opened.append((file, read_header(file)))
            except SlideProblem:
                file.close()
                raise
    except SlideProblem:
        for file, _ in opened:
            file.close()
        raise
    return opened


def _files_of(path: Path) -> list[Path]:
    """The files to look at: those that a DICOMDIR names, those of a folder, or else of its folders."""
    if not path.is_dir():
        return _named_by(path)
    table = path / "DICOMDIR"
    if table.is_file():
        return _named_by(table)
    here = _listed(path)
    if any(_begins_as_dicom(file) for file in here):
        return here
    return sorted(islice(path.rglob("*"), MOST_FILES))


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(islice(folder.iterdir(), MOST_FILES))
    except OSError as error:
        raise SlideProblem(
            f"The folder {_name(folder)} cannot be read: {error.strerror or error}.",
            "Check that it is still there and that you are allowed to read it.",
            path=folder,
        ) from error


def _named_by(table: Path) -> list[Path]:
    """The files that a DICOMDIR names, as far as they lie within its folder and are there."""
    file = PositionedFile(table)
    try:
        items = read_header(file).items
    finally:
        file.close()
    records = items[0x00041220].items if 0x00041220 in items else ()
    named = [text(record, 0x00041500) for record in records]
    folder = table.parent
    paths = [_as_it_lies(folder, name.split("\\")) for name in named if name]
    return [path for path in dict.fromkeys(paths) if path is not None]


def _as_it_lies(folder: Path, parts: Sequence[str]) -> Path | None:
    """A name of a DICOMDIR as a path: discs are written in capitals and copied in small letters."""
    if any(part.strip() in {"", ".", ".."} or "/" in part for part in parts):
        return None
    for case in (str, str.lower):
        path = folder.joinpath(*(case(part.strip()) for part in parts))
        if path.is_file():
            return path
    return None


def _looked_at(paths: Iterable[Path]) -> list[DicomKind]:
    """The DICOM files among these; what cannot be read at all is no part of a slide."""
    found = []
    for path in islice(paths, MOST_FILES):
        if _begins_as_dicom(path):
            try:
                found.append(kind_of(path))
            except SlideProblem:
                continue
    return [kind for kind in found if kind.sop_class != DICOMDIR]


def _begins_as_dicom(path: Path) -> bool:
    try:
        if not path.is_file():  # a folder; a pipe, which one would wait for
            return False
        with path.open("rb") as file:
            return is_dicom(file.read(132))
    except OSError:  # it may not be read
        return False


def unread_beside(path: Path) -> tuple[str, ...]:
    """Names of the files beside a slide's that end as DICOM, but are empty or may not be read."""
    try:
        named = [other for other in _listed(path.parent) if other.suffix.lower() == ".dcm"]
    except SlideProblem:  # a folder that may not be listed
        return ()
    return tuple(other.name for other in named if not _has_a_beginning(other))


def _has_a_beginning(path: Path) -> bool:
    try:
        if not path.is_file():
            return True
        with path.open("rb") as file:
            return len(file.read(132)) == 132
    except OSError:
        return False


def _grouped(kinds: Sequence[DicomKind]) -> tuple[FoundSlide, ...]:
    """Slides: one a series, frame of reference and pyramid; labels and overviews go with their series."""
    volumes: dict[tuple[str, str, str], list[DicomKind]] = {}
    beside: dict[str, list[DicomKind]] = {}
    for kind in kinds:
        alone = kind.series or str(kind.path)
        if kind.flavor == "VOLUME":
            volumes.setdefault((alone, kind.frame_of_reference, kind.pyramid), []).append(kind)
        else:
            beside.setdefault(alone, []).append(kind)
    found = [FoundSlide(tuple(own), tuple(beside.get(key[0], ()))) for key, own in volumes.items()]
    with_levels = {key[0] for key in volumes}
    found += [FoundSlide((), tuple(own)) for series, own in beside.items() if series not in with_levels]
    return tuple(found)


def _name(path: Path) -> str:
    return path.name or str(path)


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
