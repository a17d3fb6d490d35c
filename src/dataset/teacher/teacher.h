#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_table.h"

namespace gre {

// One answer that is wanted. Equal questions have equal answers, whatever else is asked.
struct TeacherQuestion {
  const Photo* photo = nullptr;
  int64_t sample = 0;
  int64_t attempt = 1;
};

struct TeacherReply {
  std::string text;
  std::string finish_reason = "stop";
  int64_t prompt_tokens = 0, completion_tokens = 0;
  double milliseconds = 0;
};

// Answers where photos were taken, with a chain: a model behind any engine, or the fact table.
class Teacher {
 public:
  Teacher() = default;
  Teacher(const Teacher&) = delete;
  Teacher& operator=(const Teacher&) = delete;
  virtual ~Teacher() = default;

  [[nodiscard]] virtual const TeacherRecord& record() const = 0;
  // Of the instruction; empty without one.
  [[nodiscard]] virtual const std::string& prompt_hash() const = 0;

  // One reply a question, in order; questions of one photo stand together. An error that may pass
  // is kUnavailable or kDeadlineExceeded; kCancelled when nothing came for want of time. One call
  // at a time.
  virtual std::vector<Result<TeacherReply>> Ask(std::span<const TeacherQuestion> questions,
                                                const CancellationToken& cancellation) = 0;
};

}  // namespace gre
