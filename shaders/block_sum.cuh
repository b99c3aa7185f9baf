// The sum over a block of one number of each thread, by vector: thread t holds a number of vector t % n_vectors, and
// the block has a multiple of n_vectors threads, 256 at most. The order of summation is fixed, so that runs repeat
// exactly.
#pragma once

static __device__ __forceinline__ double block_sum(const double number, const int n_vectors)
{
  __shared__ double sums[256];
  const int lane = threadIdx.x / n_vectors, n_lanes = blockDim.x / n_vectors;
  sums[threadIdx.x] = number;
  __syncthreads();
  for (int half = 128; half > 0; half /= 2) {
    if (lane < half && lane + half < n_lanes) {
      sums[threadIdx.x] += sums[threadIdx.x + half * n_vectors];
    }
    __syncthreads();
  }
  const double sum = sums[threadIdx.x % n_vectors];
  __syncthreads();
  return sum;
}
