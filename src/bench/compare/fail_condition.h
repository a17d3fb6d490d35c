#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gre {

// When a comparison is to fail, for use in continuous integration:
//
//   condition = metric ("<" | "<=" | ">" | ">=") bound
//   bound     = number | "base" [("+" | "-") number]
//   number    = decimal number, or one with "%" behind it (a hundredth)
//
// "acc@25 < base - 0.01", "median_km > base + 5", "parsed < 95%". White space does not matter.
struct FailCondition {
  enum class Operator { kLess, kLessEqual, kGreater, kGreaterEqual };

  std::string text = {};  // as written
  std::string metric = {};
  Operator comparison = Operator::kLess;
  bool relative = false;  // the bound is the base's figure plus `number`
  double number = 0;

  // Whether a system with this figure fails; `base` is that of the first system. A figure that is
  // NaN fails: a check that cannot be made is not passed.
  [[nodiscard]] bool Fails(double value, double base) const;
  [[nodiscard]] double Bound(double base) const { return relative ? base + number : number; }
};

std::string_view OperatorText(FailCondition::Operator comparison);  // "<", …

// kInvalidArgument names the character (from 1) at which something else was expected. Whether the
// metric exists is the comparison's to say.
Result<FailCondition> ParseFailCondition(std::string_view text);

}  // namespace gre
