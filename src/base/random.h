#pragma once
// Random numbers that one seed repeats bit for bit, on any machine and at any thread count.
//
// Two kinds. `counter_*`: a pure function of (seed, stream, index), so rows can be made in any order and
// in parallel. `RandomSequence`: a fast sequential generator for one owner (one tree, one shuffle).
// Source: SplitMix64 (Steele, Lea, Flood 2014) as the mixing function.

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace tidemill {

constexpr uint64_t mix64(uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr uint64_t counter_bits(uint64_t seed, uint64_t stream, uint64_t index) {
  return mix64(mix64(mix64(seed) ^ stream) ^ index);
}

// Uniform in [0, 1) with 53 random bits.
constexpr double unit_double(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

constexpr double counter_uniform(uint64_t seed, uint64_t stream, uint64_t index) {
  return unit_double(counter_bits(seed, stream, index));
}

// A seed of its own for each part of a job, for example each tree of a forest.
constexpr uint64_t derive_seed(uint64_t seed, uint64_t part) {
  return counter_bits(seed, 0x5eed, part);
}

class RandomSequence {
 public:
  explicit RandomSequence(uint64_t seed) : state_(seed) {}

  uint64_t next_bits() {
    const uint64_t out = mix64(state_);
    state_ += 0x9e3779b97f4a7c15ULL;
    return out;
  }
  double next_uniform() { return unit_double(next_bits()); }
  // Uniform in [0, bound), bound > 0 and < 2^32. Source: Lemire 2019, without the rejection step (bias <
  // 2^-32).
  uint32_t next_below(uint32_t bound) {
    return static_cast<uint32_t>(((next_bits() >> 32) * static_cast<uint64_t>(bound)) >> 32);
  }

 private:
  uint64_t state_;
};

}  // namespace tidemill
