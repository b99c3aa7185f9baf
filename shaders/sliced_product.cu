// Y = A X in double precision for a sliced ELL matrix of square blocks (sliced.cuh) and a few vectors side by side, one
// thread per row of blocks and vector. X and Y are stored row by row. In array code: Y = A @ X.
#include "sliced.cuh"

template <int SIZE>
static __device__ __forceinline__ void product(const int n_block_rows, const int n_vectors,
                                               const int *rows, const int *slice_starts,
                                               const int *columns, const double *entries, const double *x,
                                               double *y_out)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (index >= static_cast<long long>(n_block_rows) * n_vectors) {
    return;
  }
  const int standing = static_cast<int>(index / n_vectors), vector = static_cast<int>(index % n_vectors);
  double sums[SIZE];
  sliced_row<double, SIZE, SIZE>(standing, n_vectors, vector, slice_starts, columns, entries, x, sums);
  for (int row = 0; row < SIZE; ++row) {
    y_out[(static_cast<long long>(rows[standing]) * SIZE + row) * n_vectors + vector] = sums[row];
  }
}

extern "C" __global__ void sliced_product(const int n_block_rows, const int block_size, const int n_vectors,
                                          const int *__restrict__ rows,
                                          const int *__restrict__ slice_starts, const int *__restrict__ columns,
                                          const double *__restrict__ entries, const double *__restrict__ x,
                                          double *__restrict__ y_out)
{
  if (block_size == 3) {
    product<3>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, x, y_out);
  } else {
    product<1>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, x, y_out);
  }
}
