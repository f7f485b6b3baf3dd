"""What each command of the catalog does in this window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from viewer.actions.catalog import CATALOG
from viewer.actions.command import Bound, Command, bind
from viewer.canvas.camera import PRESETS
from viewer.main_window.analyzing import Analyzing
from viewer.main_window.asking import Asking
from viewer.main_window.ct_pieces import CtPieces
from viewer.main_window.deciding import Deciding
from viewer.main_window.layer_choice import LayerName
from viewer.main_window.looking import Looking
from viewer.main_window.navigating import Navigating
from viewer.main_window.page import Picture
from viewer.main_window.parts import Parts
from viewer.main_window.reporting import Reporting
from viewer.main_window.slides import Slides
from viewer.main_window.splitting import Splitting
from viewer.main_window.viewing import Viewing
from viewer.settings import ThemeChoice

_TURNS = {"turn_left": -15.0, "turn_right": 15.0, "quarter_left": -90.0, "quarter_right": 90.0}


class Piece(Protocol):
    """A piece of the window that carries out commands itself."""

    def bounds(self) -> dict[str, Bound]:
        """What its commands do, by their names in the catalog."""


@dataclass(frozen=True)
class Hands:
    """The pieces of the window that commands call."""

    parts: Parts
    slides: Slides
    viewing: Viewing
    analyzing: Analyzing
    deciding: Deciding
    reporting: Reporting
    asking: Asking
    looking: Looking
    navigating: Navigating
    splitting: Splitting
    ct: CtPieces
    further: tuple[Piece, ...]  # each with commands of its own


def commands_of(hands: Hands) -> tuple[Command, ...]:
    """The catalog, bound to one window, under the person's own keys where there are some."""
    bounds = _files(hands) | _edits(hands) | _views(hands) | _layers(hands) | _analysis(hands) | _asks(hands)
    on_ct = (hands.ct.viewing, hands.ct.analyzing, hands.ct.deciding, hands.ct.exporting)
    pieces: tuple[Piece, ...] = (hands.looking, hands.navigating, hands.splitting, *on_ct, *hands.further)
    for piece in pieces:
        bounds |= piece.bounds()
    bounds |= _shared(hands, bounds)
    return bind(CATALOG, bounds, hands.parts.settings.keys_of)


def _shared(hands: Hands, bounds: dict[str, Bound]) -> dict[str, Bound]:
    """Commands that slides and CT have in common, by what is looked at."""
    ct, deciding = hands.ct.viewing, hands.ct.deciding

    report = hands.ct.reporting

    def delete() -> None:
        if ct.measurement is not None:
            ct.delete()
        else:
            deciding.decide("rejected")

    def can_delete() -> bool:
        return ct.measurement is not None or deciding.selection is not None

    def either(command: str, run: Callable[[], object], possible: Callable[[], bool]) -> Bound:
        slide = bounds[command]
        return Bound(
            lambda: slide.run() if ct.page is None else run(),
            lambda: slide.enabled() if ct.page is None else possible(),
            slide.checked,
        )

    def on_picture(command: str, do: Callable[[Picture], object]) -> Bound:
        return either(command, lambda: ct.page and do(ct.page.picture), lambda: True)

    return {
        "go_to": either("go_to", ct.ask_slice, lambda: True),
        **{name: on_picture(name, partial(_turn, degrees=degrees)) for name, degrees in _TURNS.items()},
        "flip_horizontally": on_picture("flip_horizontally", lambda p: p.mirror(vertically=False)),
        "flip_vertically": on_picture("flip_vertically", lambda p: p.mirror(vertically=True)),
        "upright": on_picture("upright", lambda p: p.set_upright()),
        "copy_view": either("copy_view", ct.copy, lambda: True),
        "delete": either("delete", delete, can_delete),
        "export_now": either("export_now", report.export, lambda: report.possible),
    }


def _turn(picture: Picture, degrees: float) -> None:
    picture.turn_by(degrees)


def _with_any(hands: Hands) -> Callable[[], bool]:
    return lambda: hands.parts.session.current is not None


def _files(hands: Hands) -> dict[str, Bound]:
    return {
        "open": Bound(hands.slides.ask),
        "open_folder": Bound(hands.slides.ask_folder),
        "samples": Bound(hands.slides.open_samples),
        "close": Bound(hands.slides.close_current, _with_any(hands)),
        "export_now": Bound(hands.reporting.export, lambda: hands.reporting.possible),
    }


def _edits(hands: Hands) -> dict[str, Bound]:
    session = hands.parts.session

    def undo() -> None:
        if session.current is not None:
            session.current.undo.undo()

    def redo() -> None:
        if session.current is not None:
            session.current.undo.redo()

    return {
        "undo": Bound(undo, lambda: session.current is not None and session.current.undo.canUndo()),
        "redo": Bound(redo, lambda: session.current is not None and session.current.undo.canRedo()),
        "delete": Bound(hands.deciding.delete, lambda: hands.deciding.can_delete),
    }


def _views(hands: Hands) -> dict[str, Bound]:
    viewing, shown = hands.viewing, _with_any(hands)
    bounds = {
        "fit": Bound(viewing.fit, shown),
        "zoom_in": Bound(partial(viewing.zoom, 1), shown),
        "zoom_out": Bound(partial(viewing.zoom, -1), shown),
    }
    for preset in PRESETS:
        bounds[f"zoom_{preset:g}"] = Bound(partial(viewing.zoom_to, preset), lambda: viewing.has_scale)
    return bounds


def _layers(hands: Hands) -> dict[str, Bound]:
    viewing = hands.viewing
    bounds: dict[str, Bound] = {}
    layers: tuple[LayerName, ...] = ("heatmap", "cam", "boxes", "annotations")
    for layer in layers:
        bounds[layer] = Bound(
            partial(viewing.toggle, layer), partial(viewing.has_layer, layer), partial(viewing.shows, layer)
        )
    return bounds


def _analysis(hands: Hands) -> dict[str, Bound]:
    analyzing, deciding = hands.analyzing, hands.deciding

    def ready() -> bool:
        return hands.parts.session.slide is not None and not analyzing.running

    def chosen() -> bool:
        return deciding.box is not None

    return {
        "analyze": Bound(analyzing.analyze_region, ready),
        "analyze_slide": Bound(analyzing.analyze_slide, ready),
        "explain": Bound(hands.asking.explain_here, lambda: analyzing.can_explain),
        "next": Bound(deciding.next, lambda: deciding.has_open),
        "accept": Bound(lambda: deciding.decide(deciding.box, "accepted"), chosen),
        "annotate": Bound(lambda: deciding.annotate(deciding.box), chosen),
    }


def _asks(hands: Hands) -> dict[str, Bound]:
    asking, settings = hands.asking, hands.parts.settings
    bounds = {
        "quit": Bound(asking.quit),
        "escape": Bound(asking.escape),
        "only_picture": Bound(asking.toggle_only_picture, checked=lambda: asking.only_picture),
        "slides_panel": Bound(asking.toggle_slides, checked=lambda: settings.slides_shown),
        "inspector": Bound(asking.toggle_inspector, checked=lambda: settings.inspector_shown),
        "palette": Bound(asking.show_palette),
        "keys": Bound(asking.show_keys),
        "settings": Bound(asking.show_settings),
        "about": Bound(asking.show_about),
    }
    choices: tuple[ThemeChoice, ...] = ("auto", "light", "dark")
    for theme in choices:
        bounds[f"theme_{theme}"] = Bound(
            partial(asking.choose_theme, theme), checked=partial(asking.has_theme, theme)
        )
    return bounds
