// X += alpha P and R -= alpha Q, with R rounded for the preconditioner and the sums of R R over the rows of each block
// of threads, by vector. A vector whose alpha is zero stays. All vectors are stored row by row; the block has a
// multiple of n_vectors threads. In array code: X += alpha * P; R -= alpha * Q; rounded = R; (R * R).sum(axis=0).
#include "pcg_scalars.cuh"

extern "C" __global__ void pcg_advance(const int n_rows, const int n_vectors, const double *__restrict__ scalars,
                                       const double *__restrict__ p, const double *__restrict__ q,
                                       double *__restrict__ x, double *__restrict__ r, float *__restrict__ rounded_out,
                                       double *__restrict__ partial_out)
{
  const int n_lanes = blockDim.x / n_vectors, vector = threadIdx.x % n_vectors;
  const double alpha = scalars[ALPHA * n_vectors + vector];
  double sum = 0.0;
  for (long long row = blockIdx.x * n_lanes + threadIdx.x / n_vectors; row < n_rows;
       row += static_cast<long long>(gridDim.x) * n_lanes) {
    const long long index = row * n_vectors + vector;
    double residual = r[index];
    if (alpha != 0.0) {
      x[index] += alpha * p[index];
      residual -= alpha * q[index];
      r[index] = residual;
    }
    rounded_out[index] = static_cast<float>(residual);
    sum += residual * residual;
  }
  const double squares = block_sum(sum, n_vectors);
  if (threadIdx.x < n_vectors) {
    partial_out[blockIdx.x * n_vectors + vector] = squares;
  }
}
