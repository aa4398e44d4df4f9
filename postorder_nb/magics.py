"""
Magics for notebooks: ``%load_ext postorder_nb``, then ``%%cassette demo/snapshot``.

::

    %%cassette NAME [replay|all|new|once] [--strict] [--folder FOLDER]

runs the cell as `postorder_nb.replay` does, or records as `postorder_nb.record` does in the mode
that is named. Replaying is the default. What an error leaves behind is as in any other cell.
"""

from __future__ import annotations

import ast
import shlex
from typing import Any, NoReturn, get_args

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class, output_can_be_silenced
from IPython.core.magic_arguments import MagicArgumentParser

from .errors import PostOrderError
from .recording.blocks import Block, Mode, record, replay


class _Parser(MagicArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; %%cassette NAME [replay|all|new|once] [--strict]")


_parser = _Parser(  # type: ignore[no-untyped-call]  # IPython has left this constructor untyped
    prog="%%cassette", add_help=False
)
_parser.add_argument("name")
_parser.add_argument("mode", nargs="?", choices=("replay", *get_args(Mode)), default="replay")
_parser.add_argument("--strict", action="store_true")
_parser.add_argument("--folder")


@magics_class
class CassetteMagics(Magics):
    """The magics of this package."""

    @output_can_be_silenced
    @cell_magic
    def cassette(self, line: str, cell: str) -> Any:
        """
        Run the cell under a cassette: ``%%cassette NAME [replay|all|new|once] [--strict]``.

        ``replay`` (the default) asks nobody; ``all`` asks everything anew and replaces the
        cassette; ``new`` asks only what it lacks; ``once`` records if there is none. ``--strict``:
        the cell has to ask for exactly what was recorded.
        """
        shell: Any = self.shell
        block = _block(line)
        source = shell.transform_cell(cell)
        name = shell.compile.cache(source, shell.execution_count, raw_code=cell)
        tree = shell.compile.ast_parse(source, filename=name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        with block:
            # Run as a cell of its own, an error would be printed, and the block not learn of it.
            shell.ex(compile(tree, name, "exec"))
            if last is None:
                return None
            value = compile(ast.Expression(last.value), name, "eval")
            return shell.ev(value)


def _block(line: str) -> Block:
    given = _parser.parse_args(shlex.split(line))
    try:
        if given.mode == "replay":
            return replay(
                given.name,
                folder=given.folder,
                strict=given.strict,
                advice=f"record it with: %%cassette {given.name} all",
            )
        return record(given.name, folder=given.folder, mode=given.mode)
    except PostOrderError as error:
        raise UsageError(f"{error.message}; {error.advice}") from error
