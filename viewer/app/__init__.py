"""The application: everything is built and connected here, once."""

from viewer.app.build import build

__all__ = ["build"]
