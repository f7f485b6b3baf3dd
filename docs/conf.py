"""How Sphinx makes the site out of these pages (`make docs`). Nothing in it loads from the network."""

project = "Parfocal"
author = "The Parfocal founders"
copyright = "The Parfocal founders, Apache-2.0"  # noqa: A001 - Sphinx's name
extensions = ["myst_parser"]
myst_heading_anchors = 3  # links to headings of three levels, as code hosts make them
myst_enable_extensions = ["deflist"]
master_doc = "index"
html_theme = "furo"
html_title = "Parfocal"
html_favicon = "../resources/parfocal.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"sidebar_hide_name": False}
suppress_warnings = ["myst.strikethrough"]
