// Y += K X for the conduction stiffness of straight quadratic tetrahedra in double precision, without a matrix
// (tet10.cuh), one thread per cell and vector. X and Y are stored row by row. Atomic sums come in any order. In array
// code: twin3d/fem/cell_kernels.py.
#include "tet10.cuh"

extern "C" __global__ void tet10_conduction_product(const int n_cells, const int n_vectors,
    const int *__restrict__ dofs, const double *__restrict__ metrics, const double *__restrict__ derivatives,
    const double *__restrict__ free, const double *__restrict__ x, double *y)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x, cell = index / n_vectors;
  if (cell < n_cells) {
    const int vector = static_cast<int>(index % n_vectors);
    tet10_add_product<double>(dofs + 10 * cell, metrics + 6 * cell, derivatives, free, n_vectors, vector, x, y);
  }
}
