"""Run as a script: what netgen finds in a STEP file, as JSON on standard output; volumes in mm³."""

import json
import sys

import netgen.occ as occ


def named_solids(path):
    """All solids, under the name of their instance; a name that occurs again gets a number."""
    geometry = occ.OCCGeometry(path)
    geometry.shape  # noqa: B018  reads the file
    solids = {}
    pending = [geometry.GetAssemblyTree()]
    while pending:
        node = pending.pop(0)
        if node.is_assembly:
            pending = [*node.children, *pending]
            continue
        inner = list(node.shape.solids)
        for solid in inner:
            name = unused(solid.name if len(inner) > 1 else node.name, solids)
            solid.name = name
            solids[name] = solid
    return solids


def unused(name, taken):
    number, new = 1, name
    while new in taken:
        number += 1
        new = f"{name}_{number}"
    return new


def shared_faces(glued):
    """Pairs of solids that have a face in common."""
    owners = {}
    for solid in glued.solids:
        for face in solid.faces:
            owners.setdefault(face, []).append(solid.name)
    return sorted({tuple(sorted(names)) for names in owners.values() if len(names) == 2})


def main(path):
    solids = named_solids(path)
    volumes = {name: solid.mass for name, solid in solids.items()}
    glued = occ.Glue(list(solids.values()))
    found = {
        "volumes_mm3": volumes,
        "n_glued": len(glued.solids),
        "glued_mm3": sum(solid.mass for solid in glued.solids),
        "touching": shared_faces(glued),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
