"""What each key of the expert view means, for whoever opens it out of curiosity. No window."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SECTIONS = {
    "network": "the network, and what it sees",
    "network.options": "of this network alone: its documentation names them",
    "network.lora": "small changes beside layers that stay as they are (LoRA)",
    "fit": "how it learns",
    "vary": "how pictures are varied while learning",
    "division": "how patients are divided into parts",
    "tiles": "which patches of a slide are looked at",
    "aggregation": "how the patches of a slide give one answer",
    "finding": "how probabilities of patches become boxes; the best way is chosen",
    "pretrain": "what is learned before: which pictures are alike",
}
_KEYS = {
    "architecture": "name of the network",
    "pretrained": "begins with what it learned from everyday pictures",
    "begin": "file of what was learned before, to begin with",
    "zero_head": "the last layer begins with every answer equally likely",
    "learns": "all: everything; head: only the last layer, the others stay as they are; lora: small changes",
    "statistics": "whether brightness and contrast inside are learned anew or kept",
    "keep_features": "keeps what the network sees in a picture, so that it looks once",
    "size": "height and width of what it sees, px",
    "channels": "colours that it sees",
    "crop": "what is cut off before",
    "fitting": "how a picture of another shape is fitted: filled up, or cut",
    "fill": "brightness of what is filled up, 0 to 255",
    "mean": "brightness that counts as none, for each colour",
    "tiles.mean": "darker patches are taken, 0 to 255",
    "std": "how far brightness usually spreads, for each colour",
    "spacing": "size of a pixel, µm",
    "stride": "px from one patch to the next",
    "cam_layer": "layer that shows where it looks, bright in the picture (Grad-CAM)",
    "familiar_layer": "layer that tells what is unlike the pictures learned from",
    "windows": "of CT: middle and width of the greys, HU",
    "neighbours": "of CT: slices on either side that it sees too",
    "also": "further networks, which are asked too",
    "rank": "how much may change: width of the layers beside",
    "alpha": "how much the changes count",
    "targets": "layers that get changes",
    "flip": "mirrored",
    "quarter_turns": "turned by quarters, and upside down",
    "rotate": "turned, by degrees at most",
    "scale": "larger or smaller, share at most",
    "shift": "moved, share of the edge at most",
    "light": "brighter or darker, share at most",
    "stain": "stained otherwise: spread",
    "blur": "share of pictures a little out of focus",
    "epochs": "passes over the pictures",
    "batch": "pictures that are learned from at once",
    "rate": "how large a step it learns at a time (learning rate)",
    "backbone_rate": "the same for the backbone: all layers but the last",
    "constant": "steps stay as large; else they become smaller",
    "warm": "share of the time in which steps become larger first",
    "decay": "how strongly simple answers are preferred (weight decay)",
    "optimizer": "rule by which it takes a step",
    "momentum": "how far it goes on in the direction of before",
    "loss": "what counts as an error. cross_entropy: a wrong answer, the more the surer it was; bce: the "
    "same, each class answered by itself; focal: easy pictures hardly, hard ones more",
    "gamma": "of focal: how much less easy pictures count",
    "smoothing": "how far it stays from being quite sure",
    "finding.smoothing": "how far probabilities are evened out, patches",
    "balance": "rare classes. sampler: shown as often; pos_weight: mistakes with them count more; "
    "undersample: frequent ones are shown less often",
    "ratio": "of undersample: pictures of others for one of the class",
    "pos_weight": "how much more mistakes with a class count",
    "drawn": "pictures in a pass; 0: all",
    "watch": "what the best pass is chosen by. loss: how wrong it is; auroc: how well classes are told "
    "apart, 0.5 by a coin's toss; balanced_accuracy, macro_f1: right answers, each class counted alike",
    "patience": "passes without a better one before it ends; 0: never",
    "folds": "parts that patients are divided into",
    "run": "so many of the parts are tested; 0: all",
    "by": "what is kept together: group (patient) or site (hospital)",
    "duplicates": "pictures that look the same on both sides. stop: refuse; warn: say so; join: keep them",
    "seed": "number that chance begins with: the same gives the same",
    "edge": "px of a patch",
    "choose": "dark: dark patches with contrast; tissue: those with tissue; both",
    "over": "which colours count for dark",
    "deviation": "patches with more contrast are taken, 0 to 255",
    "tissue": "least share of tissue",
    "most": "patches of a slide at most",
    "least": "patches of a slide at least",
    "ways": "mean: of all patches; top: of the likeliest; attention: of those that it learns to heed",
    "top": "share of patches that count as likeliest",
    "features": "what the network sees: before (begun) or after learning (learned)",
    "hidden": "size of the part that learns which patches to heed",
    "dropout": "share that is hidden by chance: learns less by heart",
    "thresholds": "probabilities from which on a patch is called",
    "gaps": "patches between two that still belong together",
    "least_patches": "patches of a box at least",
    "overlap": "share that two boxes must cover of each other to count as one (IoU)",
    "temperature": "how strictly alike pictures are told from others",
    "width": "size of the part that is thrown away afterwards",
}


def meaning_of(section: str, key: str) -> str:
    """What a key means; empty where nobody knows it."""
    return _KEYS.get(f"{section}.{key}") or _KEYS.get(key, "")


def legend(text: str) -> str:
    """What the sections and keys of a recipe's text mean, in their order, a line each."""
    return "\n".join(_lines(text))


def _lines(text: str) -> Iterator[str]:
    section = ""
    for line in text.splitlines():
        head = re.match(r"\s*\[+([\w.]+)\]+", line)
        if head is not None:
            section = head.group(1)
            yield f"[{section}]: {_SECTIONS.get(section, 'not known')}"
            continue
        key = re.match(r"\s*(\w+)\s*=", line)
        if key is not None and section != "network.options":
            yield f"{key.group(1)}: {meaning_of(section, key.group(1)) or 'not known'}"
