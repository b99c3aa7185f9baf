// Adds the stiffness of linear tetrahedra in small strain to the entries of a CSR matrix, one thread per cell: K_ij = V
// B_i' C B_j [N/m]. The material has two numbers per cell, Lamé's lambda and mu [Pa], or 36, the matrix C row by row
// with strains in the order xx, yy, zz, xy, yz, xz and engineering shear. The three dofs of a point follow each other;
// row_starts and slots are those of the scalar pattern: row 3 p + a of the vector matrix starts at 9 row_starts[p] + 3
// a times the length of row p. Atomic sums come in any order. In array code: twin3d/fem/cell_kernels.py.
#include "tet4.cuh"

// Strains of a displacement along an axis with the gradient g.
static __device__ __forceinline__ void strain(const double *g, const int axis, double strains[6])
{
  for (int k = 0; k < 6; ++k) {
    strains[k] = 0.0;
  }
  strains[axis] = g[axis];
  strains[3] = axis == 0 ? g[1] : axis == 1 ? g[0] : 0.0;
  strains[4] = axis == 1 ? g[2] : axis == 2 ? g[1] : 0.0;
  strains[5] = axis == 0 ? g[2] : axis == 2 ? g[0] : 0.0;
}

static __device__ __forceinline__ double stiffness(const double *material, const int n_components, const double *g,
                                                   const int a, const double *h, const int b)
{
  if (n_components == 2) {
    const double trace = a == b ? material[1] * (g[0] * h[0] + g[1] * h[1] + g[2] * h[2]) : 0.0;
    return material[0] * g[a] * h[b] + material[1] * h[a] * g[b] + trace;
  }
  double of_g[6], of_h[6], sum = 0.0;
  strain(g, a, of_g);
  strain(h, b, of_h);
  for (int row = 0; row < 6; ++row) {
    for (int column = 0; column < 6; ++column) {
      sum += of_g[row] * material[6 * row + column] * of_h[column];
    }
  }
  return sum;
}

extern "C" __global__ void tet4_elasticity(const int n_cells, const int n_components, const double *__restrict__ points,
                                           const int *__restrict__ cells, const double *__restrict__ materials,
                                           const int *__restrict__ row_starts, const int *__restrict__ slots,
                                           double *entries)
{
  const long long cell = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (cell >= n_cells) {
    return;
  }
  double gradients[4][3];
  const double volume = tet4_gradients(points, cells + 4 * cell, gradients);
  const double *material = materials + cell * n_components;
  for (int i = 0; i < 4; ++i) {
    const int point = cells[4 * cell + i];
    const long long start = row_starts[point], length = row_starts[point + 1] - start;
    for (int j = 0; j < 4; ++j) {
      const long long place = 9 * start + 3 * (slots[16 * cell + 4 * i + j] - start);
      for (int a = 0; a < 3; ++a) {
        for (int b = 0; b < 3; ++b) {
          const double entry = stiffness(material, n_components, gradients[i], a, gradients[j], b);
          atomicAdd(entries + place + 3 * a * length + b, volume * entry);
        }
      }
    }
  }
}
