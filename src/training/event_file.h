#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"
#include "core/unique_fd.h"

namespace gre {

// TensorBoard's event files: TFRecord frames (tensorflow/core/lib/io/record_writer.h) around
// protobuf messages Event and Summary (tensorflow/core/util/event.proto, .../summary.proto), of
// which scalars are all that is written.

// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
uint32_t Crc32c(std::string_view bytes);
// Length, masked checksum of it, `data`, masked checksum of that.
std::string TfRecordFrame(std::string_view data);

struct EventScalar {
  std::string tag;
  float value = 0;
};
// A serialised Event with a Summary.
std::string ScalarEvent(double wall_seconds, int64_t step, std::span<const EventScalar> scalars);

// One file of a run. A run that goes on gets a new one, which tells TensorBoard to forget what
// earlier ones say of later steps. Not thread-safe.
class EventFile {
 public:
  // Makes DIRECTORY/events.out.tfevents.SECONDS.gre.N with its first records; `from_step` > 0: of a
  // run that goes on, the first step to come. `wall_seconds` since 1970.
  static Result<EventFile> Create(const std::string& directory, double wall_seconds,
                                  int64_t from_step);
  // One write(); nothing is kept back.
  Status Append(double wall_seconds, int64_t step, std::span<const EventScalar> scalars);

 private:
  EventFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Status Write(std::string_view record);
  UniqueFd fd_;
  std::string path_;
};

}  // namespace gre
