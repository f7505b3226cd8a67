"""How the documentation is built: `sphinx-build -W docs docs/_build/html`."""

from importlib.metadata import version as version_of
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml

project = "reliance-eval"
author = "the reliance-eval contributors"
version = release = version_of("reliance-eval")
language = "en"

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

numpydoc_show_class_members = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "reliance-eval"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["formulas.css"]
html_sidebars: dict[str, list[str]] = {"**": []}
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
}


def inline_formula(translator: Any, node: Any) -> None:
    """Write a formula as MathML: a page needs no script and no other site."""
    translator.body.append(tex2mathml(node.astext()))
    raise SkipNode


def block_formula(translator: Any, node: Any) -> None:
    """Write a formula that stands on its own line."""
    translator.body.append(tex2mathml(node.astext(), as_block=True))
    raise SkipNode


def setup(app: Any) -> None:
    """Tell Sphinx how formulas are written."""
    app.add_html_math_renderer("mathml", (inline_formula, None), (block_formula, None))
