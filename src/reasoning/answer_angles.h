#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "reasoning/answer_lexer.h"

namespace gre {

// Angles and axis labels among the tokens of an answer. Internal to reasoning.

enum class Axis { kNone, kLatitude, kLongitude };

// One angle: [hemisphere] [sign] degrees [minutes [seconds]] [hemisphere], the tokens [begin, end).
struct Angle {
  size_t begin = 0;
  size_t end = 0;
  double degrees = 0;       // signed
  Axis axis = Axis::kNone;  // by its hemisphere letter or word
  char sign = 0;
  bool glued = false;
  bool has_fraction = false;
  bool degree_mark = false;
  bool sexagesimal = false;
  bool colons = false;  // 48:51:30
  bool decimal_comma = false;
  bool prefix_letter = false;
  bool suffix_letter = false;
  std::string_view problem;  // why its value cannot be trusted; empty when it can
};

// All angles, in order, not overlapping; numbers that are no coordinates are left out.
std::vector<Angle> FindAngles(std::span<const Token> tokens);

// A word that names an axis.
struct AxisLabel {
  size_t token = 0;
  Axis axis = Axis::kNone;
  bool weak = false;        // counts only right before its number
  bool quoted_key = false;  // "latitude":
};
std::vector<AxisLabel> FindLabels(std::span<const Token> tokens);

}  // namespace gre
