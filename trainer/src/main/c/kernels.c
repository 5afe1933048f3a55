#include "kernels.h"

#include <float.h>
#include <math.h>

// Each kernel is compiled for several generations of processors; the one that it runs on picks its own.
#if defined(__x86_64__) && defined(__linux__) && !defined(__clang__)
#define FOR_PROCESSORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_PROCESSORS
#endif

// Defines a kernel by what it does with one row, for both types.
#define KERNEL(name)                                                                  \
  INLINE void name##_row(const Arguments *a, int64_t row, Type type);                 \
  FOR_PROCESSORS void name(const Arguments *a, int64_t first, int64_t last) {         \
    if (a->tensors[0].type == BFLOAT16) {                                             \
      for (int64_t row = first; row < last; row++) name##_row(a, row, BFLOAT16);      \
    } else {                                                                          \
      for (int64_t row = first; row < last; row++) name##_row(a, row, FLOAT32);       \
    }                                                                                 \
  }                                                                                   \
  INLINE void name##_row(const Arguments *a, int64_t row, Type type)

// Elements of a row, of which none depends on another: rows are the same memory or don't overlap.
#define EACH(i, n) _Pragma("GCC ivdep") for (int64_t i = 0; i < (n); i++)
#define GET(x, i) load(x, i, type)
#define PUT(x, i, number) store(x, i, number, type)

INLINE char *row_of(const Tensor *x, int64_t row) {
  return x->data + row * x->stride;
}

INLINE float *float32_of(const Tensor *x, int64_t row) {
  return (float *)x->data + row;
}

INLINE int64_t int64_of(const Tensor *x, int64_t row) {
  return ((const int64_t *)x->data)[row];
}

// Has the processor fetch the row behind this one, which it doesn't foresee.
INLINE void foresee(const Tensor *x, int64_t row) {
  const char *next = row_of(x, row + 1);
  for (int64_t i = 0; i < bytes_of(x->columns, x->type); i += 64) __builtin_prefetch(next + i);
}

KERNEL(swiglu) {
  int64_t f = a->tensors[0].columns;
  char *out = row_of(&a->tensors[0], row);
  const char *gate = row_of(&a->tensors[1], row), *up = gate + bytes_of(f, type);
  foresee(&a->tensors[1], row);
  EACH(i, f) {
    float x = GET(gate, i);
    PUT(out, i, x * sigmoid(x) * GET(up, i));
  }
}

KERNEL(swiglu_gradient) {
  int64_t f = a->tensors[0].columns;
  char *dm = row_of(&a->tensors[0], row);
  char *gate = row_of(&a->tensors[1], row), *up = gate + bytes_of(f, type);
  foresee(&a->tensors[1], row);
  EACH(i, f) {
    float x = GET(gate, i), y = GET(up, i), d = GET(dm, i), s = sigmoid(x);
    PUT(gate, i, d * y * s * (1 + x * (1 - s)));
    PUT(up, i, d * x * s);
    PUT(dm, i, x * s * y);
  }
}

KERNEL(norm) {
  int64_t d = a->tensors[0].columns;
  char *out = row_of(&a->tensors[0], row);
  const char *x = row_of(&a->tensors[2], row), *w = a->tensors[3].data;
  float squares = 0;
  EACH(i, d) squares += GET(x, i) * GET(x, i);
  float r = 1 / sqrtf(squares / (float)d + (float)a->number);
  EACH(i, d) PUT(out, i, GET(x, i) * r * GET(w, i));
  *float32_of(&a->tensors[1], row) = r;
}

KERNEL(norm_gradient) {
  int64_t d = a->tensors[0].columns;
  char *onto = row_of(&a->tensors[0], row);
  const char *dy = row_of(&a->tensors[1], row), *x = row_of(&a->tensors[2], row), *w = a->tensors[3].data;
  float r = *float32_of(&a->tensors[4], row), kept = onto == dy ? 0 : 1, along = 0;
  EACH(i, d) along += GET(w, i) * GET(dy, i) * GET(x, i);
  along *= r * r / (float)d;
  EACH(i, d) PUT(onto, i, kept * GET(onto, i) + r * (GET(w, i) * GET(dy, i) - GET(x, i) * along));
}

// The row of x, seen as [m, D], that `index` names for this one.
INLINE const char *indexed(const Tensor *x, const Tensor *index, int64_t row, Type type) {
  int64_t found = int64_of(index, row);
  return row_of(x, found / x->groups) + bytes_of(found % x->groups * x->columns, type);
}

KERNEL(gather) {
  memcpy(row_of(&a->tensors[0], row), indexed(&a->tensors[1], &a->tensors[2], row, type), (size_t)bytes_of(a->tensors[0].columns, type));
}

KERNEL(gather_real) {
  if (GET(a->tensors[3].data, row) != 0) {
    gather_row(a, row, type);
  } else {
    memset(row_of(&a->tensors[0], row), 0, (size_t)bytes_of(a->tensors[0].columns, type));
  }
}

// sin's first half is negated (rotary.py), so that its other half is the angle's own.
KERNEL(rotate) {
  int64_t half = a->tensors[0].columns / 2, half_bytes = bytes_of(half, type);
  int64_t token = int64_of(&a->tensors[4], row) / a->tensors[1].groups;
  char *out = row_of(&a->tensors[0], row);
  const char *in = indexed(&a->tensors[1], &a->tensors[4], row, type);
  const char *cos = row_of(&a->tensors[2], token), *sin = row_of(&a->tensors[3], token) + half_bytes;
  EACH(i, half) {
    float p = GET(in, i), q = GET(in + half_bytes, i);
    PUT(out, i, p * GET(cos, i) - q * GET(sin, i));
    PUT(out + half_bytes, i, q * GET(cos, i) + p * GET(sin, i));
  }
}

KERNEL(unrotate) {
  int64_t half = a->tensors[0].columns / 2, half_bytes = bytes_of(half, type);
  const char *cos = row_of(&a->tensors[1], row), *sin = row_of(&a->tensors[2], row) + half_bytes;
  for (int64_t head = 0; head < a->tensors[0].groups; head++) {
    char *x = row_of(&a->tensors[0], row) + 2 * half_bytes * head;
    EACH(i, half) {
      float p = GET(x, i), q = GET(x + half_bytes, i);
      PUT(x, i, p * GET(cos, i) + q * GET(sin, i));
      PUT(x + half_bytes, i, q * GET(cos, i) - p * GET(sin, i));
    }
  }
}

KERNEL(cross_entropy) {
  int64_t size = a->tensors[0].columns, label = int64_of(&a->tensors[3], row);
  char *z = row_of(&a->tensors[0], row);
  int32_t order = INT32_MIN;
  EACH(i, size) order = ordered(GET(z, i)) > order ? ordered(GET(z, i)) : order;
  float largest = of_ordered(order), others = 0;
  float own = GET(z, label) - largest;
  PUT(z, label, -FLT_MAX);
  EACH(i, size) {
    float e = exponential(GET(z, i) - largest);
    others += e;
    PUT(z, i, e);
  }
  PUT(z, label, -others);
  float total = others + expf(own);
  *float32_of(&a->tensors[1], row) = logf(total) - own;
  *float32_of(&a->tensors[2], row) = total;
}

KERNEL(softmax) {
  int64_t n = a->tensors[0].columns;
  char *s = row_of(&a->tensors[0], row);
  const char *mask = row_of(&a->tensors[1], row % a->tensors[1].rows);
  float scale = (float)a->number, total = 0;
  int32_t order = INT32_MIN;
  EACH(i, n) {
    int32_t own = ordered(scale * GET(s, i) + GET(mask, i));
    order = own > order ? own : order;
  }
  float largest = of_ordered(order);
  EACH(i, n) total += exponential(scale * GET(s, i) + GET(mask, i) - largest);
  // once more, since a row may be long and its place holds bfloat16
  EACH(i, n) PUT(s, i, exponential(scale * GET(s, i) + GET(mask, i) - largest) / total);
}

KERNEL(softmax_gradient) {
  int64_t n = a->tensors[0].columns;
  char *dp = row_of(&a->tensors[0], row);
  const char *p = row_of(&a->tensors[1], row);
  float along = 0;
  EACH(i, n) along += GET(p, i) * GET(dp, i);
  EACH(i, n) PUT(dp, i, GET(p, i) * (GET(dp, i) - along));
}

FOR_PROCESSORS void accumulate(const Arguments *a, int64_t first, int64_t last) {
  const char *part = a->tensors[0].data;
  float *sum = (float *)a->tensors[1].data;
  if (a->tensors[0].type == BFLOAT16) {
    _Pragma("GCC ivdep") for (int64_t i = first; i < last; i++) sum[i] += load(part, i, BFLOAT16);
  } else {
    _Pragma("GCC ivdep") for (int64_t i = first; i < last; i++) sum[i] += load(part, i, FLOAT32);
  }
}
