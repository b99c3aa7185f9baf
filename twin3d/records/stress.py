"""Displacement and stress of a scene as they follow from the state of its reduced model."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin3d.errors import ReductionError


@dataclass(frozen=True, eq=False, slots=True)
class StressModes:
    r"""Stress and displacement, linear in the state: $\sigma_i = S_i\,[a;\ \tilde u;\ 1]$ at each entry i.

    An entry is a point of the mesh as one part sees it: a point where parts meet has an entry for each, because stress
    jumps there. $\tilde u$ is the deviation of the inputs from `input_reference`; the constant holds the mechanical
    loads, prescribed displacements, and the stress of the reference temperature.
    """

    model_hash: str
    """The reduced model whose state it is."""
    points: npt.NDArray[np.int32]
    """Mesh point of each entry, shape (n_entries,)."""
    part: npt.NDArray[np.int32]
    """Part of each entry, shape (n_entries,)."""
    is_owner: npt.NDArray[np.bool_]
    """Whether it is the one that stands for its point: that of the stiffest part there, shape (n_entries,)."""
    stress: npt.NDArray[np.float32]
    """S [Pa per unit], components xx, yy, zz, xy, yz, xz, shape (n_entries, 6, n_modes + n_inputs + 1)."""
    displacement: npt.NDArray[np.float32]
    """[m per unit], shape (n_entries, 3, n_modes + n_inputs + 1)."""
    gauges: npt.NDArray[np.float64]
    """What each given row on the displacements reads, shape (n_gauges, n_modes + n_inputs + 1)."""
    input_reference: npt.NDArray[np.float64]
    """$u_\\mathrm{ref}$, shape (n_inputs,)."""
    compliance: npt.NDArray[np.float64]
    """Of each part [1/Pa], engineering shear, shape (n_parts, 6, 6)."""
    expansion: npt.NDArray[np.float64]
    """Free strain of each part [1/K], engineering shear, shape (n_parts, 6)."""
    stress_free_temperature: float
    """Temperature without thermal strain [K]."""
    relative_error: npt.NDArray[np.float32]
    """How far stress within the cells about an entry is from the recovered one, relative to it in the norm of energy,
    over steady states of all inputs [–], shape (n_entries,)."""
    is_singular: npt.NDArray[np.bool_]
    """Whether the point is on or beside an edge without a finite stress, shape (n_entries,)."""

    def __post_init__(self) -> None:
        n_columns = self.stress.shape[2]
        if self.displacement.shape[2] != n_columns or n_columns <= len(self.input_reference):
            raise ReductionError(f"stress modes of {n_columns} columns do not fit {self.displacement.shape}")

    @property
    def n_modes(self) -> int:
        """Number of modes of the reduced model."""
        return int(self.stress.shape[2]) - len(self.input_reference) - 1

    @property
    def n_entries(self) -> int:
        """Number of entries."""
        return len(self.points)
