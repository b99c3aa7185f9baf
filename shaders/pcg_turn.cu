// What follows a step, from the partial sums of r · r, z · r and z · q; one block of threads per vector. Decides
// whether the vector is done and finds the flexible beta of Polak and Ribière, z · (r - r_old) / (r · z)_old with r -
// r_old = - alpha q. In array code: see twin3d/fem/multigrid/gradients.py.
#include "pcg_scalars.cuh"

extern "C" __global__ void pcg_turn(const int n_partials, const int n_vectors, const double *__restrict__ rr_partial,
                                    const double *__restrict__ zr_partial, const double *__restrict__ zq_partial,
                                    double *scalars)
{
  const int vector = blockIdx.x;
  const double rr = total(rr_partial, n_partials, n_vectors, vector);
  const double zr = total(zr_partial, n_partials, n_vectors, vector);
  const double zq = total(zq_partial, n_partials, n_vectors, vector);
  double *column = scalars + vector;
  if (threadIdx.x != 0 || column[STATE * n_vectors] != 0.0) {
    return;
  }
  column[BETA * n_vectors] = -column[ALPHA * n_vectors] * zq / column[RZ * n_vectors];
  column[RZ * n_vectors] = zr;
  column[RR * n_vectors] = rr;
  column[N_ITERATIONS * n_vectors] += 1.0;
  if (rr <= column[GOAL * n_vectors]) {
    column[STATE * n_vectors] = 1.0;
  } else if (!(zr > 0.0)) {
    column[STATE * n_vectors] = 2.0;
  }
}
