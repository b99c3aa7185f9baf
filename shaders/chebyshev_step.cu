// One step of Chebyshev's iteration fused with the product, for a sliced ELL matrix of square blocks (sliced.cuh): D =
// c D + s inv(diag A) (B - A X) and X' = X + D, one thread per row of blocks and vector, so that the matrix and every
// vector pass once. All vectors are stored row by row; X' is not X, because neighbours still read X; where c is zero
// the old D is not read. In array code: D = c * D + s * inverse_diagonal * (B - A @ X); X' = X + D.
#include "sliced.cuh"

struct Step {
  const float *x;
  const float *b;
  const float *inverse_diagonal;
  float *d;
  float *x_out;
  float keep;
  float scale;
};

template <int SIZE>
static __device__ __forceinline__ void advance(const int n_block_rows, const int n_vectors,
                                               const int *rows, const int *slice_starts,
                                               const int *columns, const float *entries, const Step step)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  if (index >= static_cast<long long>(n_block_rows) * n_vectors) {
    return;
  }
  const int standing = static_cast<int>(index / n_vectors), vector = static_cast<int>(index % n_vectors);
  float sums[SIZE];
  sliced_row<float, SIZE, SIZE>(standing, n_vectors, vector, slice_starts, columns, entries, step.x, sums);
  for (int k = 0; k < SIZE; ++k) {
    const long long row = static_cast<long long>(rows[standing]) * SIZE + k, target = row * n_vectors + vector;
    const float kept = step.keep == 0.0f ? 0.0f : step.keep * step.d[target];
    const float change = kept + step.scale * step.inverse_diagonal[row] * (step.b[target] - sums[k]);
    step.d[target] = change;
    step.x_out[target] = step.x[target] + change;
  }
}

extern "C" __global__ void chebyshev_step(const int n_block_rows, const int block_size, const int n_vectors,
                                          const int *__restrict__ rows,
                                          const int *__restrict__ slice_starts, const int *__restrict__ columns,
                                          const float *__restrict__ entries, const float *__restrict__ x,
                                          const float *__restrict__ b, const float *__restrict__ inverse_diagonal,
                                          const float keep, const float scale, float *__restrict__ d,
                                          float *__restrict__ x_out)
{
  const Step step{x, b, inverse_diagonal, d, x_out, keep, scale};
  switch (block_size) {
  case 1: advance<1>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, step); break;
  case 3: advance<3>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, step); break;
  case 6: advance<6>(n_block_rows, n_vectors, rows, slice_starts, columns, entries, step); break;
  }
}
