"""The command line: one file per verb, loaded when that verb is used."""

import importlib
import sys
from collections.abc import Callable, Sequence

from twin3d import __version__

VERBS = {
    "demo": "the main job on the power module: CAD file, live feed, corrected field, report",
    "new": "write a scene to start from, out of a CAD or mesh file and a list of tags",
    "check": "read scene files and say what is wrong with them; --solve tests their [[check]] entries",
    "mesh": "mesh a scene or a file, say what is wrong with it and where, draw its numbered faces",
    "solve": "solve a scene at full order and test its [[check]] entries",
    "modes": "find the lowest frequencies of free vibration of a scene, and their shapes",
    "place": "say where the next sensor helps most, which one is redundant, and what can be known",
    "run": "run the twin of a scene: receive readings, publish frames, keep history",
    "view": "watch a scene, or a twin that already runs, in a window",
    "render": "draw pictures and films from a scene or a history, without a window",
    "feed": "simulate the asset of a scene and publish its sensors, with faults on request",
    "replay": "send recorded readings again, to a twin that runs",
    "calibrate": "find a scene's parameters from a recording, with intervals and what cannot be known",
    "doctor": "say what this machine can do, and the one line that mends what it cannot",
}
"""Every verb and what it does; `--help` prints this table without loading any of them."""

EXIT_CODES = "exit codes: 0 ok, 1 failed, 2 bad usage or scene, 3 missing capability, 4 a check failed"

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    verb = words[0] if words else "--help"
    if verb in {"--help", "-h"}:
        print(_help())
        return 0
    if verb == "--version":
        print(f"twin3d {__version__}")
        return 0
    if verb not in VERBS:
        print(_unknown(verb), file=sys.stderr)
        return USAGE_ERROR
    module = importlib.import_module(f"twin3d.cli.{verb}")
    command: Callable[..., int] = getattr(module, verb)
    return _run(verb, command, words[1:])


def _run(verb: str, command: Callable[..., int], words: list[str]) -> int:
    import logging

    from cyclopts import App, CycloptsError
    from rich.console import Console

    from twin3d.errors import Twin3dError

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    app = App(name=f"twin3d {verb}", default_command=command, version=__version__, result_action="return_value")
    try:
        return int(app(words, exit_on_error=False) or 0)
    except CycloptsError:  # already printed, with the usage
        return USAGE_ERROR
    except Twin3dError as error:
        Console(stderr=True).print(
            f"twin3d {verb}: {error}", style="bold red", markup=False, highlight=False, soft_wrap=True
        )
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _help() -> str:
    width = max(map(len, VERBS))
    rows = "\n".join(f"  {name:<{width}}  {text}" for name, text in VERBS.items())
    return (
        f"twin3d {__version__}: the temperature field of the real asset, corrected by its sensors\n\n"
        f"usage: twin3d VERB [OPTIONS]\n\n{rows}\n\n`twin3d VERB --help` says more.  {EXIT_CODES}"
    )


def _unknown(verb: str) -> str:
    import difflib

    nearest = difflib.get_close_matches(verb, VERBS, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"twin3d: there is no verb {verb!r}{hint} Choose one of {', '.join(VERBS)}."
