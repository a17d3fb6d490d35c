#include "dataset/export/record_writers.h"

#include <array>
#include <cstdio>

#include <archive.h>
#include <archive_entry.h>

#include "core/check.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

std::string Padded(int64_t number, const char* format) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<long long>(number));
  return text.data();
}

}  // namespace

Result<RecordFileWriter> RecordFileWriter::Create(const std::string& path, Layout layout) {
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(path));
  return RecordFileWriter(std::move(file), layout);
}

Status RecordFileWriter::Flush() {
  GRE_RETURN_IF_ERROR(file_.Write(buffer_));
  buffer_.clear();
  return {};
}

Status RecordFileWriter::Write(std::string_view json) {
  if (layout_ == Layout::kArray) buffer_ += records_ == 0 ? "[\n" : ",\n";
  buffer_ += json;
  if (layout_ == Layout::kLines) buffer_ += '\n';
  ++records_;
  return buffer_.size() < kBufferBytes ? Status() : Flush();
}

Status RecordFileWriter::Commit() {
  if (layout_ == Layout::kArray) buffer_ += records_ == 0 ? "[]\n" : "\n]\n";
  GRE_RETURN_IF_ERROR(Flush());
  return file_.Commit();
}

struct ShardWriter::Shard {
  explicit Shard(AtomicFileWriter writer) : file(std::move(writer)), tar(archive_write_new()) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard() { archive_write_free(tar); }

  static la_ssize_t Receive(struct archive*, void* shard, const void* bytes, size_t size) {
    auto* self = static_cast<Shard*>(shard);
    const Status written = self->file.Write({static_cast<const char*>(bytes), size});
    if (!written.ok()) {
      self->failure = written;
      return -1;
    }
    self->bytes += static_cast<int64_t>(size);
    return static_cast<la_ssize_t>(size);
  }

  // The error of a call of libarchive.
  [[nodiscard]] Status Failed() const {
    if (!failure.ok()) return failure;
    const char* text = archive_error_string(tar);
    return Error{ErrorCode::kInternal,
                 Concat({"tar shard: ", text == nullptr ? "unknown error" : text})};
  }

  Status Add(const std::string& name, std::string_view content) {
    const std::unique_ptr<struct archive_entry, decltype(&archive_entry_free)> entry(
        archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    if (archive_write_header(tar, entry.get()) != ARCHIVE_OK) return Failed();
    if (!content.empty() && archive_write_data(tar, content.data(), content.size()) !=
                                static_cast<la_ssize_t>(content.size())) {
      return Failed();
    }
    return {};
  }

  AtomicFileWriter file;
  struct archive* tar;
  Status failure;
  int64_t records = 0;
  int64_t bytes = 0;
};

ShardWriter::ShardWriter(std::string prefix, const Limits& limits)
    : prefix_(std::move(prefix)), limits_(limits) {}
ShardWriter::ShardWriter(ShardWriter&&) noexcept = default;
ShardWriter::~ShardWriter() = default;

std::string ShardWriter::NextKey() const { return Padded(records_, "%09lld"); }

Status ShardWriter::Open() {
  GRE_ASSIGN_OR_RETURN(
      AtomicFileWriter file,
      AtomicFileWriter::Create(Concat({prefix_, "-", Padded(shards_, "%06lld"), ".tar"})));
  shard_ = std::make_unique<Shard>(std::move(file));
  ++shards_;
  if (archive_write_set_format_ustar(shard_->tar) != ARCHIVE_OK ||
      archive_write_set_bytes_per_block(shard_->tar, static_cast<int>(kBufferBytes)) !=
          ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(shard_->tar, 1) != ARCHIVE_OK ||
      archive_write_open(shard_->tar, shard_.get(), nullptr, &Shard::Receive, nullptr) !=
          ARCHIVE_OK) {
    return shard_->Failed();
  }
  return {};
}

Status ShardWriter::Close() {
  GRE_CHECK(shard_ != nullptr);
  if (archive_write_close(shard_->tar) != ARCHIVE_OK) return shard_->Failed();
  GRE_RETURN_IF_ERROR(shard_->file.Commit());
  shard_.reset();
  return {};
}

Status ShardWriter::Write(std::string_view json, std::string_view image,
                          std::string_view extension) {
  if (shard_ == nullptr) GRE_RETURN_IF_ERROR(Open());
  const std::string key = NextKey();
  if (!image.empty()) GRE_RETURN_IF_ERROR(shard_->Add(Concat({key, ".", extension}), image));
  GRE_RETURN_IF_ERROR(shard_->Add(key + ".json", json));
  ++records_;
  ++shard_->records;
  const bool full = shard_->records >= limits_.records || shard_->bytes >= limits_.bytes;
  return full ? Close() : Status();
}

Status ShardWriter::Commit() { return shard_ == nullptr ? Status() : Close(); }

}  // namespace gre
