// The two types that a model computes with, and functions of float32. Whatever the type, kernels calculate in float32 and round once.
#ifndef MILLRACE_NUMBERS_H
#define MILLRACE_NUMBERS_H

#include <stdint.h>
#include <string.h>

typedef enum { FLOAT32, BFLOAT16 } Type;

#define INLINE static inline __attribute__((always_inline))

INLINE int64_t bytes_of(int64_t elements, Type type) {
  return elements * (type == BFLOAT16 ? 2 : 4);
}

INLINE float of_bits(uint32_t bits) {
  float number;
  memcpy(&number, &bits, 4);
  return number;
}

INLINE uint32_t bits_of(float number) {
  uint32_t bits;
  memcpy(&bits, &number, 4);
  return bits;
}

// Integers in the order of the numbers whose bits they come from, and back. A largest integer is found sooner than a largest number, and is no number's
// if one of them was none.
INLINE int32_t ordered(float number) {
  int32_t bits = (int32_t)bits_of(number);
  return bits ^ (bits >> 31 & 0x7fffffff);
}

INLINE float of_ordered(int32_t order) {
  return of_bits((uint32_t)(order ^ (order >> 31 & 0x7fffffff)));
}

INLINE float load(const void *row, int64_t i, Type type) {
  return type == BFLOAT16 ? of_bits((uint32_t)((const uint16_t *)row)[i] << 16) : ((const float *)row)[i];
}

// Rounds to the nearest, of two to the even one.
INLINE void store(void *row, int64_t i, float number, Type type) {
  if (type == BFLOAT16) {
    uint32_t bits = bits_of(number);
    ((uint16_t *)row)[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  } else {
    ((float *)row)[i] = number;
  }
}

// e^x to float32's precision, 0 below -87: numbers that small would only be slow. 2^n e^r with the polynomial of Cephes' expf
// (https://www.netlib.org/cephes), which compilers turn into vectors.
INLINE float exponential(float x) {
  float bounded = x < -87 ? -87 : x > 88 ? 88 : x;
  float n = __builtin_rintf(bounded * 1.44269504f);
  float r = bounded - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  float found = of_bits(bits_of(p) + ((uint32_t)(int32_t)n << 23));
  return x < -87 ? 0 : found;
}

INLINE float sigmoid(float x) {
  return 1 / (1 + exponential(-x));
}

#endif
