"""What stands at the beginning and at the end of every export: what may be named, and the signed record."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ml.report.words import file_name

if TYPE_CHECKING:
    from ml.deidentify.privacy import Privacy
    from ml.record.statement import Statement
    from ml.report.ct_material import CtMaterial
    from ml.report.material import Material


def of_slide(material: Material, *, keep_identity: bool) -> tuple[Material, Privacy]:
    """The material as it may be exported, and what was left out of it. Raises `Problem`."""
    from ml.deidentify.report import deidentified, identity_kept

    if not keep_identity:
        return deidentified(material)
    names = [f"the slide's file name, {file_name(material.analysis.provenance.slide_name)}"]
    names += ["names and notes of annotations"] if material.annotations else []
    return material, identity_kept([*names, "who wrote the report", "the reader's comment"])


def of_series(material: CtMaterial, *, keep_identity: bool) -> tuple[CtMaterial, Privacy]:
    """The same of a CT series."""
    from ml.deidentify.report import deidentified_ct, identity_kept

    if not keep_identity:
        return deidentified_ct(material)
    names = ["the patient's name, number and date of birth"] if material.patient else []
    names += ["identifiers of study, series and slices", "who wrote the report", "the reader's comment"]
    return material, identity_kept(names)


def who(*, keep_identity: bool) -> str:
    """The name under which the person is signed in to this computer; empty where it is left out."""
    if not keep_identity:
        return ""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may know no names
        return ""


def signed_by() -> str:
    """The fingerprint of the key that will sign; asked for before anything is written. Raises `Problem`."""
    from ml.record.key import fingerprint, own_key

    return fingerprint(own_key().public_key())


def finish(
    folder: Path, written: Iterable[Path], said: Statement, privacy: Privacy, subject: tuple[str, Path]
) -> tuple[Path, ...]:
    """Write the list of what was left out, then the record of all files; both paths. Raises `Problem`.

    `subject` is hash and place of the slide or series: remembered on this computer, never exported.
    """
    from ml.deidentify.privacy import NAME, write_privacy
    from ml.record import places
    from ml.record.seal import seal

    write_privacy(privacy, folder / NAME)
    record = seal(folder, said, (*written, folder / NAME), privacy.as_facts())
    places.remember(*subject)
    return folder / NAME, record
