"""Writes samples as Nastran bulk data, in small, large and free fields."""

from volume_samples import CORNERS

CARDS = {"tetra": "CTETRA", "hexahedron": "CHEXA", "wedge": "CPENTA", "pyramid": "CPYRAM"}
NASTRAN_ORDER = {
    "hexahedron": [*range(12), 16, 17, 18, 19, 12, 13, 14, 15],
    "wedge": [*range(9), 12, 13, 14, 9, 10, 11],
}
"""Nastran lists the mid-edge points along the height before those of the top."""
HEAD = "SOL 101\nCEND\nTITLE = two boxes\nBEGIN BULK\n"
PROPERTIES = ((1, "housing"), (2, "core"), (7, "inlet"))
NAMES = "".join(f'$HMNAME PROP       {number:13d}"{name}" 4\n' for number, name in PROPERTIES)


def write_bdf(path, sample, *, form="small", head=HEAD, names=NAMES):
    text = head + names
    for number, (x, y, z) in enumerate(sample.points):
        text += _card(form, "GRID", [number + 1, "", float(x), float(y), float(z)])
    count = 0
    shells = [(("CTRIA3" if sample.inlet_shape == "triangle" else "CQUAD4"), sample.inlet, 7)]
    solids = []
    for block in sample.blocks:
        cells = block.cells
        if cells.shape[1] > CORNERS[block.shape] and block.shape in NASTRAN_ORDER:
            cells = cells[:, NASTRAN_ORDER[block.shape]]
        solids.append((CARDS[block.shape], cells, block.part + 1))
    for card, cells, number in (*shells, *solids):
        for cell in cells + 1:
            count += 1
            text += _card(form, card, [count, number, *map(int, cell)])
    text += _card(form, "PSOLID", [1, 1]) + _card(form, "PSOLID", [2, 1])
    path.write_text(text + "ENDDATA\n")


def _real(value, width):
    """As Nastran has it: a point always, and the exponent without its letter where that is shorter."""
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa if '.' in mantissa else mantissa + '.'}{int(exponent):+d}"
    return text if text in {"nan", "inf"} else text[:width]


def _card(form, name, values):
    width = 8 if form == "small" else 16
    words = [_real(value, width) if isinstance(value, float) else str(value) for value in values]
    if form == "free":
        rows = [words[at : at + 8] for at in range(0, len(words), 8)]
        return "".join(f"{','.join(['' if k else name, *row])}\n" for k, row in enumerate(rows))
    n = 8 if form == "small" else 4
    rows = [words[at : at + n] for at in range(0, len(words), n)]
    star = "" if form == "small" else "*"
    heads = [name + star, *([star or "+"] * (len(rows) - 1))]
    lines = [h.ljust(8) + "".join(w.ljust(width) for w in row) for h, row in zip(heads, rows, strict=True)]
    return "".join(f"{line.rstrip()}\n" for line in lines)
