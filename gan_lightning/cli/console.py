"""What commands print: results on standard output, remarks and complaints on standard error."""

from __future__ import annotations

import logging
import sys
import warnings

from rich.console import Console
from rich.table import Table

from gan_lightning.errors import one_line
from gan_lightning.run import is_first_process

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """Print one line that says what is wrong, in the first of several processes."""
    if is_first_process():
        print(f"gan-lightning: {one_line(' '.join(message.split()))}", file=sys.stderr)  # noqa: T201  (never wrapped or styled)


def table(title: str, columns: list[str], rows: list[list[str]]) -> Table:
    """Return a plain table."""
    made = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        made.add_row(*row)
    return made


def quiet() -> None:
    """Let our own remarks through and keep Lightning's advice about loops that are not ours to itself."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("gan_lightning").setLevel(logging.INFO)
    import lightning.pytorch  # noqa: F401  (it sets the levels of its loggers when it is imported)

    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\..*|PIL\..*")  # damaged images are named by our own remarks
    warnings.filterwarnings("ignore", message=r".*torchmetrics.*|.*LeafSpec.*|.*eval mode at the start.*")
