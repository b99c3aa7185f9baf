// Y = f A X + g B in single precision for a sliced ELL matrix of blocks (sliced.cuh) and a few vectors side by side,
// one thread per row of blocks and vector: residuals, restrictions and corrections of multigrid. X, B and Y are stored
// row by row; Y may be B; where g is zero B is not read. In array code: Y = f * (A @ X) + g * B.
#include "sliced.cuh"

struct Vectors {
  const float *x;
  const float *base;
  float *y_out;
  float product_factor;
  float base_factor;
};

template <int ROWS, int COLUMNS>
static __device__ __forceinline__ void combine(const int n_block_rows, const int n_vectors,
                                               const int *rows, const int *slice_starts,
                                               const int *columns, const float *entries, const Vectors vectors)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (index >= static_cast<long long>(n_block_rows) * n_vectors) {
    return;
  }
  const int standing = static_cast<int>(index / n_vectors), vector = static_cast<int>(index % n_vectors);
  float sums[ROWS];
  sliced_row<float, ROWS, COLUMNS>(standing, n_vectors, vector, slice_starts, columns, entries, vectors.x, sums);
  for (int row = 0; row < ROWS; ++row) {
    const long long target = (static_cast<long long>(rows[standing]) * ROWS + row) * n_vectors + vector;
    const float base = vectors.base_factor == 0.0f ? 0.0f : vectors.base_factor * vectors.base[target];
    vectors.y_out[target] = vectors.product_factor * sums[row] + base;
  }
}

extern "C" __global__ void sliced_combination(const int n_block_rows, const int block_rows, const int block_columns,
                                              const int n_vectors,
                                              const int *__restrict__ rows, const int *__restrict__ slice_starts,
                                              const int *__restrict__ columns, const float *__restrict__ entries,
                                              const float *__restrict__ x, const float product_factor,
                                              const float *base, const float base_factor, float *y_out)
{
  const Vectors vectors{x, base, y_out, product_factor, base_factor};
  switch (block_rows * 10 + block_columns) {
  case 11: combine<1, 1>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, vectors); break;
  case 33: combine<3, 3>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, vectors); break;
  case 66: combine<6, 6>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, vectors); break;
  case 36: combine<3, 6>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, vectors); break;
  case 63: combine<6, 3>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, vectors); break;
  case 16: combine<1, 6>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, vectors); break;
  case 61: combine<6, 1>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, vectors); break;
  }
}
