#include "reasoning/reply.h"

#include <array>

#include "core/strings.h"

namespace gre {
namespace {

enum class Mark { kOpenThink, kCloseThink, kOpenAnswer, kCloseAnswer };

struct FoundMark {
  Mark mark;
  size_t begin;
  size_t end;
};

constexpr std::array<std::string_view, 4> kMarks = {"<think>", "</think>", "<answer>", "</answer>"};

bool StartsWithIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

std::optional<FoundMark> FindMark(std::string_view text, size_t from) {
  for (size_t at = text.find('<', from); at != std::string_view::npos;
       at = text.find('<', at + 1)) {
    for (size_t i = 0; i < kMarks.size(); ++i) {
      if (StartsWithIgnoringCase(text.substr(at), kMarks[i])) {
        return FoundMark{static_cast<Mark>(i), at, at + kMarks[i].size()};
      }
    }
  }
  return std::nullopt;
}

// Consumes the marks in order. Outside blocks, text goes to `rest`.
class Splitter {
 public:
  explicit Splitter(std::string_view reply) : reply_(reply) {}

  ReplyParts Run() {
    for (auto mark = FindMark(reply_, 0); mark; mark = FindMark(reply_, mark->end)) {
      parts_.has_marks = true;
      switch (state_) {
        case State::kOutside:
          InOutside(*mark);
          break;
        case State::kThinking:
          InThinking(*mark);
          break;
        case State::kAnswer:
          InAnswer(*mark);
          break;
      }
    }
    Finish();
    return std::move(parts_);
  }

 private:
  enum class State { kOutside, kThinking, kAnswer };

  void InOutside(const FoundMark& mark) {
    switch (mark.mark) {
      case Mark::kOpenThink:
        CloseOutside(mark);
        seen_thinking_ = true;
        Enter(State::kThinking, mark.end);
        break;
      case Mark::kCloseThink:
        if (!seen_thinking_) {  // all so far was thinking whose opening mark stood in the prompt
          parts_.answer.reset();
          parts_.rest.clear();
          block_begin_ = 0;
          CloseThinking(mark);
          seen_thinking_ = true;
        }
        break;
      case Mark::kOpenAnswer:
        CloseOutside(mark);
        Enter(State::kAnswer, mark.end);
        break;
      case Mark::kCloseAnswer:
        break;
    }
  }

  void InThinking(const FoundMark& mark) {
    switch (mark.mark) {
      case Mark::kOpenThink:
        break;
      case Mark::kCloseThink:
        CloseThinking(mark);
        break;
      case Mark::kOpenAnswer:
        inner_answer_ = mark;
        break;
      case Mark::kCloseAnswer:
        inner_answer_end_ = mark;
        break;
    }
  }

  void InAnswer(const FoundMark& mark) {
    if (mark.mark == Mark::kCloseAnswer) {
      parts_.answer = Between(block_begin_, mark.begin);
      Enter(State::kOutside, mark.end);
    } else if (mark.mark == Mark::kOpenAnswer) {
      block_begin_ = mark.end;
    } else if (mark.mark == Mark::kCloseThink && !seen_thinking_) {
      state_ = State::kOutside;
      InOutside(mark);
    }
  }

  void Finish() {
    const std::string_view tail = Between(block_begin_, reply_.size());
    switch (state_) {
      case State::kOutside:
        parts_.rest.append(tail);
        break;
      case State::kAnswer:
        parts_.open_answer = tail;
        break;
      case State::kThinking:
        if (inner_answer_ && inner_answer_end_ && inner_answer_->end <= inner_answer_end_->begin &&
            Trim(reply_.substr(inner_answer_end_->end)).empty()) {
          parts_.answer = Between(inner_answer_->end, inner_answer_end_->begin);
          parts_.thinking = Between(block_begin_, inner_answer_->begin);
        } else {
          parts_.thinking = tail;
        }
        break;
    }
  }

  void Enter(State state, size_t at) {
    state_ = state;
    block_begin_ = at;
    inner_answer_.reset();
    inner_answer_end_.reset();
  }

  void CloseOutside(const FoundMark& mark) {
    parts_.rest.append(Between(block_begin_, mark.begin));
  }

  void CloseThinking(const FoundMark& mark) {
    const std::string_view thinking = Between(block_begin_, mark.begin);
    if (!Trim(thinking).empty()) parts_.thinking = thinking;
    Enter(State::kOutside, mark.end);
  }

  [[nodiscard]] std::string_view Between(size_t begin, size_t end) const {
    return reply_.substr(begin, end - begin);
  }

  std::string_view reply_;
  ReplyParts parts_;
  State state_ = State::kOutside;
  size_t block_begin_ = 0;
  bool seen_thinking_ = false;
  std::optional<FoundMark> inner_answer_;  // the last of each within thinking
  std::optional<FoundMark> inner_answer_end_;
};

}  // namespace

ReplyParts SplitReply(std::string_view reply) { return Splitter(reply).Run(); }

std::string RenderReply(std::string_view thinking, std::string_view answer) {
  std::string reply = "<think>\n";
  reply.append(thinking).append("\n</think>\n<answer>").append(answer).append("</answer>");
  return reply;
}

}  // namespace gre
