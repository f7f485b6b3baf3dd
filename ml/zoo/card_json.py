"""The card as JSON: WSInfer's keys at the top, Parfocal's own below "parfocal". Both ways, and checked."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from ml.errors import ModelProblem
from ml.preparation import Channels, Crop, Fitting, Preparation
from ml.zoo.card import ModelCard
from ml.zoo.familiarity import familiarity_from_json, familiarity_to_json
from ml.zoo.json_list import ARCHITECTURE, Contradiction, architectures, colors, grouping, shares, windows
from ml.zoo.lineage import Lineage, lineage_from_json, lineage_to_json

SPEC_VERSION = "1.0"
WEIGHTS_FILES = {"safetensors": "model.safetensors", "torchscript": "model.torchscript"}

# Keyword arguments that would make timm read another file or the network, or change what the card says.
_FORBIDDEN_OPTIONS = frozenset(
    {"cache_dir", "checkpoint_path", "exportable", "features_only", "model_name", "num_classes"}
    | {"pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "scriptable"}
)
_TEXTS = ("summary", "intended_use", "stain", "training_data", "labels", "limits", "licence", "command")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Json = Mapping[str, object]


def card_from_json(document: object, fallback_name: str) -> ModelCard:
    """The card that a parsed `model.json` holds, checked as a whole.

    `fallback_name` names a card without the "parfocal" part. Raises `ModelProblem` with the reason.
    """
    try:
        return _read(document, fallback_name)
    except Contradiction as reason:
        raise refused(fallback_name, str(reason)) from None


def refused(bundle: str, reason: str, **facts: object) -> ModelProblem:
    """The problem that says which bundle is refused, and why."""
    return ModelProblem(
        f"The model “{bundle}” is refused: {reason}.",
        "Ask whoever made it for a corrected model, or choose another one.",
        model=bundle,
        **facts,
    )


def card_to_json(card: ModelCard) -> dict[str, object]:
    """What `model.json` holds for this card; `card_from_json` reads it back to an equal card."""
    return {
        "spec_version": SPEC_VERSION,
        "architecture": card.architecture,
        "num_classes": len(card.class_names),
        "patch_size_pixels": card.patch_pixels,
        "spacing_um_px": card.spacing,
        "class_names": list(card.class_names),
        "transform": [
            {"name": "Resize", "arguments": {"size": card.patch_pixels}},
            {"name": "ToTensor"},
            {"name": "Normalize", "arguments": {"mean": list(card.mean), "std": list(card.std)}},
        ],
        "parfocal": {
            "name": card.name,
            "title": card.title,
            "version": card.version,
            "weights": {"file": WEIGHTS_FILES[card.weights], "sha256": card.weights_sha256},
            "architecture_options": dict(card.architecture_options),
            "output": card.output,
            "members": card.members,
            **({"architectures": list(card.architectures)} if card.architectures else {}),
            "temperature": card.temperature,
            **({"reading": card.reading} if card.reading != "blocks" else {}),
            **({"stride_pixels": card.stride_pixels} if card.stride_pixels else {}),
            **({"preparation": dataclasses.asdict(card.preparation)} if card.preparation else {}),
            **({"familiarity": familiarity_to_json(card.familiarity)} if card.familiarity else {}),
            "cam_layer": card.cam_layer,
            "shown_class": card.shown_class,
            "threshold": card.threshold,
            **({"thresholds": list(card.thresholds)} if card.thresholds else {}),
            **({"grouping": [dataclasses.asdict(one) for one in card.grouping]} if card.grouping else {}),
            "colors": [list(color) for color in card.colors],
            **{key: getattr(card, key) for key in _TEXTS},
            "metrics": dict(card.metrics),
            **({"lineage": lineage_to_json(card.lineage)} if card.lineage != Lineage() else {}),
        },
    }


def _read(document: object, fallback_name: str) -> ModelCard:
    top = _object(document, "the card")
    plain = "parfocal" not in top
    own = _object(top.get("parfocal", {}), "“parfocal”")
    _check_version(top, own)
    names = _class_names(top)
    preparation = _preparation(own.get("preparation"))
    resized, mean, std = _transform(top, preparation.count if preparation else 3)
    pixels, spacing = _patch(top, resized, plain)
    kind, sha256 = _weights(own, plain)
    members = _whole(own.get("members", 1), "members", 1)
    card = ModelCard(
        name=_name(own.get("name", _as_name(fallback_name))),
        title=_text(own.get("title", fallback_name), "title"),
        version=_text(own.get("version", ""), "version"),
        architecture=_architecture(top, own),
        class_names=names,
        patch_pixels=pixels,
        spacing=spacing,
        mean=mean,
        std=std,
        weights_sha256=sha256,
        weights=kind,
        architecture_options=_options(own.get("architecture_options", {})),
        output=_output(own.get("output", "softmax")),
        members=members,
        architectures=architectures(own.get("architectures", []), members),
        temperature=_positive(own.get("temperature", 1.0), "temperature"),
        reading=_reading(own.get("reading", "blocks")),
        preparation=preparation,
        familiarity=familiarity_from_json(own.get("familiarity")),
        cam_layer=_text(own.get("cam_layer", ""), "cam_layer"),
        shown_class=_shown(own, names),
        threshold=_share(own.get("threshold", 0.5), "threshold"),
        thresholds=shares(own.get("thresholds", []), "thresholds", len(names)),
        grouping=grouping(own.get("grouping", []), len(names)),
        colors=colors(own.get("colors", []), len(names)),
        metrics=_object(own.get("metrics", {}), "metrics"),
    )
    return dataclasses.replace(card, stride_pixels=_stride(own, pixels), **_told(own))


def _told(own: dict[str, Any]) -> dict[str, Any]:
    """The texts, and where the model comes from."""
    texts = {key: _text(own.get(key, ""), key) for key in _TEXTS}
    return texts | {"lineage": lineage_from_json(own.get("lineage"))}


def _shown(own: dict[str, Any], names: tuple[str, ...]) -> int:
    shown = _whole(own.get("shown_class", 0), "shown_class", 0)
    _require(shown < len(names), f"shown_class is {shown}, but there are {len(names)} classes")
    return shown


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise Contradiction(reason)


def _object(value: object, key: str) -> dict[str, object]:
    _require(isinstance(value, dict), f"{key} is not a JSON object")
    assert isinstance(value, dict)
    return value


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise Contradiction(f"{key} is not a text")
    return value


def _whole(value: object, key: str, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Contradiction(f"{key} is not a whole number of at least {least}")
    return value


def _number(value: object, key: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Contradiction(f"{key} is not a number")
    return float(value)


def _share(value: object, key: str) -> float:
    number = _number(value, key)
    _require(0 <= number <= 1, f"{key} is {number:g}, which is not between 0 and 1")
    return number


def _positive(value: object, key: str) -> float:
    number = _number(value, key)
    _require(number > 0, f"{key} is {number:g}, which is not above 0")
    return number


def _check_version(top: Json, own: Json) -> None:
    """Cards older than schema 1.0 name no version: they count only where Parfocal's part makes up for it."""
    version = top.get("spec_version", own.get("spec_version"))
    _require(version is not None, "spec_version is missing")
    _require(version == SPEC_VERSION, f"spec_version {version!r} is unknown here; {SPEC_VERSION} is known")


def _architecture(top: Json, own: Json) -> str:
    value = top.get("architecture", own.get("architecture"))
    _require(value is not None, "architecture is missing")
    name = _text(value, "architecture")
    _require(ARCHITECTURE.fullmatch(name) is not None, f"architecture {name!r} is not a plain name")
    return name


def _class_names(top: Json) -> tuple[str, ...]:
    count = _whole(top.get("num_classes"), "num_classes", 1)
    value = top.get("class_names")
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        raise Contradiction("class_names is not a list of names")
    _require(len(value) == count, f"num_classes is {count}, but {len(value)} class names are given")
    _require(len(set(value)) == len(value), "a class name occurs twice")
    return tuple(value)


def _patch(top: Json, resized: int | None, plain: bool) -> tuple[int, float]:
    """Pixels and µm/px of the patch as the network sees it.

    WSInfer's cards may name the patch before `Resize` (350 px at 0.25 µm/px, resized to 224): that is the
    same tissue at 224 px. In a card of Parfocal's the two must agree.
    """
    pixels = _whole(top.get("patch_size_pixels"), "patch_size_pixels", 1)
    spacing = _number(top.get("spacing_um_px"), "spacing_um_px")
    _require(pixels <= 8192, f"patch_size_pixels is {pixels}, more than 8192")
    _require(0 < spacing <= 1000, f"spacing_um_px is {spacing:g}, which no microscope gives")
    if resized is None or resized == pixels:
        return pixels, spacing
    _require(plain, f"patch_size_pixels is {pixels}, but Resize makes it {resized}")
    return resized, spacing * pixels / resized


def _transform(top: Json, channels: int) -> tuple[int | None, tuple[float, ...], tuple[float, ...]]:
    """The edge that `Resize` asks for (None: no Resize), mean and std."""
    steps = top.get("transform")
    if not isinstance(steps, list):
        raise Contradiction("transform is not a list")
    named = [_object(step, "a step of transform") for step in steps]
    order = [str(step.get("name")) for step in named]
    unknown = [name for name in order if name not in {"Resize", "ToTensor", "Normalize"}]
    _require(not unknown, f"the transform {', '.join(unknown)} is unknown here")
    known_orders = (["ToTensor"], ["Resize", "ToTensor"])
    _require(
        order in (*known_orders, *([*names, "Normalize"] for names in known_orders)),
        f"the transform {', '.join(order) or 'without a step'} is not Resize, ToTensor, Normalize",
    )
    arguments = {
        name: _object(step.get("arguments", {}), f"arguments of {name}")
        for name, step in zip(order, named, strict=True)
    }
    resized = _resized(arguments["Resize"].get("size")) if "Resize" in arguments else None
    if "Normalize" not in arguments:
        return resized, (0.0,) * channels, (1.0,) * channels
    std = _numbers(arguments["Normalize"].get("std"), "std", channels)
    _require(min(std) > 0, "std holds a number that is not above 0")
    return resized, _numbers(arguments["Normalize"].get("mean"), "mean", channels), std


def _resized(size: object) -> int:
    if isinstance(size, list):
        _require(len(size) in {1, 2} and size[0] == size[-1], "Resize makes patches that are not square")
        size = size[0]
    return _whole(size, "the size of Resize", 1)


def _numbers(value: object, key: str, count: int) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != count:
        words = {2: "two", 3: "three"}.get(count, str(count))
        raise Contradiction(f"{key} is not a list of {words} numbers")
    return tuple(_number(number, key) for number in value)


def _preparation(value: object) -> Preparation | None:
    """How pictures are prepared; None in a card for patches of slides."""
    if value is None:
        return None
    told = _object(value, "preparation")
    size = told.get("size")
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise Contradiction("the size of preparation is not height and width")
    height, width = (_whole(edge, "the size of preparation", 1) for edge in size)
    _require(max(height, width) <= 8192, f"preparation makes pictures of {width} × {height} px")
    words: dict[str, tuple[object, ...]] = {
        "channels": get_args(Channels),
        "crop": get_args(Crop),
        "fitting": get_args(Fitting),
    }
    chosen = {key: told[key] for key in words if key in told}
    for key, word in chosen.items():
        _require(word in words[key], f"{key} {word!r} of preparation is unknown here")
    fill = _whole(told.get("fill", 0), "fill", 0)
    _require(fill <= 255, f"fill is {fill}, more than 255")
    neighbours = _whole(told.get("neighbours", 0), "neighbours", 0)
    _require(neighbours <= 8, f"neighbours is {neighbours}, more than 8")
    return Preparation(
        (height, width),
        fill=fill,
        windows=windows(told.get("windows", [])),
        neighbours=neighbours,
        **chosen,  # type: ignore[arg-type]  # checked above
    )


def _as_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-")[:64] or "model"


def _name(value: object) -> str:
    name = _text(value, "name")
    _require(_NAME.fullmatch(name) is not None, f"the name {name!r} is not made of letters, digits and . _ -")
    return name


def _weights(own: Json, plain: bool) -> tuple[Literal["safetensors", "torchscript"], str]:
    """Which kind of file they are, and its hash."""
    if plain:
        return "safetensors", ""  # a card without Parfocal's part names no hash; the bundle fills it in
    weights = _object(own.get("weights"), "“weights”")
    file = weights.get("file", WEIGHTS_FILES["safetensors"])
    known = ", ".join(WEIGHTS_FILES.values())
    _require(file in WEIGHTS_FILES.values(), f"the weights are named {file!r}; only {known} is read")
    sha256 = weights.get("sha256")
    is_hash = isinstance(sha256, str) and re.fullmatch("[0-9a-f]{64}", sha256) is not None
    _require(is_hash, "the sha256 of the weights is missing or is none")
    return "torchscript" if file == WEIGHTS_FILES["torchscript"] else "safetensors", str(sha256)


def _options(value: object) -> dict[str, object]:
    options = _object(value, "architecture_options")
    forbidden = sorted(_FORBIDDEN_OPTIONS & set(options))
    _require(not forbidden, f"architecture_options may not hold {', '.join(forbidden)}")
    return options


def _output(value: object) -> Literal["softmax", "sigmoid"]:
    if value == "softmax":
        return "softmax"
    _require(value == "sigmoid", f"output {value!r} is neither softmax nor sigmoid")
    return "sigmoid"


def _stride(own: Json, pixels: int) -> int:
    stride = _whole(own.get("stride_pixels", 0), "stride_pixels", 0)
    _require(not stride or pixels % stride == 0, f"a patch of {pixels} px is not whole strides of {stride}")
    _require(not stride or own.get("reading", "blocks") == "blocks", "reading wsinfer knows no stride_pixels")
    return stride


def _reading(value: object) -> Literal["blocks", "wsinfer"]:
    _require(value in {"blocks", "wsinfer"}, f"reading {value!r} is neither blocks nor wsinfer")
    return "wsinfer" if value == "wsinfer" else "blocks"
