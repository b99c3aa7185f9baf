"""What `twin3d solve` says of heat that comes, goes and stays."""

from rich.console import Console
from rich.table import Table

from twin3d.checks import Solved


def show_energy(solved: Solved, console: Console, *, title: str) -> None:
    """Print what every load brings in, what is stored, and what is missing."""
    after = f", {solved.n_steps} steps" if solved.n_steps else ""
    table = Table("heat", "W", title=f"{title}{after}")
    for name, rate in solved.balance.loads.items():
        table.add_row(name, f"{rate:.4g}")
    table.add_section()
    table.add_row("stored", f"{solved.balance.stored:.4g}")
    table.add_row("imbalance", f"{solved.balance.imbalance:.1e}")
    console.print(table)
