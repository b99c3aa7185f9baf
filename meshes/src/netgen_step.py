"""What scripts that build with netgen share: a STEP file that is the same on every run."""

import re
from collections.abc import Mapping
from pathlib import Path

import netgen.occ as occ


def write_step(path: Path, parts: Mapping[str, occ.Solid], *, source: str) -> None:
    """Write named solids; the header tells the script that made them, and nothing of when and where."""
    for name, solid in parts.items():
        solid.name = name
    occ.Compound(list(parts.values())).WriteStep(str(path))
    text = path.read_text(encoding="ascii")
    header = f"FILE_NAME('{path.stem}','2026-01-01T00:00:00',(''),(''),'Open CASCADE','{source}','');\n"
    text = re.sub(r"FILE_NAME\(.*?\);\n", header, text, count=1, flags=re.DOTALL)
    path.write_text(text.replace("Open CASCADE STEP translator 7.8 1", path.stem), encoding="ascii")
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")
