"""Whether pictures can be read: each decoder gets something small to decode, and must give it back."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ml.checkup.finding import Finding
from ml.traces import name_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]

_AWAY = 12  # grey values that a lossy decoder may be off on a smooth picture
_AGAIN = "Install Parfocal anew: a library that belongs to it is missing or damaged."


def codecs() -> Iterator[Finding]:
    """JPEG, JPEG 2000, JPEG-LS and what else slides and CT are packed with; then DICOM and OpenSlide."""
    for what, encode, decode, means in _kinds():
        yield _tried(what, lambda e=encode, d=decode: d(e(_picture())), means)  # type: ignore[misc]
    yield _dicom()
    yield openslide()


def _kinds() -> tuple[tuple[str, Callable[[Picture], bytes], Callable[[bytes], Picture], str], ...]:
    import imagecodecs as ic

    most = "Most slides (SVS, TIFF, DICOM) stay shut."
    return (
        ("JPEG", lambda p: bytes(ic.jpeg8_encode(p, level=95)), _later("jpeg8_decode"), most),
        (
            "JPEG 2000",
            lambda p: bytes(ic.jpeg2k_encode(p, level=0)),
            _later("jpeg2k_decode"),
            "Aperio slides in JPEG 2000 and many CT series stay shut.",
        ),
        (
            "JPEG-LS",
            lambda p: bytes(ic.jpegls_encode(p)),
            _later("jpegls_decode"),
            "CT series in JPEG-LS stay shut.",
        ),
        (
            "LZW, Deflate, Zstandard",
            lambda p: bytes(ic.zstd_encode(ic.zlib_encode(p.tobytes()))),
            lambda raw: _unpacked(ic, raw),
            "TIFF that is packed without loss stays shut.",
        ),
    )


def _later(name: str) -> Callable[[bytes], Picture]:
    """A decoder that is looked for when it is called: one that is missing is a finding, not the end."""
    import imagecodecs

    def decode(raw: bytes) -> Picture:
        return getattr(imagecodecs, name)(raw)  # type: ignore[no-any-return]

    return decode


def _unpacked(ic: Any, raw: bytes) -> Picture:
    import numpy as np

    plain = bytes(ic.zlib_decode(ic.zstd_decode(raw)))
    again = bytes(ic.lzw_decode(ic.lzw_encode(plain)))
    return np.frombuffer(again, np.uint8).reshape(_picture().shape)


def _picture() -> Picture:
    import numpy as np

    ramp = np.linspace(0, 255, 64 * 64).reshape(64, 64)
    return ramp.astype(np.uint8)


def _tried(what: str, there_and_back: Callable[[], Picture], means: str) -> Finding:
    import numpy as np

    try:
        away = int(np.abs(there_and_back().astype(int) - _picture()).max())
    except (RuntimeError, ValueError, TypeError, OSError, ImportError, AttributeError) as error:
        return Finding(what, "bad", f"cannot be read ({name_of(error)})", means, _AGAIN)
    if away > _AWAY:
        return Finding(what, "bad", "is read wrongly: another picture comes out", means, _AGAIN)
    return Finding(what, "good", "can be read")


def _dicom() -> Finding:
    """Every compression of DICOM that Parfocal reads, through the reader's own decoder."""
    import numpy as np

    from ml.slide.dicom_codec import FrameError, PixelForm, decoded

    broken = []
    for name, syntax, encode in _syntaxes():
        form = PixelForm(syntax, 64, 64, 1, 8, 8, False, "MONOCHROME2", False)
        try:
            away = np.abs(decoded(encode(_picture()), form).astype(int) - _picture()).max()
        except (FrameError, ImportError, AttributeError, RuntimeError):
            away = 255
        if away > _AWAY:
            broken.append(name)
    if broken:
        means = "DICOM files that are packed so stay shut."
        return Finding("DICOM", "bad", f"cannot be read: {', '.join(broken)}", means, _AGAIN)
    names = ", ".join(name for name, _, _ in _syntaxes())
    return Finding("DICOM", "good", f"can be read: uncompressed, {names}")


def _syntaxes() -> tuple[tuple[str, str, Callable[[Picture], bytes]], ...]:
    import imagecodecs as ic

    prefix = "1.2.840.10008.1.2."
    return (
        ("JPEG", f"{prefix}4.50", lambda p: bytes(ic.jpeg8_encode(p, level=95))),
        ("lossless JPEG", f"{prefix}4.70", lambda p: bytes(ic.ljpeg_encode(p))),
        ("JPEG-LS", f"{prefix}4.80", lambda p: bytes(ic.jpegls_encode(p))),
        ("JPEG 2000", f"{prefix}4.90", lambda p: bytes(ic.jpeg2k_encode(p, level=0, codecformat="j2k"))),
        ("RLE", f"{prefix}5", _rle),
    )


def _rle(picture: Picture) -> bytes:
    """One segment behind its header (PS3.5 G.4), each row packed by itself."""
    import imagecodecs as ic

    packed = b"".join(bytes(ic.packbits_encode(row.tobytes())) for row in picture)
    return struct.pack("<16I", 1, 64, *([0] * 14)) + packed + b"\0" * (len(packed) % 2)


def openslide() -> Finding:
    """The library that reads the formats of scanners."""
    try:
        import openslide as library
    except (ImportError, OSError) as error:
        means = "MRXS, NDPI, BIF and others stay shut."
        return Finding("OpenSlide", "bad", f"does not load ({name_of(error)})", means, _AGAIN)
    return Finding("OpenSlide", "good", f"{library.__library_version__}; TIFF, SVS and DICOM read directly")
