"""A float texture that holds the modes at every visible point, for more of them than vertex attributes can hold."""

from typing import Any

import numpy as np
import numpy.typing as npt
from vtkmodules.util.misc import calldata_type
from vtkmodules.util.vtkConstants import VTK_FLOAT, VTK_OBJECT
from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

WIDTH = 2048
"""Texels a row; every OpenGL 3.2 driver takes as many."""
COMPONENTS = 4


class ModesTexture:
    """Uploads the modes once, when the window first draws, and binds them for a mapper's shader."""

    def __init__(self, modes: npt.NDArray[np.float32]) -> None:
        n_texels = modes.size // COMPONENTS
        self._height = -(-n_texels // WIDTH)
        texels = np.zeros((self._height * WIDTH, COMPONENTS), dtype=np.float32)
        texels[:n_texels] = modes.reshape(-1, COMPONENTS)
        self._texels: npt.NDArray[np.float32] | None = texels
        self._texture: Any = None
        self._window: Any = None

    def attach(self, window: Any, mapper: Any) -> None:
        """Say which window draws and which mapper's shader reads the texture."""
        self._window = window
        mapper.AddObserver("UpdateShaderEvent", self._bind)
        mapper.AddObserver("EndEvent", self._release)

    @calldata_type(VTK_OBJECT)  # type: ignore[untyped-decorator]  # VTK ships no types for it
    def _bind(self, caller: Any, event: str, program: Any) -> None:
        del caller, event
        if program is None:
            return
        if self._texture is None:
            self._texture = self._uploaded()
        self._texture.Activate()
        program.SetUniformi("modesTexture", self._texture.GetTextureUnit())

    def _release(self, *_: Any) -> None:
        if self._texture is not None:
            self._texture.Deactivate()

    def _uploaded(self) -> Any:
        texture = vtkTextureObject()
        texture.SetContext(self._window)
        texture.SetMinificationFilter(vtkTextureObject.Nearest)
        texture.SetMagnificationFilter(vtkTextureObject.Nearest)
        if not texture.Create2DFromRaw(WIDTH, self._height, COMPONENTS, VTK_FLOAT, self._texels):
            raise RuntimeError("the graphics driver took no texture for the modes; draw with method='cpu'")
        self._texels = None  # the driver has its own copy
        return texture
