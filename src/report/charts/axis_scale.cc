#include "report/charts/axis_scale.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/strings.h"

namespace gre {
namespace {

// The least of 1, 2, 2.5, 5 times a power of ten that is not below `least`.
double NiceStep(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::vector<AxisTick> LinearTicks(AxisRange values, int most) {
  const double step = NiceStep((values.to - values.from) / std::max(most - 1, 1));
  constexpr double kSlack = 1e-9;
  std::vector<AxisTick> ticks;
  for (double i = std::ceil(values.from / step - kSlack); i * step <= values.to + kSlack * step;
       ++i) {
    // i * step carries the error of step; the label must not.
    const double value = std::round(i * step * 1e9) / 1e9;
    ticks.push_back({value, NumberLabel(value)});
  }
  return ticks;
}

std::vector<AxisTick> LogTicks(AxisRange values) {
  const double decades = std::log10(values.to / values.from);
  const bool minor = decades <= 6;
  std::vector<AxisTick> ticks;
  const int first = static_cast<int>(std::floor(std::log10(values.from)));
  const int last = static_cast<int>(std::ceil(std::log10(values.to)));
  for (int exponent = first; exponent <= last; ++exponent) {
    for (int digit = 1; digit <= 9; ++digit) {
      const double value = digit * std::pow(10, exponent);
      if (value < values.from * (1 - 1e-9) || value > values.to * (1 + 1e-9)) continue;
      const bool labelled = digit == 1 || (decades <= 2 && (digit == 2 || digit == 5));
      if (labelled || minor) ticks.push_back({value, labelled ? NumberLabel(value) : ""});
    }
  }
  return ticks;
}

}  // namespace

AxisScale AxisScale::Linear(AxisRange values, AxisRange pixels) {
  GRE_CHECK(values.from < values.to);
  return {false, values, pixels};
}

AxisScale AxisScale::Log(AxisRange values, AxisRange pixels) {
  GRE_CHECK(0 < values.from && values.from < values.to);
  return {true, values, pixels};
}

double AxisScale::At(double value) const {
  const double inside = std::clamp(value, values_.from, values_.to);
  const double share = log_ ? std::log(inside / values_.from) / std::log(values_.to / values_.from)
                            : (inside - values_.from) / (values_.to - values_.from);
  return pixels_.from + share * (pixels_.to - pixels_.from);
}

double AxisScale::ValueAt(double pixel) const {
  const double share = (pixel - pixels_.from) / (pixels_.to - pixels_.from);
  return log_ ? values_.from * std::pow(values_.to / values_.from, share)
              : values_.from + share * (values_.to - values_.from);
}

std::vector<AxisTick> AxisScale::Ticks(int most) const {
  return log_ ? LogTicks(values_) : LinearTicks(values_, most);
}

std::string NumberLabel(double value) {
  std::string text = FormatFixed(value, 9);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  const size_t first = text.starts_with('-') ? 1 : 0;
  const size_t point = std::min(text.find('.'), text.size());
  for (size_t i = point; i > first + 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

}  // namespace gre
