"""Whether this machine can draw, found out in a process of its own: VTK without GL libraries crashes."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

GlKind: TypeAlias = Literal["native", "egl", "osmesa", "none"]

APT_LINE = "apt-get install --no-install-recommends libegl1 libgl1-mesa-dri"
"""What gives a Debian or Ubuntu machine off-screen drawing."""

PROBE_TIMEOUT_S = 60.0

PROBE = """
import json, sys
import vtkmodules.vtkRenderingOpenGL2 as gl
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow
makers = {"native": vtkRenderWindow, "egl": getattr(gl, "vtkEGLRenderWindow", None),
          "osmesa": getattr(gl, "vtkOSOpenGLRenderWindow", None)}
window = makers[sys.argv[1]]()
window.SetOffScreenRendering(1)
window.SetSize(32, 32)
window.AddRenderer(vtkRenderer())
window.Render()
report = dict(line.split(":", 1) for line in window.ReportCapabilities().splitlines() if ":" in line)
print(json.dumps({"renderer": report.get("OpenGL renderer string", "").strip(), "class": window.GetClassName()}))
"""


@dataclass(frozen=True, slots=True)
class GlProbe:
    """What the probe found."""

    ok: bool
    kind: GlKind
    """How windows are made: by the display server, by EGL or by OSMesa without one."""
    has_window: bool
    """Whether a person can see it: there is a display."""
    renderer: str
    """What draws, as OpenGL says it."""
    message: str
    """What is missing and the one line that mends it; empty when all is well."""


def probe(*, window: bool = False) -> GlProbe:
    """Try to draw, in another process.

    Args:
        window: Whether a window on a display is wanted; else any way of drawing will do.
    """
    needs_display = sys.platform.startswith("linux")
    if window and needs_display and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return _failed("there is no display (DISPLAY is not set).")
    kinds: tuple[GlKind, ...] = ("native",) if window or not needs_display else ("egl", "osmesa")
    for kind in kinds:
        renderer = _renderer(kind)
        if renderer is not None:
            return GlProbe(ok=True, kind=kind, has_window=window, renderer=renderer, message="")
    return _failed(f"this machine lacks the OpenGL libraries for drawing; install them with: {APT_LINE}")


def _failed(message: str) -> GlProbe:
    return GlProbe(ok=False, kind="none", has_window=False, renderer="", message=message)


@cache
def _renderer(kind: GlKind) -> str | None:
    """The renderer's name, None where drawing that way fails or crashes."""
    try:
        answer = subprocess.run(
            [sys.executable, "-c", PROBE, kind], capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
    if answer.returncode or not lines:
        return None
    said = json.loads(lines[-1])
    expected = {"egl": "EGL", "osmesa": "OSOpenGL"}.get(kind, "")
    return str(said["renderer"] or said["class"]) if expected in said["class"] else None
