"""A cohort with a known truth: five kinds of hemorrhage drawn into copies of one real head CT.

No labelled DICOM series of hemorrhage can be had here. Bone, brain, noise and headrest are real
(`cranium_series`), the blood is not, and every "patient" is the same head: turned, tilted, mirrored, scaled
and with other noise. Figures from it are called composed: they say whether a pipeline works, not how well it
would do on people. Run it as a script:

    python -m tests.cohorts.hemorrhage FOLDER [PATIENTS] [SEED]

It leaves DICOM files in `series/<patient>/`, `labels.csv` (file, patient, one column a class), `rsna.csv`
(ID_<hex>_<subtype>,Label) and `masks/<ID>.png`, whose bit n is set where the n-th kind lies.
"""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from scipy import ndimage

from ml.volume.series import find_series
from ml.volume.volume import read_volume

DATA = Path(os.environ.get("PARFOCAL_DATA", ""))

KINDS = ("epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural")
HU = {  # of blood, the whole range that occurs
    "epidural": (60, 90),
    "intraparenchymal": (55, 88),
    "intraventricular": (50, 80),
    "subarachnoid": (58, 85),
    "subdural": (52, 82),
}
SLAB = 3  # slices of 1.5 mm that make up one of 4.5 mm, as head CT is read
LEAST = 45.0  # mm² of a kind in a slice; less of it is not drawn there, so that every label is certain

_SKULL_CLOSED = 39  # slices of the real series below this have openings in the skull
_OLD_DEFECT = np.s_[:, :92, :108]  # rows and columns of an old defect in this head's right frontal lobe

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Head:
    """The real head: HU and where things lie in it; arrays are (slices, rows, columns)."""

    values: Floats
    smooth: Floats  # HU without noise, inside the skull
    inside: Mask  # of the skull
    depth: Floats  # mm from the skull
    ventricles: Mask
    sulci: Mask  # cisterns too
    spacing: tuple[float, float, float]  # mm from slice to slice, row to row, column to column


@dataclass(frozen=True, eq=False)
class Lesion:
    """One lesion, or something that only looks like one (kind ""): opacity 0..1 and HU."""

    kind: str
    opacity: Floats
    hu: float


@lru_cache(maxsize=1)
def real_head() -> Head:
    """`cranium_series` with its skull, ventricles and sulci found."""
    volume = read_volume(find_series(DATA / "ct" / "cranium_series").series[0])
    values, spacing = volume.values, volume.geometry.spacing[::-1]
    bone = values > 250
    soft = ndimage.gaussian_filter(values.clip(-200, 200), (0.7, 1, 1))
    inner = (soft > -30) & (soft < 110) & ~ndimage.binary_dilation(bone)
    inner[:_SKULL_CLOSED] = False
    parts, _ = ndimage.label(ndimage.binary_erosion(inner, iterations=3))
    largest = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    inside = ndimage.binary_dilation(largest, iterations=4) & (soft > -30) & ~bone
    inside = ndimage.binary_closing(inside, iterations=2) & ~bone
    depth = ndimage.distance_transform_edt(~bone, sampling=spacing).astype(np.float32)
    even = ndimage.gaussian_filter(values.clip(-100, 120), 1.5)
    fluid = ndimage.binary_opening((even < 17) & inside & (depth > 18))
    fluid[_OLD_DEFECT] = False
    parts, _ = ndimage.label(fluid)
    ventricles = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    sulci = (soft < 18) & inside & ~ndimage.binary_dilation(ventricles, iterations=3)
    defect = np.zeros_like(sulci)
    defect[_OLD_DEFECT] = sulci[_OLD_DEFECT]
    sulci &= ~ndimage.binary_dilation(ndimage.binary_opening(defect, iterations=3), iterations=6)
    parts, _ = ndimage.label(sulci)
    sulci &= np.bincount(parts.ravel())[parts] >= 60  # voxels: single specks are noise
    share = ndimage.gaussian_filter(inside.astype(np.float32), (0.7, 1.5, 1.5))
    smooth = ndimage.gaussian_filter(np.where(inside, values, 0), (0.7, 1.5, 1.5)) / np.maximum(share, 0.05)
    return Head(values, smooth.astype(np.float32), inside, depth, ventricles, sulci, spacing)


def write_cohort(folder: Path, patients: int = 100, seed: int = 11) -> None:
    """Series, tables and masks of so many patients; other seeds give other patients.

    One in five has no hemorrhage, the others one to three kinds, all kinds about equally often. What must
    not be taken for blood is there too: old infarcts, hygromas (as flat as a subdural hemorrhage, but dark)
    and calcifications.
    """
    chance = np.random.default_rng(seed)
    (folder / "masks").mkdir(parents=True, exist_ok=True)
    kinds = _shared_out(patients, chance)
    plain, rsna = [], []
    for number in range(patients):
        name = f"composed{seed:02d}{number:04d}"
        own = np.random.default_rng((seed, number))
        slabs, masks = compose(kinds[number], own)
        ids = _write(folder, name, slabs, own)
        for identity, mask in zip(ids, masks, strict=True):
            truth = [int(mask[kind].any()) for kind in KINDS]
            plain.append([f"series/{name}/{identity}.dcm", name, int(any(truth)), *truth])
            rsna += [[f"{identity}_{kind}", value] for kind, value in zip(KINDS, truth, strict=True)]
            rsna.append([f"{identity}_any", int(any(truth))])
            bits = sum((mask[kind].astype(np.uint8) << n for n, kind in enumerate(KINDS)), np.uint8(0))
            if any(truth):
                Image.fromarray(np.asarray(bits, dtype=np.uint8)).save(folder / "masks" / f"{identity}.png")
    _table(folder / "labels.csv", [["file", "patient", "any", *KINDS], *plain])
    _table(folder / "rsna.csv", [["ID", "Label"], *rsna])


def compose(kinds: tuple[str, ...], chance: np.random.Generator) -> tuple[Floats, list[dict[str, Mask]]]:
    """One patient: slabs (n, rows, columns) HU and of each the mask of every kind."""
    head = real_head()
    lesions = [draw(head, kind, chance) for kind in kinds]
    drawn = {"infarct": 0.25, "hygroma": 0.2, "calcification": 0.3}
    decoys = [decoy(head, what, chance) for what, share in drawn.items() if chance.random() < share]
    place = _Placing(head, chance)
    slabs, smooth = place(head.values, -1024.0), place(head.smooth, 0.0)
    masks: list[dict[str, Mask]] = [
        {kind: np.zeros(slabs.shape[1:], dtype=bool) for kind in KINDS} for _ in range(len(slabs))
    ]
    for lesion in (*decoys, *lesions):
        opacity = place(lesion.opacity, 0.0)
        seen = opacity > 0.5
        if lesion.kind:
            enough = seen.sum(axis=(1, 2)) * head.spacing[1] * head.spacing[2] >= LEAST
            opacity[~enough] = 0
            for number in np.flatnonzero(enough):
                masks[number][lesion.kind] |= seen[number]
        slabs += opacity * (lesion.hu - smooth)  # noise stays: what is laid over is the smooth part alone
        smooth += opacity * (lesion.hu - smooth)
    noise = ndimage.gaussian_filter(chance.normal(0, 1, slabs.shape), (0, 0.6, 0.6)) * 2.2
    slabs += np.where(slabs > -900, noise * chance.uniform(1, 4) + chance.uniform(-3, 3), 0)
    return slabs.astype(np.float32), masks


def draw(head: Head, kind: str, chance: np.random.Generator) -> Lesion:
    """One lesion of a kind, in the frame of the real head."""
    shape = {
        "epidural": _lens,
        "intraparenchymal": _blob,
        "intraventricular": _level,
        "subarachnoid": _filled_sulci,
        "subdural": _crescent,
    }[kind]
    return Lesion(kind, _soft(shape(head, chance), head), float(chance.uniform(*HU[kind])))


def decoy(head: Head, what: str, chance: np.random.Generator) -> Lesion:
    """Something that is no hemorrhage."""
    if what == "infarct":
        return Lesion("", 0.9 * _soft(_blob(head, chance), head), float(chance.uniform(18, 25)))
    if what == "hygroma":
        return Lesion("", _soft(_crescent(head, chance), head), float(chance.uniform(4, 12)))
    center = _somewhere(head.inside & (head.depth > 25), chance)
    return Lesion(
        "", _soft(_distance(head, center) < chance.uniform(2, 4), head), float(chance.uniform(120, 260))
    )


def _soft(mask: Mask, head: Head) -> Floats:
    """Borders as wide as the scanner's: partial volume."""
    wide = ndimage.gaussian_filter(mask.astype(np.float32), (0.4, 0.7, 0.7))
    soft: Floats = np.where(head.inside, wide, 0).astype(np.float32)
    return soft


def _lens(head: Head, chance: np.random.Generator) -> Mask:
    """Biconvex at the skull: an ellipsoid around a point of its inner table."""
    center, normal = _at_skull(head, chance)
    thick, wide = chance.uniform(11, 19), chance.uniform(20, 32)
    away = _offsets(head, center)
    inward = sum(part * n for part, n in zip(away, normal, strict=True))
    along2 = sum(part**2 for part in away) - inward**2
    lens: Mask = (inward**2 / thick**2 + along2 / wide**2 < 1) & head.inside
    return lens


def _crescent(head: Head, chance: np.random.Generator) -> Mask:
    """Along the skull of one side, thinner towards its ends."""
    center, _ = _at_skull(head, chance)
    thick, long = chance.uniform(5, 10), chance.uniform(48, 75)
    left = np.zeros_like(head.inside)
    middle = head.inside.shape[2] // 2
    left[..., :middle] = True
    side = left if center[2] < middle else ~left
    thickness = thick * np.sqrt(np.clip(1 - (_distance(head, center) / long) ** 2, 0, None))
    crescent: Mask = (head.depth < thickness + 1) & (thickness > 1) & head.inside & side
    return crescent


def _filled_sulci(head: Head, chance: np.random.Generator) -> Mask:
    """Sulci and cisterns within some centimetres of a place."""
    center = _somewhere(head.sulci, chance)
    near = _distance(head, center) < chance.uniform(34, 50)
    filled: Mask = ndimage.binary_dilation(head.sulci & near) & head.inside
    return filled


def _blob(head: Head, chance: np.random.Generator) -> Mask:
    """In the brain, with an uneven border."""
    room = head.inside & (head.depth > 24) & ~ndimage.binary_dilation(head.ventricles, iterations=6)
    center = _somewhere(room, chance)
    radii = chance.uniform(7, 17, 3)
    away = _offsets(head, center)
    uneven = ndimage.gaussian_filter(chance.normal(0, 1, head.inside.shape).astype(np.float32), (3, 4, 4))
    uneven /= uneven.std()
    radius = np.sqrt(sum((part / r) ** 2 for part, r in zip(away, radii, strict=True)))
    blob: Mask = (radius < 1 + 0.18 * uneven) & head.inside & (head.depth > 8)
    return blob


def _level(head: Head, chance: np.random.Generator) -> Mask:
    """In the ventricles of one side or both, up to a level: blood sinks to the back."""
    rows = np.flatnonzero(head.ventricles.any(axis=(0, 2)))
    level = np.quantile(rows, chance.uniform(0.0, 0.6))
    part = head.ventricles.copy()
    part[:, : int(level)] = False
    middle = int(np.median(np.nonzero(head.ventricles)[2]))
    side = chance.integers(3)
    if side < 2:
        part[..., middle:] &= side == 1
        part[..., :middle] &= side == 0
    return part


def _at_skull(head: Head, chance: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A point at the inner table and the direction into the brain (slice, row, column)."""
    slice_ = int(chance.integers(50, 84))
    rows, columns = np.nonzero(head.inside[slice_])
    middle = np.array([rows.mean(), columns.mean()])
    angle = chance.uniform(-1.1, 1.1) + (np.pi if chance.integers(2) else 0)  # rather at a side
    step = np.array([np.sin(angle), np.cos(angle)])
    along = np.arange(0, 110)
    places = (middle + along[:, None] * step).round().astype(int)
    within = head.inside[slice_, places[:, 0], places[:, 1]]
    edge = middle + np.flatnonzero(within)[-1] * step
    return np.array([slice_, *edge]), np.array([0.0, *-step])


def _offsets(head: Head, center: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """mm from a place (slice, row, column), an open grid for each axis."""
    grids = np.ogrid[tuple(slice(0, n) for n in head.inside.shape)]
    return [(grid - c) * s for grid, c, s in zip(grids, center, head.spacing, strict=True)]


def _distance(head: Head, center: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(sum(part**2 for part in _offsets(head, center)))


def _somewhere(mask: Mask, chance: np.random.Generator) -> NDArray[np.float64]:
    places = np.argwhere(mask)
    return places[int(chance.integers(len(places)))].astype(np.float64)


class _Placing:
    """Turns, tilts, mirrors, scales and shifts an array, and makes slabs of it."""

    def __init__(self, head: Head, chance: np.random.Generator) -> None:
        tilt, lean, turn = np.deg2rad(chance.uniform((-9, -4, -10), (9, 4, 10)))
        matrix = _turned(tilt, (0, 1)) @ _turned(lean, (0, 2)) @ _turned(turn, (1, 2))
        scale = np.array([1.0, *(chance.uniform(0.92, 1.08) * chance.uniform(0.97, 1.03, 2))])
        mirror = np.array([1.0, 1.0, -1.0 if chance.integers(2) else 1.0])
        spacing = np.array(head.spacing)
        middle = (np.array(head.values.shape) - 1) / 2
        first = int(chance.integers(18, 24))
        count = (head.values.shape[0] - first) // SLAB
        self._matrix = (matrix * (mirror / scale)) * spacing / spacing[:, None]
        shift = chance.uniform((0, -7, -7), (0, 7, 7))
        self._offset = middle - self._matrix @ (middle + shift - (first, 0, 0))
        self._shape = (count * SLAB, *head.values.shape[1:])

    def __call__(self, array: Floats, outside: float) -> Floats:
        """(slabs, rows, columns)."""
        fine = ndimage.affine_transform(
            array, self._matrix, self._offset, output_shape=self._shape, order=1, cval=outside
        )
        slabs: Floats = fine.reshape(-1, SLAB, *fine.shape[1:]).mean(axis=1)
        return slabs


def _turned(angle: float, plane: tuple[int, int]) -> NDArray[np.float64]:
    matrix = np.eye(3)
    one, other = plane
    matrix[one, one] = matrix[other, other] = np.cos(angle)
    matrix[one, other], matrix[other, one] = -np.sin(angle), np.sin(angle)
    return matrix


def _shared_out(patients: int, chance: np.random.Generator) -> list[tuple[str, ...]]:
    """Kinds of each patient; from one full set after the other, so that all come equally often."""
    heap: list[str] = []
    found = []
    for number in range(patients):
        count = 0 if number % 5 == 4 else int(chance.choice([1, 2, 3], p=[0.45, 0.4, 0.15]))
        own: list[str] = []
        while len(own) < count:
            if not heap:
                heap = list(chance.permutation(KINDS))
            kind = next((k for k in heap if k not in own), None)
            if kind is None:
                break
            heap.remove(kind)
            own.append(kind)
        found.append(tuple(own))
    return found


def _write(folder: Path, patient: str, slabs: Floats, chance: np.random.Generator) -> list[str]:
    """DICOM files of one patient; scanners differ in slope, signedness and the order of numbers."""
    place = folder / "series" / patient
    place.mkdir(parents=True, exist_ok=True)
    signed, downwards = bool(chance.integers(2)), bool(chance.integers(2))
    slope = 0.5 if chance.integers(4) == 0 else 1.0
    study, series = (generate_uid(entropy_srcs=[patient, what]) for what in ("study", "series"))
    intercept = -1024.0
    ids = []
    for number, values in enumerate(slabs):
        stored = np.round((values.clip(-1024, 3071) - intercept) / slope).astype("<i2" if signed else "<u2")
        identity = f"ID_{int(chance.integers(1 << 48)):012x}"
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[patient, str(number)])
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        file.SOPClassUID, file.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        file.Modality, file.PatientID, file.PatientName = "CT", patient, "Composed^Not a person"
        file.StudyInstanceUID, file.SeriesInstanceUID = study, series
        file.SeriesDescription = "Hemorrhage drawn into a real head CT; not a patient"
        file.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        file.InstanceNumber = len(slabs) - number if downwards else number + 1
        spacing = real_head().spacing
        file.ImagePositionPatient = [-122.5, -122.5, round(number * SLAB * spacing[0], 3)]
        file.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        file.PixelSpacing = [round(spacing[1], 6), round(spacing[2], 6)]
        file.SliceThickness = str(SLAB * spacing[0])
        file.Rows, file.Columns = values.shape
        file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
        file.BitsAllocated, file.BitsStored, file.HighBit = 16, 16, 15
        file.PixelRepresentation = int(signed)
        file.RescaleSlope, file.RescaleIntercept, file.RescaleType = str(slope), str(intercept), "HU"
        file.PixelData = stored.tobytes()
        file.save_as(place / f"{identity}.dcm", enforce_file_format=True)
        ids.append(identity)
    return ids


def _table(path: Path, rows: list[list[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


if __name__ == "__main__":
    write_cohort(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:]))
