#include "net/hub_download.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/random.h"
#include "core/unique_fd.h"

namespace gre {
namespace {

// The checksum of a file in the form under which the hub lists `file`: SHA-256 of the content or
// SHA-1 of the git blob.
Result<std::string> ContentId(const HubFile& file, const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> mapped, MappedFile::Open(path));
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), file.sha256.empty() ? EVP_sha1() : EVP_sha256(), nullptr);
  const auto bytes = mapped->bytes();
  if (file.sha256.empty()) {
    const std::string header = "blob " + std::to_string(bytes.size());
    EVP_DigestUpdate(context.get(), header.c_str(), header.size() + 1);  // with its closing zero
  }
  constexpr size_t kBlock = size_t{8} << 20;
  for (size_t at = 0; at < bytes.size(); at += kBlock) {
    const size_t length = std::min(kBlock, bytes.size() - at);
    EVP_DigestUpdate(context.get(), bytes.data() + at, length);
    mapped->Release(at, length);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_DigestFinal_ex(context.get(), digest, &length);
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

// The file `blob`.incomplete while it grows.
class PartialFile {
 public:
  PartialFile(std::string path, const HubFile& file) : path_(std::move(path)), file_(file) {}

  Status Open() {
    fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    return fd_.get() < 0 ? Status(WriteError()) : Status();
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int64_t size() const { return size_; }

  // Reads the size that is there; a longer part than the whole is no part of it.
  Status Measure() {
    size_ = ::lseek(fd_.get(), 0, SEEK_END);
    if (size_ < 0) return WriteError();
    return size_ > file_.bytes ? Clear() : Status();
  }
  Status Clear() {
    size_ = 0;
    return ::ftruncate(fd_.get(), 0) != 0 ? Status(WriteError()) : Status();
  }
  Status Append(std::string_view piece) {
    if (static_cast<int64_t>(piece.size()) > file_.bytes - size_) {
      return Error{ErrorCode::kInvalidInput, file_.path + ": the hub sends more than the " +
                                                 std::to_string(file_.bytes) + " bytes it listed"};
    }
    while (!piece.empty()) {
      const ssize_t written = ::pwrite(fd_.get(), piece.data(), piece.size(), size_);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return WriteError();
      size_ += written;
      piece.remove_prefix(static_cast<size_t>(written));
    }
    return {};
  }
  Status Sync() { return ::fsync(fd_.get()) != 0 ? Status(WriteError()) : Status(); }

 private:
  [[nodiscard]] Error WriteError() const {
    const int reason = errno;
    const int64_t missing_mb = (file_.bytes - std::max<int64_t>(size_, 0) + (1 << 20) - 1) >> 20;
    const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    return {ErrorCode::kUnavailable,
            path_ + ": cannot write: " + std::strerror(reason) +
                (full ? "; " + file_.path + " needs " + std::to_string(missing_mb) +
                            " MB more: free some space or set HF_HUB_CACHE, then run this again"
                      : std::string())};
  }

  std::string path_;
  const HubFile& file_;
  UniqueFd fd_;
  int64_t size_ = 0;
};

// One request for what is missing. Where another attempt would not help, `failure` says why and the
// result is a success, which ends the attempts.
Result<HttpResponse> FetchRest(const HubDownload& download, PartialFile& partial,
                               const std::function<void(int64_t)>& progress, Status& failure,
                               const CancellationToken& cancellation) {
  const HubFile& file = download.file;
  HttpResponse no_more;
  no_more.status = 200;
  failure = partial.Measure();
  const int64_t have = partial.size();
  if (!failure.ok() || have == file.bytes) return no_more;

  HttpRequest request = download.request;
  if (have > 0) request.headers["Range"] = "bytes=" + std::to_string(have) + "-";
  bool started = false;
  bool another_part = false;
  const auto on_body = [&](const HttpResponse& head, std::string_view piece) {
    if (!std::exchange(started, true) && have > 0) {
      const auto range = head.headers.find("content-range");
      another_part = head.status != 200 && (range == head.headers.end() ||
                                            !IsRestOfContent(range->second, have, file.bytes));
      // a host that ignores ranges sends everything from the start
      if (head.status == 200 || another_part) failure = partial.Clear();
      if (another_part) return false;
    }
    if (failure.ok()) failure = partial.Append(piece);
    if (failure.ok()) progress(partial.size());
    return failure.ok();
  };
  Result<HttpResponse> response = SendHttp(request, cancellation, on_body);
  if (response.ok() && response->status == 416) {  // no such part: another file lies there now
    failure = partial.Clear();
    another_part = true;
  }
  if (!failure.ok()) return no_more;
  if (another_part) {
    return Error{ErrorCode::kUnavailable,
                 file.path + ": the hub cannot continue the download, it starts over"};
  }
  if (response.ok() && response->status / 100 == 2 && partial.size() < file.bytes) {
    return Error{ErrorCode::kUnavailable, file.path + ": the hub sent " +
                                              std::to_string(partial.size()) + " of " +
                                              std::to_string(file.bytes) + " bytes"};
  }
  return response;
}

}  // namespace

Status DownloadBlob(const HubDownload& download, const std::function<void(int64_t)>& progress,
                    const CancellationToken& cancellation) {
  const HubFile& file = download.file;
  PartialFile partial(download.blob + ".incomplete", file);
  GRE_RETURN_IF_ERROR(partial.Open());
  GRE_RETURN_IF_ERROR(partial.Measure());
  GRE_ASSIGN_OR_RETURN(const std::string server, UrlOrigin(download.request.url));
  for (;;) {
    const int64_t before = partial.size();
    Status failure;
    const Result<HttpResponse> response =
        Retry(download.retry, HashSeed(0, file.path), server, cancellation,
              [&] { return FetchRest(download, partial, progress, failure, cancellation); });
    if (!failure.ok()) return failure;
    if (response.ok() && response->status / 100 == 2) break;
    const bool cut_off = !response.ok() && response.error().code == ErrorCode::kUnavailable;
    if (cut_off && partial.size() > before) continue;
    return response.ok() ? HubStatusError(response->status, file.path) : response.error();
  }
  GRE_RETURN_IF_ERROR(partial.Sync());
  GRE_ASSIGN_OR_RETURN(const std::string found, ContentId(file, partial.path()));
  if (found != file.checksum()) {
    ::unlink(partial.path().c_str());
    return Error{ErrorCode::kInvalidInput,
                 file.path + ": checksum is " + found + ", the hub lists " + file.checksum() +
                     ": the download was damaged and removed, run this again"};
  }
  if (::rename(partial.path().c_str(), download.blob.c_str()) != 0) {
    return Error{ErrorCode::kUnavailable,
                 download.blob + ": cannot create: " + std::strerror(errno)};
  }
  return {};
}

Error HubStatusError(int status, const std::string& what) {
  const std::string said = what + ": the hub answered " + std::to_string(status);
  switch (status) {
    case 401:
    case 403:
      return {ErrorCode::kRefused, said +
                                       ": the repository is private, gated or misspelt; accept its "
                                       "terms on the hub and set HF_TOKEN"};
    case 404:
      return {ErrorCode::kNotFound, said + ": check the name and the revision"};
    default:
      return {ErrorCode::kUnavailable, said};
  }
}

}  // namespace gre
