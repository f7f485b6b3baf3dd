"""A bundle opens only when everything in it is what it says it is."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save_file

from ml.errors import ModelProblem
from ml.preparation import Preparation
from ml.results.boxes import BoxRule, rule_of
from ml.zoo.bundle import load_card, open_bundle, write_bundle
from ml.zoo.card import ModelCard
from ml.zoo.card_json import card_from_json, card_to_json
from ml.zoo.grouping import Grouping


def make_card(**changes: object) -> ModelCard:
    facts: dict[str, object] = {
        "name": "nuclei",
        "title": "Nuclei",
        "version": "2",
        "architecture": "resnet18",
        "class_names": ("few", "many"),
        "patch_pixels": 64,
        "spacing": 0.5,
        "mean": (0.1, 0.2, 0.3),
        "std": (0.4, 0.5, 0.6),
        "weights_sha256": "0" * 64,
        "colors": ((1, 2, 3), (4, 5, 6)),
        "summary": "Says how many nuclei there are.",
        "metrics": {"kappa": 0.5},
    }
    return ModelCard(**(facts | changes))  # type: ignore[arg-type]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    save_file({"weight": np.arange(6, dtype=np.float16).reshape(2, 3)}, tmp_path / "w.safetensors")
    return write_bundle(make_card(), tmp_path / "w.safetensors", tmp_path / "nuclei").path


def change(bundle: Path, edit: Callable[[dict, dict], object]) -> None:
    """Edit the card of a bundle: `edit` takes its top level and its "parfocal" part."""
    document = json.loads((bundle / "model.json").read_text(encoding="utf-8"))
    edit(document, document.get("parfocal", {}))
    (bundle / "model.json").write_text(json.dumps(document), encoding="utf-8")


def zipped(bundle: Path, extra: dict[str | zipfile.ZipInfo, bytes] | None = None, prefix: str = "") -> Path:
    path = bundle.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for part in bundle.iterdir():
            file.writestr(prefix + part.name, part.read_bytes())
        for name, content in (extra or {}).items():
            file.writestr(name, content)
    return path


def test_what_is_written_is_read_back(bundle: Path) -> None:
    found = open_bundle(bundle)
    sha256 = hashlib.sha256((bundle / "model.safetensors").read_bytes()).hexdigest()
    assert found.card == make_card(weights_sha256=sha256)
    np.testing.assert_array_equal(load_arrays(found.weights())["weight"], [[0, 1, 2], [3, 4, 5]])
    assert load_card(bundle) == found.card


def test_the_top_of_the_card_is_what_wsinfer_reads(bundle: Path) -> None:
    document = json.loads((bundle / "model.json").read_text(encoding="utf-8"))
    document.pop("parfocal")
    assert document == {
        "spec_version": "1.0",
        "architecture": "resnet18",
        "num_classes": 2,
        "patch_size_pixels": 64,
        "spacing_um_px": 0.5,
        "class_names": ["few", "many"],
        "transform": [
            {"name": "Resize", "arguments": {"size": 64}},
            {"name": "ToTensor"},
            {"name": "Normalize", "arguments": {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}},
        ],
    }


@pytest.mark.parametrize("prefix", ["", "nuclei/"])
def test_a_zip_is_as_good_as_a_folder(bundle: Path, prefix: str) -> None:
    path = zipped(bundle, prefix=prefix)
    assert open_bundle(path).card == open_bundle(bundle).card
    assert open_bundle(path).weights() == (bundle / "model.safetensors").read_bytes()


def test_how_boxes_are_made_travels_with_the_model(bundle: Path) -> None:
    card = make_card(output="sigmoid", thresholds=(0.4, 0.6), grouping=(Grouping(0.7, 1, 2), Grouping()))
    assert card_from_json(json.loads(json.dumps(card_to_json(card))), "other") == card
    assert rule_of(replace(card, threshold=0.4)) == BoxRule(0, 0.4, 0.7, 1, 2)
    assert rule_of(card, 1) == BoxRule(1, 0.6)
    assert rule_of(make_card(shown_class=1, threshold=0.3)) == BoxRule(1, 0.3)  # no other rule was chosen


EDITS: dict[str, tuple[Callable[[dict, dict], object], str]] = {
    "class count": (lambda top, _: top.update(num_classes=3), "num_classes is 3, but 2"),
    "boxes of one class": (lambda _, own: own.update(grouping=[{}]), "grouping is not a list of 2"),
    "boxes by what": (lambda _, own: own.update(grouping=[{"reach": 1}, {}]), "grouping holds what is not"),
    "gap": (lambda _, own: own.update(grouping=[{"gap": 0.5}, {}]), "no whole number"),
    "smoothing": (lambda _, own: own.update(grouping=[{"smoothing": -1}, {}]), "smoothing of grouping"),
    "class twice": (lambda top, _: top.update(class_names=["a", "a"]), "occurs twice"),
    "no classes": (lambda top, _: top.update(num_classes=0, class_names=[]), "num_classes"),
    "patch size": (lambda top, _: top.update(patch_size_pixels=96), "Resize makes it 64"),
    "not square": (lambda top, _: top["transform"][0]["arguments"].update(size=[64, 32]), "not square"),
    "spacing": (lambda top, _: top.update(spacing_um_px=0), "spacing_um_px is 0"),
    "not a number": (lambda top, _: top.update(spacing_um_px=float("nan")), "JSON"),
    "spec": (lambda top, _: top.update(spec_version="2.0"), "'2.0' is unknown"),
    "no spec": (lambda top, _: top.pop("spec_version"), "spec_version is missing"),
    "no architecture": (lambda top, _: top.pop("architecture"), "architecture is missing"),
    "hub": (lambda top, _: top.update(architecture="hf-hub:someone/net"), "not a plain name"),
    "transform": (
        lambda top, _: top["transform"].append({"name": "GaussianBlur"}),
        "GaussianBlur is unknown",
    ),
    "order": (lambda top, _: top["transform"].reverse(), "not Resize, ToTensor, Normalize"),
    "std": (lambda top, _: top["transform"][2]["arguments"].update(std=[1, 0, 1]), "not above 0"),
    "mean": (lambda top, _: top["transform"][2]["arguments"].update(mean=[1, 0]), "three numbers"),
    "shown class": (lambda _, own: own.update(shown_class=2), "shown_class is 2"),
    "threshold": (lambda _, own: own.update(threshold=1.5), "1.5, which is not between 0 and 1"),
    "output": (lambda _, own: own.update(output="relu"), "neither softmax nor sigmoid"),
    "colors": (lambda _, own: own.update(colors=[[0, 0, 0]]), "1 colors are given for 2"),
    "color": (lambda _, own: own.update(colors=[[0, 0, 0], [0, 0, 256]]), "above 255"),
    "name": (lambda _, own: own.update(name="../up"), "not made of letters"),
    "weights file": (lambda _, own: own["weights"].update(file="/etc/passwd"), "only model.safetensors"),
    "hash": (lambda _, own: own["weights"].update(sha256="f" * 64), "sha256 differs"),
    "no hash": (lambda _, own: own["weights"].pop("sha256"), "sha256 of the weights is missing"),
    "checkpoint": (
        lambda _, own: own.update(architecture_options={"checkpoint_path": "/tmp/x"}),
        "may not hold checkpoint_path",
    ),
    "members": (lambda _, own: own.update(members=0), "at least 1"),
    "temperature": (lambda _, own: own.update(temperature=0.0), "not above 0"),
    "preparation size": (lambda _, own: own.update(preparation={"size": 3}), "height and width"),
    "huge pictures": (lambda _, own: own.update(preparation={"size": [9000, 1]}), "1 × 9000 px"),
    "crop": (lambda _, own: own.update(preparation={"size": [9, 9], "crop": "square"}), "'square' of"),
    "fill": (lambda _, own: own.update(preparation={"size": [9, 9], "fill": 256}), "more than 255"),
    "four means": (
        lambda _, own: own.update(preparation={"size": [64, 64], "channels": "cmyk"}),
        "list of 4 numbers",
    ),
    "part": (lambda top, _: top.update(parfocal=[]), "not a JSON object"),
}


@pytest.mark.parametrize(("edit", "reason"), EDITS.values(), ids=EDITS)
def test_a_card_that_contradicts_itself_is_refused(
    bundle: Path, edit: Callable[[dict, dict], object], reason: str
) -> None:
    change(bundle, edit)
    with pytest.raises(ModelProblem) as caught:
        open_bundle(bundle)
    assert reason in caught.value.what
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["old.pt", "pytorch_model.bin", "a.pth", "b.ckpt", "c.PKL", "sub/d.pt"])
def test_pickles_are_refused_in_folder_and_zip(bundle: Path, name: str) -> None:
    archive = zipped(bundle, {name: b"\x80\x04."})
    (bundle / name).parent.mkdir(exist_ok=True)
    (bundle / name).write_bytes(b"\x80\x04.")
    for path in (bundle, archive):
        with pytest.raises(ModelProblem, match="may run code"):
            load_card(path)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.txt", "leads out"),
        ("a/../../evil.txt", "leads out"),
        ("/etc/evil.txt", "leads out"),
        ("C:\\evil.txt", "leads out"),
        ("..\\evil.txt", "leads out"),
        (link("weights"), "is a link"),
    ],
    ids=str,
)
def test_zip_paths_that_climb_out_are_refused(bundle: Path, name: str | zipfile.ZipInfo, reason: str) -> None:
    with pytest.raises(ModelProblem, match=reason):
        open_bundle(zipped(bundle, {name: b"x"}))
    assert not list(bundle.parent.rglob("evil.txt"))


def test_a_zip_bomb_is_refused_unopened(bundle: Path) -> None:
    with pytest.raises(ModelProblem, match="zip bomb"):
        open_bundle(zipped(bundle, {"notes.txt": bytes(3 << 20)}))


def test_a_zip_that_lies_about_a_size_is_found_out(bundle: Path) -> None:
    path = zipped(bundle)
    content = path.read_bytes()
    real = (bundle / "model.safetensors").stat().st_size.to_bytes(4, "little")
    told = ((bundle / "model.safetensors").stat().st_size - 8).to_bytes(4, "little")
    assert content.count(real) >= 2
    path.write_bytes(content.replace(real, told))
    with pytest.raises(ModelProblem, match=r"damaged|not as large"):
        open_bundle(path)


def test_links_that_leave_the_folder_are_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (bundle / "README.md").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ModelProblem, match="leads out"):
        open_bundle(bundle)


@pytest.mark.parametrize("kind", ["missing", "cut", "longer", "text", "empty"])
def test_bad_weights_are_refused(bundle: Path, kind: str) -> None:
    weights = bundle / "model.safetensors"
    good = weights.read_bytes()
    bad = {"cut": good[:-3], "longer": good + b"more", "text": b"<html></html>", "empty": b""}
    if kind == "missing":
        weights.unlink()
    else:
        weights.write_bytes(bad[kind])
    with pytest.raises(ModelProblem, match="missing" if kind == "missing" else "sha256 differs"):
        open_bundle(bundle)
    if kind == "missing":
        return
    sha256 = hashlib.sha256(bad[kind]).hexdigest()
    change(bundle, lambda _, own: own["weights"].update(sha256=sha256))
    with pytest.raises(ModelProblem, match="damaged"):
        open_bundle(bundle)


def test_weights_exchanged_after_opening_are_noticed(bundle: Path) -> None:
    opened = open_bundle(bundle)
    save_file({"weight": np.zeros((2, 3), dtype=np.float16)}, bundle / "model.safetensors")
    with pytest.raises(ModelProblem, match="sha256 differs"):
        opened.weights()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * (2 << 20)])
def test_a_card_that_is_no_json_is_refused(bundle: Path, content: bytes) -> None:
    (bundle / "model.json").write_bytes(content)
    with pytest.raises(ModelProblem):
        open_bundle(bundle)


def test_things_that_are_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("not a zip", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "net.pt").write_bytes(b"PK")
    for name, reason in {
        "text.zip": "neither a folder nor a zip",
        "empty": "model.json is missing",
        "net.pt": "may run code",
        "nothing": "no model at nothing",
    }.items():
        with pytest.raises(ModelProblem, match=reason):
            open_bundle(tmp_path / name)


def test_a_plain_card_of_the_wsinfer_zoo_opens(bundle: Path) -> None:
    change(bundle, lambda top, _: top.pop("parfocal"))
    plain = bundle.with_name("lymphocytes inception")
    bundle.rename(plain)
    card = open_bundle(plain).card
    assert (card.name, card.title) == ("lymphocytes-inception", "lymphocytes inception")
    assert (card.output, card.threshold, card.shown_class) == ("softmax", 0.5, 0)
    assert card.weights_sha256 == hashlib.sha256((plain / "model.safetensors").read_bytes()).hexdigest()


def test_a_plain_card_may_name_the_patch_before_it_is_resized() -> None:
    # 350 px at 0.25 µm/px resized to 224, as the zoo's breast tumor models have it: 87.5 µm either way.
    document = {
        "spec_version": "1.0",
        "architecture": "resnet34",
        "num_classes": 2,
        "patch_size_pixels": 350,
        "spacing_um_px": 0.25,
        "class_names": ["Other", "Tumor"],
        "transform": [{"name": "Resize", "arguments": {"size": 224}}, {"name": "ToTensor"}],
    }
    card = card_from_json(document, "breast")
    assert card.patch_pixels == 224
    assert card.patch_pixels * card.spacing == pytest.approx(87.5)


def test_an_older_card_opens_when_parfocals_part_makes_up_for_it(bundle: Path) -> None:
    def older(top: dict, own: dict) -> None:
        own["architecture"] = top.pop("architecture")
        own["spec_version"] = top.pop("spec_version")

    change(bundle, older)
    assert open_bundle(bundle).card.architecture == "resnet18"


def test_a_refused_bundle_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelProblem, match="damaged"):
        write_bundle(make_card(), tmp_path / "w.safetensors", tmp_path / "out")
    assert not (tmp_path / "out").exists()


TEXTS = st.text(max_size=20)
NUMBERS = st.floats(-10, 10)
CARDS = st.integers(1, 4).flatmap(
    lambda classes: st.builds(
        make_card,
        title=TEXTS,
        version=TEXTS,
        class_names=st.lists(TEXTS.filter(str.strip), min_size=classes, max_size=classes, unique=True).map(
            tuple
        ),
        patch_pixels=st.integers(1, 8192),
        spacing=st.floats(0.01, 100),
        mean=st.tuples(NUMBERS, NUMBERS, NUMBERS),
        std=st.tuples(*[st.floats(0.01, 10)] * 3),
        output=st.sampled_from(["softmax", "sigmoid"]),
        shown_class=st.integers(0, classes - 1),
        threshold=st.floats(0, 1),
        colors=st.just(()) | st.just(((0, 128, 255),) * classes),
        architecture_options=st.dictionaries(st.sampled_from(["drop_rate", "stem_width"]), NUMBERS),
        limits=TEXTS,
        metrics=st.dictionaries(TEXTS, NUMBERS | TEXTS, max_size=3),
    )
)


def test_a_card_for_pictures_survives_too() -> None:
    how = Preparation((711, 733), "cmyk", "none", "stretch", 255)
    card = make_card(mean=(0.5,) * 4, std=(0.5,) * 4, preparation=how, members=5, temperature=1.25)
    assert card_from_json(json.loads(json.dumps(card_to_json(card))), "x") == card


@given(CARDS)
def test_every_card_survives_the_way_through_json(card: ModelCard) -> None:
    text = json.dumps(card_to_json(card), allow_nan=False)
    assert card_from_json(json.loads(text), "x") == card
