// What a training step computes between its products: each kernel reads and writes memory once where the engine's operations, which
// program/fused/engine.py puts together for the same, take several turns.
#ifndef MILLRACE_KERNELS_H
#define MILLRACE_KERNELS_H

#include "numbers.h"

typedef struct {
  char *data;
  int64_t rows;     // of a matrix, or of a tensor [rows, groups, columns]; a vector's elements
  int64_t groups;   // 1 but for the latter
  int64_t columns;  // 1 of a vector
  int64_t stride;   // bytes from row to row; within a row elements lie one after the other
  Type type;        // of floating-point numbers; others are int64
} Tensor;

typedef struct {
  Tensor tensors[5];
  double number;
} Arguments;

// Computes rows from `first` up to `last` of as many as the first tensor has; none depends on another. Sizes are the caller's to get right.
typedef void Kernel(const Arguments *a, int64_t first, int64_t last);

// (out, gate_up [T, 2 f]):  out = silu(gate) up.
Kernel swiglu;

// (dm [T, f], gate_up):  gate, up, dm = dm up silu'(gate), dm silu(gate), silu(gate) up.
Kernel swiglu_gradient;

// (out [T, d], r [T] float32, x, w [d]; epsilon):  r = 1 / sqrt(mean(x^2) + epsilon);  out = x r w.
Kernel norm;

// (onto [T, d], dy, x, w, r):  with g = w dy, onto += r (g - x r^2 mean(g x));  where onto is dy, it takes its place instead.
Kernel norm_gradient;

// (out [n, D], x [T, heads, D], cos and sin [T, 1, D], index [n] int64):  rows of x cos + swap(x) sin, seen as [T * heads, D].
Kernel rotate;

// (out [n, D], x [m, D] or [T, heads, D], index [n] int64):  rows of x, seen as [m, D].
Kernel gather;

// (out [n, D], x, index, real [n]):  the same, 0 where `real` is 0.
Kernel gather_real;

// (x [T, heads, D], cos, sin):  x = x cos + swap(x sin), the transpose of the rotation.
Kernel unrotate;

// (z [n, V], losses [n] float32, totals [n] float32, labels [n] int64):  what loss.py says, with e in the place of z.
Kernel cross_entropy;

// (s [G m, n], mask [m, n]; scale):  s = softmax(scale s + mask).
Kernel softmax;

// (dp [G m, n], p):  dp = p (dp - rowsum(p dp)).
Kernel softmax_gradient;

// (part [n], sum [n] float32):  sum += part.
Kernel accumulate;

#endif
