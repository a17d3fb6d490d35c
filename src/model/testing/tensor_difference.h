#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

namespace gre {

// The largest difference of float32 values from a golden's, in the order in which they lie.
inline double LargestDifference(const at::Tensor& values, const std::vector<float>& expected) {
  const at::Tensor flat = values.contiguous();
  EXPECT_EQ(flat.numel(), static_cast<int64_t>(expected.size()));
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest =
        std::max(largest, std::abs(double{flat.const_data_ptr<float>()[i]} - double{expected[i]}));
  }
  return largest;
}

}  // namespace gre
