"""The picture: camera, tiles, layers. Pure functions of numbers first, one widget last."""
