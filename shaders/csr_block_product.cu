// Y = A X for a sparse matrix A in CSR form and a few vectors side by side, one thread per number of Y.
// X and Y are stored row by row: the vectors' values at one point lie together, so that neighbouring threads share the
// entry of A which they read and take neighbouring numbers of X. In array code: Y = A @ X.
extern "C" __global__ void csr_block_product(const int n_rows, const int n_vectors, const int *__restrict__ row_starts,
                                             const int *__restrict__ columns, const double *__restrict__ entries,
                                             const double *__restrict__ x, double *__restrict__ y_out)
{
  const long long index = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x;
  const long long row = index / n_vectors;
  if (row >= n_rows) {
    return;
  }
  const long long vector = index % n_vectors;
  double sum = 0.0;
  for (int k = row_starts[row]; k < row_starts[row + 1]; ++k) {
    sum += entries[k] * x[columns[k] * static_cast<long long>(n_vectors) + vector];
  }
  y_out[index] = sum;
}
