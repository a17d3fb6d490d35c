#pragma once

#include <string>
#include <vector>

namespace gre {

struct AxisRange {
  double from = 0;
  double to = 1;
};

struct AxisTick {
  double value = 0;
  std::string label;  // empty for a minor tick
};

// Values to positions along an axis, in pixels; pixels may fall where values rise. Pure.
class AxisScale {
 public:
  // `values` finite and rising, `pixels` finite.
  static AxisScale Linear(AxisRange values, AxisRange pixels);
  // Logarithmic; values > 0.
  static AxisScale Log(AxisRange values, AxisRange pixels);

  // Values outside the range lie at its ends. NaN is the caller's to leave out.
  [[nodiscard]] double At(double value) const;
  // The value at a position; the inverse of At within the range.
  [[nodiscard]] double ValueAt(double pixel) const;

  // Linear: multiples of 1, 2, 2.5 or 5 times a power of ten, at most `most` of them. Log: the
  // powers of ten, with 2 to 9 times them as minor ticks where there are at most six decades;
  // within two decades 2 and 5 times them are labelled too. Labels as of NumberLabel.
  [[nodiscard]] std::vector<AxisTick> Ticks(int most = 6) const;

  [[nodiscard]] AxisRange values() const { return values_; }
  [[nodiscard]] AxisRange pixels() const { return pixels_; }

 private:
  AxisScale(bool log, AxisRange values, AxisRange pixels)
      : log_(log), values_(values), pixels_(pixels) {}

  bool log_;
  AxisRange values_;
  AxisRange pixels_;
};

// "12,500", "0.25": the shortest decimal number, thousands grouped.
std::string NumberLabel(double value);

}  // namespace gre
