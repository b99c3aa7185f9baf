"""Tables of `twin3d mesh` and `twin3d new`: parts, quality, findings and faces, readable at 80 columns."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin3d.mesh.diagnosis import Diagnosis, PartFacts
from twin3d.mesh.face_words import FaceWords
from twin3d.mesh.findings import Finding
from twin3d.mesh.products import ProductCount, product_words
from twin3d.mesh.quality import N_BINS, SLIVER_DEG, MeshReport, volume_error
from twin3d.mesh.wording import length_text, number_text, place_text
from twin3d.scene.grouping import group_names

BAR_WIDTH = 40
STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def show_parts(diagnosis: Diagnosis, console: Console) -> None:
    """One row for each part below its place in the assembly."""
    has_colours = any(part.colour for part in diagnosis.parts)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("part", overflow="fold", min_width=12)
    if has_colours:
        table.add_column("colour", no_wrap=True)
    for name in ("cells", "volume mm³", "off", "wall", "surface"):
        table.add_column(name, justify="left" if name == "surface" else "right", no_wrap=True)
    folder = ""
    for part in diagnosis.parts:
        own = part.path.rpartition("/")[0]
        if own != folder:
            table.add_row(Text(own, style="dim"))
        folder = own
        table.add_row(*_part_row(part, has_colours=has_colours))
    console.print(table)


def show_alike(diagnosis: Diagnosis, products: Sequence[ProductCount], console: Console) -> None:
    """How often each product is used, and which other parts are alike by name and volume."""
    names = [part.name for part in diagnosis.parts]
    words = list(product_words(products, names))
    told = {part for product in products if product.n_instances > 1 for part in product.parts} if words else set()
    groups = group_names(names, [f"{part.stated_volume:.3e}" for part in diagnosis.parts])
    alike = [
        f"{len(group.names)} × {group.glob}"
        for group in groups
        if len(group.names) > 1 and not told.issuperset(group.names)
    ]
    if alike:
        words.append(f"alike: {', '.join(alike)}")
    if words:
        console.print("\n".join([*words, ""]), markup=False)


def _part_row(part: PartFacts, *, has_colours: bool) -> list[Text]:
    name = Text(f"  {part.name}" if "/" in part.path else part.name)
    colour = Text.assemble(("■ ", part.colour), part.colour) if part.colour else Text("")
    off = volume_error(part.volume, part.stated_volume)
    surface = "closed"
    if part.n_open_edges or not part.n_cells:
        surface = "open" if part.n_cells else "none"
    elif part.n_pieces > 1:
        surface = f"{part.n_pieces} pieces"
    elif part.n_pinched_edges:
        surface = "pinched"
    numbers = [
        Text(f"{part.n_cells:,}"),
        Text(number_text(part.volume * 1e9)),
        Text(f"{off:+.2%}" if abs(off) >= 5e-5 else "0", style="bold red" if abs(off) > 0.05 else ""),
        Text(length_text(part.wall)),
        Text(surface, style="" if surface == "closed" else "yellow"),
    ]
    return [name, *([colour] if has_colours else []), *numbers]


def show_quality(report: MeshReport, diagnosis: Diagnosis, console: Console) -> None:
    """The worst cells and a histogram of the scaled Jacobian."""
    worst = diagnosis.worst_cells[0]
    console.print(
        f"cells: worst scaled Jacobian {worst.jacobian:.2g} in {worst.part}, near {place_text(worst.place)}; "
        f"1 in 100 below {report.first_percentile_jacobian:.2g}; smallest dihedral angle "
        f"{report.smallest_angle_deg:.1f}°, {report.n_slivers:,} cells below {SLIVER_DEG:g}°",
        markup=False,
    )
    most = max(report.jacobian_counts)
    for index, count in enumerate(report.jacobian_counts):
        low, high = index / N_BINS, (index + 1) / N_BINS
        bar = "█" * max(1, round(BAR_WIDTH * count / most)) if count else ""
        console.print(f"  {low:.1f} – {high:.1f}  {count:>11,}  {bar}", markup=False, highlight=False)
    console.print()


def show_contacts(report: MeshReport, console: Console) -> None:
    """Declared contacts with their areas."""
    for pair, area in report.contact_areas.items():
        console.print(f"contact {pair}: {number_text(area * 1e6)} mm²", markup=False)
    if report.contact_areas:
        console.print()


def show_findings(findings: Sequence[Finding], console: Console) -> None:
    """What is wrong, the gravest first."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        table.add_row(Text(f"{finding.level}:", style=STYLES[finding.level]), Text(finding.text))
    console.print(table)


def show_faces(words: Sequence[FaceWords], console: Console) -> None:
    """One row for each face, with a selector that chooses it alone."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("no", justify="right", no_wrap=True)
    table.add_column("face, and its selector", overflow="fold")
    table.add_column("mm²", justify="right", no_wrap=True)
    table.add_column("centre mm", no_wrap=True)
    for word in words:
        table.add_row(*_face_row(word))
    console.print(table)


def _face_row(word: FaceWords) -> list[Text]:
    face = word.face
    named = f", {face.name!r}" if face.name else ""
    told = Text(f"{word.where}, {word.shape}{named}\n").append(word.selector, style="cyan")
    centre = ", ".join(f"{round(value * 1e3, 2) + 0.0:.4g}" for value in face.centroid)
    return [Text(str(word.number)), told, Text(number_text(face.area * 1e6)), Text(centre)]
