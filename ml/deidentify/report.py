"""The material of a report without what may name a patient, and the list of what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ml.annotation.shapes import Annotation
from ml.deidentify.neutral import neutral_name
from ml.deidentify.privacy import Privacy
from ml.deidentify.uids import remapped
from ml.deidentify.words import KnownNames, header_of, known_names
from ml.report.ct_material import CtMaterial, Measurement
from ml.report.material import Material
from ml.report.words import file_name
from ml.results.ct_findings import find_ct
from ml.volume.series import Series

_COMMENT = "the reader's comment, as it was typed; names that the file gives away were taken out of it"
_HASHES = "hashes of the files: who has the same file can tell that it is this one"
_DATES = "date and time of analysis and report"


@dataclass
class _Removed:
    """Counts what is taken out, in the order in which it is found."""

    names: KnownNames
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def text(self, text: str, what: str) -> str:
        """The text without known names."""
        found = self.names.without(text)
        if found != text:
            self.note(f"names in {what}")
        return found

    def in_words(self) -> tuple[str, ...]:
        return tuple(what if n == 1 else f"{what} ({n:,}×)" for what, n in self.counts.items())


def deidentified(material: Material) -> tuple[Material, Privacy]:
    """A slide's material with a neutral name, annotations without free text, comment without known names."""
    analysis, info = material.analysis, material.slide.info
    made = analysis.provenance
    old = file_name(made.slide_name)
    names = known_names({Path(old), info.path, *material.slide.files}, header_of(info.path))
    gone = _Removed(names)
    gone.note("the slide's file name, its folders")
    if info.associated:
        gone.note(f"pictures beside the slide ({', '.join(info.associated)})")
    provenance = replace(
        made,
        slide_name=neutral_name(old, made.slide_sha256),
        spacing=replace(made.spacing, source=gone.text(made.spacing.source, "the source of the spacing")),
    )
    clean = replace(
        material,
        analysis=replace(analysis, provenance=provenance, notes=_texts(analysis.notes, gone)),
        annotations=tuple(_annotation(n, a, gone) for n, a in enumerate(material.annotations, 1)),
        comment=gone.text(material.comment, "the comment"),
    )
    gone.note("who wrote the report")
    kept = [_COMMENT] if material.comment else []
    drawn = material.annotations
    kept += ["outlines, classes and numbers of annotations"] if drawn else []
    return clean, Privacy(False, gone.in_words(), (*kept, _DATES, _HASHES))


def deidentified_ct(material: CtMaterial) -> tuple[CtMaterial, Privacy]:
    """A series' material without its patient, with other UIDs and without the names of its files."""
    series, analysis = material.series, material.analysis
    gone = _Removed(known_names(series.files, header_of(series.files[0])))
    if material.patient:
        gone.note("the patient's name, number and dates")
    gone.note("names of files and folders")
    gone.note("identifiers of study, series and slices (replaced by others)")
    clean = _series(series, gone)
    kept_keys = zip(
        find_ct(analysis.scores, analysis.thresholds, series.uid),
        find_ct(analysis.scores, analysis.thresholds, clean.uid),
        strict=True,
    )
    provenance = replace(analysis.provenance, series_uid=clean.uid)
    made = replace(
        material,
        series=clean,
        analysis=replace(analysis, provenance=provenance, notes=_texts(analysis.notes, gone)),
        verdicts={new.key: material.verdict(old) for old, new in kept_keys},
        measurements=tuple(
            Measurement(m.kind, m.slice_number, gone.text(m.words, "measurements"))
            for m in material.measurements
        ),
        comment=gone.text(material.comment, "the comment"),
        patient="",
    )
    gone.note("who wrote the report")
    kept = [_COMMENT] if material.comment else []
    return made, Privacy(False, gone.in_words(), (*kept, _DATES, _HASHES))


def without_words(
    annotations: Iterable[Annotation], files: Iterable[Path]
) -> tuple[tuple[Annotation, ...], tuple[str, ...]]:
    """Annotations without free text and without the names of these files, and what was left out."""
    gone = _Removed(known_names(files))
    clean = tuple(_annotation(number, one, gone) for number, one in enumerate(annotations, 1))
    return clean, gone.in_words()


def identity_kept(what: Iterable[str]) -> Privacy:
    """The list where the person wished that names stay."""
    return Privacy(True, (), tuple(what))


def _series(series: Series, gone: _Removed) -> Series:
    slices = tuple(
        replace(s, uid=remapped(s.uid), study=remapped(s.study), series=remapped(s.series), patient="")
        for s in series.slices
    )
    return replace(series, slices=slices, remarks=_texts(series.remarks, gone))


def _texts(texts: Iterable[str], gone: _Removed) -> tuple[str, ...]:
    return tuple(gone.text(text, "remarks") for text in texts)


def _annotation(number: int, annotation: Annotation, gone: _Removed) -> Annotation:
    """Free text goes: its name becomes a number, what other programs noted beside it is dropped."""
    name = annotation.name
    if name:
        gone.note("names of annotations")
        name = f"Annotation {number}"
    if annotation.metadata:
        gone.note("notes beside annotations")
    measured: Mapping[str, float] = {
        key: value for key, value in annotation.measurements.items() if not gone.names.in_text(key)
    }
    return replace(
        annotation,
        name=name,
        class_name=gone.text(annotation.class_name, "classes of annotations"),
        measurements=measured,
        metadata={},
    )
