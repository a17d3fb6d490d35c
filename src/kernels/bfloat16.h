#pragma once

#include <cstdint>

namespace gre {

// The upper half of a float32, as LibTorch and model files store it.
struct BFloat16 {
  uint16_t bits;
};

}  // namespace gre
