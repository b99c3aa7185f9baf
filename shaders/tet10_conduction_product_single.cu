// Y += K X for the conduction stiffness of straight quadratic tetrahedra in single precision, without a matrix
// (tet10.cuh), one thread per cell and vector. X and Y are stored row by row. Atomic sums come in any order. In array
// code: twin3d/fem/cell_kernels.py.
#include "tet10.cuh"

extern "C" __global__ void tet10_conduction_product_single(const int n_cells, const int n_vectors,
    const int *__restrict__ dofs, const float *__restrict__ metrics, const float *__restrict__ derivatives,
    const float *__restrict__ free, const float *__restrict__ x, float *y)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x, cell = index / n_vectors;
  if (cell < n_cells) {
    const int vector = static_cast<int>(index % n_vectors);
    tet10_add_product<float>(dofs + 10 * cell, metrics + 6 * cell, derivatives, free, n_vectors, vector, x, y);
  }
}
