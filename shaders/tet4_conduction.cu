// Adds the conduction stiffness of linear tetrahedra to the entries of a CSR matrix, one thread per cell: K_ij = V grad
// N_i · k grad N_j [W/K]. The conductivity has one number per cell, or nine, a tensor row by row; slots say which entry
// takes each of the 16 numbers of a cell. Atomic sums come in any order: runs differ in the last bits. In array code:
// twin3d/fem/cell_kernels.py.
#include "tet4.cuh"

extern "C" __global__ void tet4_conduction(const int n_cells, const int n_components, const double *__restrict__ points,
                                           const int *__restrict__ cells, const double *__restrict__ conductivity,
                                           const int *__restrict__ slots, double *entries)
{
  const long long cell = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (cell >= n_cells) {
    return;
  }
  double gradients[4][3];
  const double volume = tet4_gradients(points, cells + 4 * cell, gradients);
  const double *k = conductivity + cell * n_components;
  for (int j = 0; j < 4; ++j) {
    double flux[3];
    for (int axis = 0; axis < 3; ++axis) {
      const double *row = k + 3 * axis;
      flux[axis] = volume * (n_components == 1 ? k[0] * gradients[j][axis]
                                               : row[0] * gradients[j][0] + row[1] * gradients[j][1] +
                                                     row[2] * gradients[j][2]);
    }
    for (int i = 0; i < 4; ++i) {
      const double product =
          gradients[i][0] * flux[0] + gradients[i][1] * flux[1] + gradients[i][2] * flux[2];
      atomicAdd(entries + slots[16 * cell + 4 * i + j], product);
    }
  }
}
