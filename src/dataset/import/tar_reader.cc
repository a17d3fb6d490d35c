#include "dataset/import/tar_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <archive.h>
#include <archive_entry.h>

#include "core/strings.h"

namespace gre {
namespace {

struct ArchiveDeleter {
  void operator()(archive* handle) const { archive_read_free(handle); }
};

}  // namespace

struct TarReader::State {
  std::string name;
  std::unique_ptr<archive, ArchiveDeleter> handle{archive_read_new()};

  la_int64_t end = 0;  // of the last file that was read, in bytes of the tar

  // What was read and checked so far, in bytes of the tar.
  [[nodiscard]] la_int64_t Position() const { return archive_filter_bytes(handle.get(), 0); }

  [[nodiscard]] Error Damaged(const char* found = nullptr) const {
    const char* reason = found == nullptr ? archive_error_string(handle.get()) : found;
    if (reason == nullptr) reason = "damaged data";
    return {ErrorCode::kInvalidInput,
            Concat({name, ": expected a tar archive, found: ", ReplaceInvalidUtf8(reason),
                    " at byte ", std::to_string(Position())})};
  }

  // A tar ends with blocks of zeros.
  [[nodiscard]] bool HasEndMark() const {
    constexpr la_int64_t kBlock = 512;
    const la_int64_t padded = (end + kBlock - 1) / kBlock * kBlock;
    return Position() >= padded + kBlock;
  }

  [[nodiscard]] Status Prepare() const {
    archive_read_support_filter_gzip(handle.get());
    archive_read_support_filter_bzip2(handle.get());
    archive_read_support_filter_xz(handle.get());
    archive_read_support_filter_zstd(handle.get());
    if (archive_read_support_format_tar(handle.get()) != ARCHIVE_OK) return Damaged();
    return {};
  }
};

TarReader::TarReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader& TarReader::operator=(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

Result<TarReader> TarReader::Open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->name = path;
  GRE_RETURN_IF_ERROR(state->Prepare());
  constexpr size_t kBlockBytes = 1 << 20;
  if (archive_read_open_filename(state->handle.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) {
    return state->Damaged();
  }
  return TarReader(std::move(state));
}

Result<TarReader> TarReader::OpenBytes(std::string name, std::string_view bytes) {
  auto state = std::make_unique<State>();
  state->name = std::move(name);
  GRE_RETURN_IF_ERROR(state->Prepare());
  if (archive_read_open_memory(state->handle.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return state->Damaged();
  }
  return TarReader(std::move(state));
}

Result<bool> TarReader::Next(size_t max_bytes, Entry& entry) {
  archive* const handle = state_->handle.get();
  entry.name.clear();
  for (;;) {
    archive_entry* header = nullptr;
    const int status = archive_read_next_header(handle, &header);
    if (status == ARCHIVE_EOF) {
      if (state_->HasEndMark()) return false;
      return state_->Damaged("the end of the file without the archive's end mark");
    }
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return state_->Damaged();
    if (archive_entry_filetype(header) != AE_IFREG) continue;
    const char* const name = archive_entry_pathname(header);
    entry.name = name == nullptr ? "" : name;
    entry.bytes.clear();
    entry.too_large = false;
    // the size in the header is only a claim
    std::array<char, 1 << 16> block;
    for (;;) {
      const la_ssize_t read = archive_read_data(handle, block.data(), block.size());
      if (read < 0) return state_->Damaged();
      if (read == 0) {
        state_->end = state_->Position();
        return true;
      }
      if (entry.bytes.size() + static_cast<size_t>(read) > max_bytes) {
        entry.bytes.clear();
        entry.too_large = true;
        break;
      }
      entry.bytes.append(block.data(), static_cast<size_t>(read));
    }
    return true;  // the next header passes over the rest
  }
}

}  // namespace gre
