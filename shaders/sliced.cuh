// Products of one row of blocks of a sliced ELL matrix, read by 32 neighbouring threads side by side. A slice is 32
// rows of blocks; its blocks lie place by place: at a place every row has one block, and the 32 rows' numbers of the
// same position in the block lie together. Rows that are shorter than the longest of their slice end in zeros; so that
// few are, rows are sorted by length within windows, and rows[k] says which row stands at k.
#pragma once

template <typename Real, int ROWS, int COLUMNS>
static __device__ __forceinline__ void sliced_row(const int standing, const int n_vectors, const int vector,
                                                  const int *slice_starts, const int *columns, const Real *entries,
                                                  const Real *x, Real *sums)
{
  const int slice = standing / 32, lane = standing % 32;
  for (int row = 0; row < ROWS; ++row) {
    sums[row] = 0;
  }
  for (long long place = slice_starts[slice]; place < slice_starts[slice + 1]; ++place) {
    const Real *block = entries + place * 32 * ROWS * COLUMNS + lane;
    const Real *numbers = x + columns[place * 32 + lane] * static_cast<long long>(COLUMNS) * n_vectors + vector;
    for (int column = 0; column < COLUMNS; ++column) {
      const Real number = numbers[static_cast<long long>(column) * n_vectors];
      for (int row = 0; row < ROWS; ++row) {
        sums[row] += block[(row * COLUMNS + column) * 32] * number;
      }
    }
  }
}
