"""What other colours cost: milliseconds a tile of 256 px, beside reading it and beside the usual ways."""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

sys.path.insert(0, str(Path(__file__).resolve().parent))

ROUNDS = 7
TILES = 40


def main() -> int:
    """Every way in turn, several rounds."""
    from bench_analysis import slide_path
    from skimage.color import combine_stains, hed_from_rgb, rgb_from_hed, separate_stains

    from ml.slide import stains
    from ml.slide.channels import blend
    from ml.slide.look import ChannelLook, Look
    from ml.slide.opening import open_slide
    from ml.slide.shown_slide import shown

    with tempfile.TemporaryDirectory() as name, open_slide(slide_path(Path(name))) as slide:
        places = [(c, r) for r in range(4, 12) for c in range(4, 9)][:TILES]
        tiles = [slide.read_tile(0, *place) for place in places]
        adobe = swapped_profile()
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(adobe)), ImageCms.createProfile("sRGB"), "RGB", "RGB"
        )
        from dataclasses import replace

        slide.info = replace(slide.info, profile=adobe)
        plain = shown(slide, Look(profile=False))
        looks = {
            "profile": Look(),
            "brightness, contrast, gamma": Look(profile=False, brightness=0.1, contrast=1.2, gamma=1.1),
            "profile and tones": Look(brightness=0.1, gamma=1.1),
            "one stain": Look(profile=False, stain=stains.view_of("Hematoxylin")),
        }
        ways: dict[str, Callable[[], object]] = {
            "reading the tile": lambda: [plain.read_tile(0, *place) for place in places]
        }
        for title, look in looks.items():
            seen = shown(slide, look)
            ways[f"reading, {title}"] = lambda seen=seen: [seen.read_tile(0, *p) for p in places]
        four = [np.stack([t[..., c % 3] for c in range(4)], axis=-1) for t in tiles]
        colors = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))
        how = [ChannelLook(color, 10, 200) for color in colors]
        ways["blending 4 channels"] = lambda: [blend(samples, how) for samples in four]
        ways["LittleCMS alone (Pillow)"] = lambda: [
            ImageCms.applyTransform(Image.fromarray(t), transform) for t in tiles
        ]

        def by_skimage() -> None:
            for tile in tiles:
                amounts = separate_stains(tile, hed_from_rgb)
                amounts[..., 1:] = 0
                combine_stains(amounts, rgb_from_hed)

        ways["one stain, scikit-image alone"] = by_skimage
        times: dict[str, list[float]] = {title: [] for title in ways}
        for round_ in range(ROUNDS + 1):
            for title, way in ways.items():
                began = time.perf_counter()
                way()
                if round_:
                    times[title].append((time.perf_counter() - began) / len(places) * 1000)
        base = times["reading the tile"]
        for title, taken in times.items():
            over = [a / b for a, b in zip(taken, base, strict=True)]
            print(
                f"  {title:36}{statistics.median(taken):7.2f} ms   {statistics.median(over):5.2f} × reading"
            )
    return 0


def swapped_profile() -> bytes:
    """A matrix profile that is far from a screen's."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ", 128), profile.find(b"gXYZ", 128)
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


if __name__ == "__main__":
    sys.exit(main())
