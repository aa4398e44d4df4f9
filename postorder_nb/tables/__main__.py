"""Write the page about the tables: ``python -m postorder_nb.tables``."""

from __future__ import annotations

from pathlib import Path

from .describing import page

if __name__ == "__main__":
    Path(__file__).with_name("COLUMNS.md").write_text(page(), encoding="utf-8")
