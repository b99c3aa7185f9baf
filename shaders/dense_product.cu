// Y = A X for a symmetric dense matrix and a few vectors side by side: a block of 256 threads takes 32 rows of one
// vector, each row shared by 8 threads. X and Y are stored row by row. In array code: Y = A @ X.
extern "C" __global__ void dense_product(const int n_rows, const int n_vectors, const float *__restrict__ entries,
                                         const float *__restrict__ x, float *__restrict__ y_out)
{
  __shared__ float sums[256];
  const int lane = threadIdx.x % 32, part = threadIdx.x / 32;
  const int row = blockIdx.x / n_vectors * 32 + lane, vector = blockIdx.x % n_vectors;
  float sum = 0.0f;
  if (row < n_rows) {
    for (int column = part; column < n_rows; column += 8) {
      sum += entries[static_cast<long long>(column) * n_rows + row] * x[column * n_vectors + vector];
    }
  }
  sums[threadIdx.x] = sum;
  __syncthreads();
  for (int half = 4; half > 0; half /= 2) {
    if (part < half) {
      sums[threadIdx.x] += sums[threadIdx.x + half * 32];
    }
    __syncthreads();
  }
  if (part == 0 && row < n_rows) {
    y_out[row * n_vectors + vector] = sums[lane];
  }
}
