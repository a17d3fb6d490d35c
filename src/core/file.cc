#include "core/file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mapped_names.h"

namespace gre {
namespace {

Error SystemError(const std::string& path, std::string_view action) {
  const int number = errno;
  const ErrorCode code = number == ENOENT ? ErrorCode::kNotFound
                         : number == ENOSPC || number == EDQUOT || number == EACCES ||
                                 number == EROFS || number == EFBIG || number == EIO
                             ? ErrorCode::kUnavailable
                             : ErrorCode::kInvalidInput;
  return {code, path + ": cannot " + std::string(action) + ": " + std::strerror(number)};
}

// Opens without blocking on FIFOs and refuses what is not a regular file. `*size` = its length.
Result<int> OpenRegular(const std::string& path, size_t* size) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return SystemError(path, "open");
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return SystemError(path, "inspect");
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kInvalidInput,
                 path + ": expected a regular file, found " +
                     (S_ISDIR(info.st_mode) ? "a directory" : "a device or pipe")};
  }
  *size = static_cast<size_t>(info.st_size);
  return fd.Release();
}

Status WriteAll(int fd, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return SystemError(path, "write");
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Where `path` leads behind symbolic links, also where the last one dangles.
Result<std::string> FollowLinks(const std::string& path) {
  constexpr int kMaxLinks = 40;  // as Linux
  std::filesystem::path at = path;
  for (int i = 0; i < kMaxLinks; ++i) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(at, error);
    if (error) return at.string();
    at = at.parent_path() / target;  // an absolute target replaces the folder
  }
  errno = ELOOP;
  return SystemError(path, "open");
}

// Gives a new file the permissions of the one that it replaces.
Status TakeOverPermissions(int fd, const std::string& path) {
  struct stat old {};
  mode_t mode = 0;
  if (::stat(path.c_str(), &old) == 0) {
    mode = old.st_mode & 07777;
    (void)!::fchown(fd, old.st_uid, old.st_gid);  // only root may give files away
  } else {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    mode = 0666 & ~mask;
  }
  if (::fchmod(fd, mode) != 0) return SystemError(path, "set the permissions");
  return {};
}

// Makes a renaming in the folder of `path` last.
void SyncParent(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const UniqueFd folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
}

}  // namespace

Result<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  size_t size = 0;
  GRE_ASSIGN_OR_RETURN(const int raw, OpenRegular(path, &size));
  const UniqueFd fd(raw);
  if (size > max_bytes) {
    return Error{ErrorCode::kInvalidInput, path + ": " + std::to_string(size) +
                                               " bytes, over the limit of " +
                                               std::to_string(max_bytes)};
  }
  std::string content(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::read(fd.get(), content.data() + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(path, "read");
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  content.resize(filled);
  return content;
}

AtomicFileWriter::AtomicFileWriter(int fd, std::string path, std::string temporary)
    : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)) {}
AtomicFileWriter::AtomicFileWriter(AtomicFileWriter&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})) {}
AtomicFileWriter::~AtomicFileWriter() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<AtomicFileWriter> AtomicFileWriter::Create(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(std::string target, FollowLinks(path));
  struct stat info {};
  if (::stat(target.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kInvalidInput,
                 path + ": cannot write: expected a regular file, found " +
                     (S_ISDIR(info.st_mode) ? "a directory" : "a device or pipe")};
  }
  std::string temporary = target + ".tmp.XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return SystemError(path, "create a temporary file beside it");
  return AtomicFileWriter(fd, std::move(target), std::move(temporary));
}

Status AtomicFileWriter::Write(std::string_view bytes) { return WriteAll(fd_, path_, bytes); }

Status AtomicFileWriter::Commit() {
  GRE_RETURN_IF_ERROR(TakeOverPermissions(fd_, path_));
  if (::fsync(fd_) != 0 || ::close(std::exchange(fd_, -1)) != 0) {
    return SystemError(path_, "write");
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return SystemError(path_, "replace");
  temporary_.clear();
  SyncParent(path_);
  return {};
}

Status ReplaceFolder(const std::string& from, const std::string& to) {
  std::error_code error;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) {
    std::filesystem::remove_all(from, error);  // the old one by now
  } else {
    std::filesystem::remove_all(to, error);
    if (::rename(from.c_str(), to.c_str()) != 0) return SystemError(to, "replace");
  }
  SyncParent(to);
  return {};
}

Status WriteFileAtomically(const std::string& path, std::string_view content) {
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(path));
  GRE_RETURN_IF_ERROR(file.Write(content));
  return file.Commit();
}

LineAppender::LineAppender(UniqueFd fd, std::string path, bool durable)
    : fd_(std::move(fd)), path_(std::move(path)), durable_(durable) {}

Result<LineAppender> LineAppender::Open(const std::string& path, bool durable) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (fd.get() < 0) return SystemError(path, "open for appending");
  off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) return SystemError(path, "open for appending");
  off_t keep = end;  // position after the last newline
  char block[4096];
  while (keep > 0) {
    const off_t start =
        keep > static_cast<off_t>(sizeof block) ? keep - static_cast<off_t>(sizeof block) : 0;
    const ssize_t count = ::pread(fd.get(), block, static_cast<size_t>(keep - start), start);
    if (count != keep - start) return SystemError(path, "read");
    const size_t newline = std::string_view(block, static_cast<size_t>(count)).rfind('\n');
    if (newline != std::string_view::npos) {
      keep = start + static_cast<off_t>(newline) + 1;
      break;
    }
    keep = start;
  }
  if (keep != end && ::ftruncate(fd.get(), keep) != 0)
    return SystemError(path, "cut its torn last line");
  return LineAppender(std::move(fd), path, durable);
}

Status LineAppender::Append(std::string_view line) {
  const std::string text = std::string(line) + '\n';
  const off_t end = ::lseek(fd_.get(), 0, SEEK_END);
  if (Status status = WriteAll(fd_.get(), path_, text); !status.ok()) {
    if (end >= 0) (void)!::ftruncate(fd_.get(), end);  // a full disk took a part of the line
    return status;
  }
  if (durable_ && ::fdatasync(fd_.get()) != 0) return SystemError(path_, "write");
  return {};
}

MappedFile::MappedFile(std::string path, const std::byte* data, size_t size)
    : path_(std::move(path)), data_(data), size_(size) {
  if (size_ > 0) RememberMapping(path_, data_, size_);
}

MappedFile::~MappedFile() {
  if (size_ == 0) return;
  ForgetMapping(data_);
  ::munmap(const_cast<std::byte*>(data_), size_);
}

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path) {
  size_t size = 0;
  GRE_ASSIGN_OR_RETURN(const int raw, OpenRegular(path, &size));
  const UniqueFd fd(raw);
  void* data = nullptr;
  if (size > 0) {
    data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (data == MAP_FAILED) return SystemError(path, "map into memory");
  }
  return std::shared_ptr<const MappedFile>(
      new MappedFile(path, static_cast<const std::byte*>(data), size));
}

void MappedFile::Release(size_t offset, size_t length) const {
  static const size_t kPage = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t begin = (offset + kPage - 1) / kPage * kPage;  // whole pages inside only
  const size_t end = (offset + length) / kPage * kPage;
  if (end > begin && end <= size_ / kPage * kPage) {
    ::madvise(const_cast<std::byte*>(data_) + begin, end - begin, MADV_DONTNEED);
  }
}

bool FileExists(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool DirectoryExists(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

}  // namespace gre
