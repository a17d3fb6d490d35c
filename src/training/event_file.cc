#include "training/event_file.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "core/strings.h"

namespace gre {
namespace {

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  constexpr uint32_t kReversedPolynomial = 0x82f63b78;
  std::array<uint32_t, 256> table = {};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
    table[i] = crc;
  }
  return table;
}

// So that a checksum of data which holds checksums is sound (TFRecord's own convention).
uint32_t Masked(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8; }

template <typename Number>
void PutLittleEndian(std::string& out, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i) {
    out += static_cast<char>((number >> (8 * i)) & 0xff);
  }
}

// Protocol buffers' wire format.
void PutVarint(std::string& out, uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80);
  out += static_cast<char>(number);
}
enum WireType : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
void PutTag(std::string& out, uint64_t field, WireType type) { PutVarint(out, field << 3 | type); }
void PutBytes(std::string& out, uint64_t field, std::string_view bytes) {
  PutTag(out, field, kBytes);
  PutVarint(out, bytes.size());
  out += bytes;
}

// Event: double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;
// SessionLog session_log = 7.
std::string EventHead(double wall_seconds, int64_t step) {
  std::string event;
  PutTag(event, 1, kFixed64);
  PutLittleEndian(event, std::bit_cast<uint64_t>(wall_seconds));
  PutTag(event, 2, kVarint);
  PutVarint(event, static_cast<uint64_t>(step));
  return event;
}

}  // namespace

uint32_t Crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
  }
  return crc ^ 0xffffffff;
}

std::string TfRecordFrame(std::string_view data) {
  std::string frame;
  PutLittleEndian(frame, static_cast<uint64_t>(data.size()));
  PutLittleEndian(frame, Masked(Crc32c(frame)));
  frame += data;
  PutLittleEndian(frame, Masked(Crc32c(data)));
  return frame;
}

std::string ScalarEvent(double wall_seconds, int64_t step, std::span<const EventScalar> scalars) {
  std::string summary;  // repeated Value value = 1
  for (const EventScalar& scalar : scalars) {
    std::string value;  // string tag = 1; float simple_value = 2
    PutBytes(value, 1, scalar.tag);
    PutTag(value, 2, kFixed32);
    PutLittleEndian(value, std::bit_cast<uint32_t>(scalar.value));
    PutBytes(summary, 1, value);
  }
  std::string event = EventHead(wall_seconds, step);
  PutBytes(event, 5, summary);
  return event;
}

Result<EventFile> EventFile::Create(const std::string& directory, double wall_seconds,
                                    int64_t from_step) {
  const std::string stem = Concat(
      {directory, "/events.out.tfevents.", std::to_string(static_cast<int64_t>(wall_seconds))});
  std::string path;
  UniqueFd fd;
  for (int number = 0; number < 1000; ++number) {
    path = Concat({stem, ".gre.", std::to_string(number)});
    fd = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
    if (fd.get() >= 0 || errno != EEXIST) break;
  }
  if (fd.get() < 0) {
    return Error{ErrorCode::kUnavailable, Concat({path, ": ", std::strerror(errno)})};
  }
  EventFile file(std::move(fd), path);
  std::string version = EventHead(wall_seconds, 0);
  PutBytes(version, 3, "brain.Event:2");
  GRE_RETURN_IF_ERROR(file.Write(version));
  if (from_step > 0) {
    std::string start = EventHead(wall_seconds, from_step);
    std::string session;  // SessionLog: SessionStatus status = 1; START = 1
    PutTag(session, 1, kVarint);
    PutVarint(session, 1);
    PutBytes(start, 7, session);
    GRE_RETURN_IF_ERROR(file.Write(start));
  }
  return file;
}

Status EventFile::Append(double wall_seconds, int64_t step, std::span<const EventScalar> scalars) {
  return Write(ScalarEvent(wall_seconds, step, scalars));
}

Status EventFile::Write(std::string_view record) {
  const std::string frame = TfRecordFrame(record);
  std::string_view left = frame;
  while (!left.empty()) {
    const ssize_t written = ::write(fd_.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return Error{ErrorCode::kUnavailable, Concat({path_, ": ", std::strerror(errno)})};
    }
    left.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace gre
