"""The report of a draft as it is handed on: without names unless they are wished for, and with its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ml.draft.evidence import CtSource, Evidence, SlideSource
from ml.progress import Progress
from ml.verbs import sealed
from ml.verbs.write_report import WriteRequest, WrittenFile, write_report

if TYPE_CHECKING:
    from ml.deidentify.privacy import Privacy
    from ml.record.statement import Statement
    from ml.report.figure import Picture

_TYPED = "what was typed into the report: fields, text, hospital; its logo and snapshots"


def write_sealed(
    request: WriteRequest, progress: Progress, *, keep_identity: bool = False
) -> tuple[WrittenFile, ...]:
    """Write all outputs of a draft, then `privacy.txt` and the signed `record.json`; all of them.

    What the person typed stays as it was typed. Raises `Problem`, `Cancelled`.
    """
    from ml.deidentify.profile import without_identity
    from ml.record.seal import unseal

    evidence, privacy = _evidence(request.evidence, keep_identity=keep_identity)
    privacy = replace(privacy, kept=(_TYPED, *privacy.kept))
    if not keep_identity and "dicom" in request.formats and isinstance(evidence.source, SlideSource):
        gone = "annotations as DICOM, which would name the patient"
        privacy = replace(privacy, removed=(*privacy.removed, gone))
    key = ("Signed with the key", f"{sealed.signed_by()}. The signature is in record.json, beside this file.")
    evidence = replace(evidence, provenance=(*evidence.provenance, key))
    drawn = [picture for several in evidence.draw(progress).values() for picture in several]
    said, subject = _statement(evidence, drawn, sealed.who(keep_identity=keep_identity))
    if request.folder.is_dir():
        unseal(request.folder)
    clean = None if keep_identity else without_identity
    written = write_report(replace(request, evidence=evidence, clean=clean), progress)
    places = [file.path for file in written]
    more = sealed.finish(request.folder, dict.fromkeys(places), said, privacy, subject)
    return (*written, *(WrittenFile(path, "numbers") for path in more))


def _evidence(evidence: Evidence, *, keep_identity: bool) -> tuple[Evidence, Privacy]:
    """The same evidence of material that names nobody."""
    from ml.draft.ct_evidence import evidence_of_ct
    from ml.draft.slide_evidence import evidence_of_material

    source = evidence.source
    if isinstance(source, CtSource):
        if source.material is None:
            return _bare_series(evidence, source, keep_identity=keep_identity)
        material, privacy = sealed.of_series(source.material, keep_identity=keep_identity)
        return evidence_of_ct(material, source.measured), privacy
    if source.material is None:
        return _bare_slide(evidence, source, keep_identity=keep_identity)
    slide_material, privacy = sealed.of_slide(source.material, keep_identity=keep_identity)
    return evidence_of_material(slide_material), privacy


def _bare_slide(evidence: Evidence, source: SlideSource, *, keep_identity: bool) -> tuple[Evidence, Privacy]:
    """Of a slide that was only looked at."""
    from ml.deidentify.neutral import neutral_name
    from ml.deidentify.privacy import Privacy
    from ml.deidentify.report import identity_kept, without_words
    from ml.draft.slide_evidence import evidence_of_slide

    if keep_identity:
        return evidence, identity_kept(["the slide's file name", "names and notes of annotations"])
    path = source.slide.info.path
    drawn, removed = without_words(source.annotations, (path, *source.slide.files))
    made = evidence_of_slide(source.slide, drawn, source.spacing)
    name = neutral_name(path.name, "")
    rows = tuple((title, name if text == made.name else text) for title, text in made.provenance)
    made = replace(made, name=name, facts={**made.facts, "name": name}, provenance=rows)
    return made, Privacy(False, ("the slide's file name, its folders", *removed))


def _bare_series(evidence: Evidence, source: CtSource, *, keep_identity: bool) -> tuple[Evidence, Privacy]:
    from ml.deidentify.privacy import Privacy
    from ml.deidentify.report import identity_kept
    from ml.deidentify.uids import remapped

    if keep_identity:
        return evidence, identity_kept(["identifiers and description of the series"])
    uid, name = source.series.uid, "CT series"
    rows = tuple((title, remapped(uid) if text == uid else text) for title, text in evidence.provenance)
    made = replace(evidence, name=name, facts={**evidence.facts, "name": name}, provenance=rows, remarks=())
    return made, Privacy(False, ("description of the series, remarks", "identifiers (replaced by others)"))


def _statement(evidence: Evidence, drawn: Sequence[Picture], who: str) -> tuple[Statement, tuple[str, Path]]:
    """What the record says, and the hash and the place of what it speaks of."""
    from ml.record.statement import bare_statement, ct_statement, slide_statement
    from ml.record.subject import hash_of_series, hash_of_slide

    source = evidence.source
    if isinstance(source, CtSource):
        files = source.series.files
        place = files[0].parent if len(files) > 1 else files[0]
        if source.material is not None:
            sha256 = source.material.analysis.provenance.series_sha256
            return ct_statement(source.material, drawn, who), (sha256, place)
        sha256 = hash_of_series(source.series, Progress())
        about: dict[str, object] = {"sha256": sha256, "slices": len(source.series)}
        return bare_statement("ct", about, drawn, who), (sha256, place)
    path = source.slide.info.path
    if source.material is not None:
        sha256 = source.material.analysis.provenance.slide_sha256
        return slide_statement(source.material, drawn, who), (sha256, path)
    sha256 = hash_of_slide(path, Progress())
    about = {"name": evidence.name, "sha256": sha256}
    return bare_statement("slide", about, drawn, who), (sha256, path)
