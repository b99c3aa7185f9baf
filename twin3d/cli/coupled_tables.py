"""What `twin3d solve` says of coolant channels and enclosures."""

from rich.console import Console
from rich.table import Table

from twin3d.checks import Solved
from twin3d.units import from_si


def show_coupled(solved: Solved, console: Console, *, unit: str, title: str) -> None:
    """Print how warm each coolant leaves, and what each face of an enclosure takes in; nothing where there are none."""
    if solved.coolants:
        table = Table("channel", f"inlet in {unit}", f"outlet in {unit}", "heat rate in W", title=f"coolant of {title}")
        for report in solved.coolants:
            ends = (report.inlet_temperature, report.outlet_temperature)
            table.add_row(report.name, *(f"{from_si(T, unit, 'K'):.2f}" for T in ends), f"{report.heat_rate:.4g}")
        console.print(table)
    if solved.enclosures:
        table = Table("enclosure", "face", "net heat into it in W", title=f"radiation of {title}")
        for enclosure in solved.enclosures:
            for face, rate in enclosure.heat_rates:
                table.add_row(enclosure.name, face, f"{rate:.4g}")
        console.print(table)
