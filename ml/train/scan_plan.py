"""What a recipe says of scans: CT series with labelled slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Scans:
    """CT series as DICOM files, and a table that labels their slices. A slice is a picture; the patient (else
    the study) that its header names must not be torn apart. Every slice must be labelled, and found. A slice
    that several scans label has the label of the last.
    """

    name: str
    path: str  # a folder of DICOM files, searched with all its folders; relative to --data
    table: str = "labels.csv"  # relative to `path`
    form: Literal["columns", "rsna"] = "columns"  # columns: a row a slice, a column of 0 and 1 a class;
    # rsna: a row a slice and class, ID_<hex>_<subtype>,Label, or name, subtype and label in three columns
    file: str = (
        "file"  # columns: the column with a file (relative to the table, or its name) or SOPInstanceUID
    )
    rename: Mapping[str, str] = field(default_factory=dict)  # names of the table: our classes
    any_class: str = ""  # the class that holds where any other does: made where a table has five rows a slice
    broken: Literal["stop", "leave_out"] = "stop"  # files that cannot be read; left out they are still named
    unlabelled: Literal["stop", "leave_out"] = "stop"  # slices that the table does not know
    cohort: str = ""  # scans of one cohort name the same patients the same; empty: the name of these
    licence: str = ""
