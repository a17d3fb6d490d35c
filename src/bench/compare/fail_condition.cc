#include "bench/compare/fail_condition.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/strings.h"

namespace gre {
namespace {

bool IsMetricCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '@' || c == '.';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<FailCondition> Parse() {
    FailCondition condition;
    condition.text = Trim(text_);
    const std::string_view metric = TakeWord();
    if (metric.empty()) return Expected("a metric such as acc@25");
    condition.metric = metric;
    GRE_ASSIGN_OR_RETURN(condition.comparison, TakeOperator());
    SkipSpace();
    if (Rest().starts_with("base")) {
      at_ += 4;
      condition.relative = true;
      SkipSpace();
      if (at_ == text_.size()) return condition;
      const char sign = text_[at_];
      if (sign != '+' && sign != '-') return Expected("+, - or the end");
      ++at_;
      GRE_ASSIGN_OR_RETURN(const double offset, TakeNumber("a number", /*may_be_negative=*/false));
      condition.number = sign == '-' ? -offset : offset;
    } else {
      GRE_ASSIGN_OR_RETURN(condition.number,
                           TakeNumber("a number or 'base'", /*may_be_negative=*/true));
    }
    SkipSpace();
    if (at_ != text_.size()) return Expected("the end");
    return condition;
  }

 private:
  [[nodiscard]] std::string_view Rest() const { return text_.substr(at_); }

  void SkipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  std::string_view TakeWord() {
    SkipSpace();
    const size_t begin = at_;
    while (at_ < text_.size() && IsMetricCharacter(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Result<FailCondition::Operator> TakeOperator() {
    SkipSpace();
    if (at_ == text_.size() || (text_[at_] != '<' && text_[at_] != '>')) {
      return Expected("<, <=, > or >=");
    }
    const bool less = text_[at_++] == '<';
    const bool equal = at_ < text_.size() && text_[at_] == '=';
    at_ += equal ? 1 : 0;
    using Operator = FailCondition::Operator;
    if (less) return equal ? Operator::kLessEqual : Operator::kLess;
    return equal ? Operator::kGreaterEqual : Operator::kGreater;
  }

  Result<double> TakeNumber(std::string_view expected, bool may_be_negative) {
    SkipSpace();
    const size_t begin = at_;
    if (may_be_negative && Rest().starts_with("-")) ++at_;
    const auto is_part = [&](size_t i) {
      const char c = text_[i];
      const bool exponent_sign =
          (c == '-' || c == '+') && i > begin && (text_[i - 1] == 'e' || text_[i - 1] == 'E');
      return (c >= '0' && c <= '9') || c == '.' || exponent_sign ||
             (i > begin && (c == 'e' || c == 'E'));
    };
    while (at_ < text_.size() && is_part(at_)) ++at_;
    const std::optional<double> number = ParseDouble(text_.substr(begin, at_ - begin));
    if (!number) {
      at_ = begin;
      return Expected(expected);
    }
    if (!Rest().starts_with("%")) return *number;
    ++at_;
    return *number / 100;
  }

  [[nodiscard]] Error Expected(std::string_view what) const {
    std::string message = "--fail-if '";
    message.append(text_).append("': character ").append(std::to_string(at_ + 1));
    message.append(": expected ").append(what).append(", found ");
    if (at_ == text_.size()) {
      message.append("the end");
    } else {
      // A character of more than one byte is shown whole.
      size_t end = at_ + 1;
      while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
      message.append("'").append(text_.substr(at_, end - at_)).append("'");
    }
    return {ErrorCode::kInvalidArgument, ReplaceInvalidUtf8(message)};
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool FailCondition::Fails(double value, double base) const {
  const double bound = Bound(base);
  if (std::isnan(value) || std::isnan(bound)) return true;
  switch (comparison) {
    case Operator::kLess:
      return value < bound;
    case Operator::kLessEqual:
      return value <= bound;
    case Operator::kGreater:
      return value > bound;
    case Operator::kGreaterEqual:
      return value >= bound;
  }
  return true;
}

std::string_view OperatorText(FailCondition::Operator comparison) {
  switch (comparison) {
    case FailCondition::Operator::kLess:
      return "<";
    case FailCondition::Operator::kLessEqual:
      return "<=";
    case FailCondition::Operator::kGreater:
      return ">";
    case FailCondition::Operator::kGreaterEqual:
      return ">=";
  }
  return "?";
}

Result<FailCondition> ParseFailCondition(std::string_view text) { return Parser(text).Parse(); }

}  // namespace gre
