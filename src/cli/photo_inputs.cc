#include "cli/photo_inputs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "core/unique_fd.h"
#include "image/decode.h"
#include "net/http_client.h"
#include "net/secrets.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kExtensions = {
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".gif"};

// "https" of "HTTPS://host/a.jpg" (RFC 3986, 3.1); empty where the word is no URL.
std::string UrlScheme(std::string_view word) {
  const size_t end = word.find("://");
  if (end == std::string_view::npos || end == 0) {
    return {};
  }
  std::string scheme = AsciiLower(word.substr(0, end));
  const bool valid =
      scheme.front() >= 'a' && scheme.front() <= 'z' &&
      scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == std::string::npos;
  return valid ? scheme : std::string();
}

bool HasPictureExtension(const fs::path& path) {
  const std::string extension = AsciiLower(path.extension().string());
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

bool Matches(const fs::path& relative, const std::vector<std::string>& include) {
  if (include.empty()) {
    return HasPictureExtension(relative);
  }
  return std::any_of(include.begin(), include.end(), [&](const std::string& pattern) {
    const bool whole = pattern.find('/') != std::string::npos;
    const std::string text = whole ? relative.string() : relative.filename().string();
    return fnmatch(pattern.c_str(), text.c_str(), FNM_PERIOD | FNM_CASEFOLD) == 0;
  });
}

bool IsHidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// A path for records and people: bytes that are no UTF-8 become \xHH, so that names stay distinct.
std::string PathText(const std::string& path) {
  if (IsValidUtf8(path)) {
    return path;
  }
  std::string text;
  for (size_t i = 0; i < path.size();) {
    size_t length = 1;
    while (length < 4 && !IsValidUtf8(std::string_view(path).substr(i, length))) {
      ++length;
    }
    if (const std::string_view part = std::string_view(path).substr(i, length); IsValidUtf8(part)) {
      text += part;
      i += length;
    } else {
      constexpr char kDigits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(path[i++]);
      text += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

// One folder's photos, with those that it holds further down.
class FolderWalk {
 public:
  FolderWalk(fs::path root, const PhotoSelection& selection)
      : root_(std::move(root)), selection_(selection) {
    Walk({});
    std::ranges::sort(found_, {}, &PhotoInput::path);
    if (found_.empty()) {
      const std::string hint = selection.recursive ? "" : "; --recursive looks into its folders";
      Fail({}, {ErrorCode::kInvalidArgument, "no photo in this folder" + hint});
    }
  }

  // Paths are below the folder; so are ids.
  std::vector<PhotoInput> Take() && { return std::move(found_); }

 private:
  void Fail(const fs::path& below, const Error& reason) {
    const fs::path folder = below.empty() ? root_ : root_ / below;
    found_.push_back({PhotoInput::Kind::kFile, PathText(below.string()), below.string(),
                      Error{reason.code, folder.string() + ": " + reason.message}});
  }

  void Walk(const fs::path& below) {
    std::error_code error;
    fs::directory_iterator entries(root_ / below, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const fs::directory_entry& entry = *entries;
      const fs::path path = below / entry.path().filename();
      std::error_code ignored;
      if (IsHidden(path)) {
        continue;
      }
      if (entry.is_directory(ignored)) {
        if (selection_.recursive && !entry.is_symlink(ignored)) {
          Walk(path);
        }
      } else if (Matches(path, selection_.include)) {  // dangling links and pipes fail when read
        found_.push_back(
            {PhotoInput::Kind::kFile, PathText(path.string()), path.string(), std::nullopt});
      }
    }
    if (error) {
      Fail(below, {ErrorCode::kUnavailable, error.message()});
    }
  }

  const fs::path root_;
  const PhotoSelection& selection_;
  std::vector<PhotoInput> found_;
};

// Everything that a stream gives; `name` is for errors.
Result<std::string> ReadStream(int fd, const std::string& name, size_t max_bytes,
                               const CancellationToken& cancellation) {
  std::string bytes;
  std::array<char, 1 << 16> buffer;
  while (true) {
    constexpr int kWaitMs = 100;  // a signal may come just before the wait
    pollfd ready{fd, POLLIN, 0};
    const int events = poll(&ready, 1, kWaitMs);
    if (cancellation.IsCancelled()) {
      return Error{
          cancellation.DeadlineExceeded() ? ErrorCode::kDeadlineExceeded : ErrorCode::kCancelled,
          name + ": interrupted while reading"};
    }
    if (events <= 0) {
      continue;
    }
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got > 0) {
      bytes.append(buffer.data(), static_cast<size_t>(got));
    } else if (got == 0) {
      return bytes;
    } else if (errno != EINTR && errno != EAGAIN) {
      return Error{ErrorCode::kInvalidArgument, name + ": " + std::strerror(errno)};
    }
    if (bytes.size() > max_bytes) {
      return Error{ErrorCode::kInvalidInput,
                   name + ": more than " + std::to_string(max_bytes) + " bytes"};
    }
  }
}

Result<std::string> ReadStandardInput(size_t max_bytes, const CancellationToken& cancellation) {
  return ReadStream(STDIN_FILENO, "standard input", max_bytes, cancellation);
}

// The list of --files-from, which may also be a pipe.
Result<std::vector<std::string>> ReadList(const std::string& path,
                                          const CancellationToken& cancellation) {
  constexpr size_t kMaxBytes = 256u << 20;
  UniqueFd file;
  if (path != "-") {
    file = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
      const bool interrupted = errno == EINTR;
      return Error{interrupted ? ErrorCode::kCancelled : ErrorCode::kInvalidArgument,
                   "--files-from " + path + ": " + std::strerror(errno)};
    }
  }
  GRE_ASSIGN_OR_RETURN(
      const std::string list,
      path == "-" ? ReadStandardInput(kMaxBytes, cancellation)
                  : ReadStream(file.get(), "--files-from " + path, kMaxBytes, cancellation));
  std::vector<std::string> words;
  const bool by_nul = list.find('\0') != std::string::npos;  // find -print0
  for (std::string_view line : Split(list, by_nul ? '\0' : '\n')) {
    if (!by_nul && line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!line.empty()) {
      words.emplace_back(line);
    }
  }
  return words;
}

Result<std::string> Download(const PhotoInput& input, const CancellationToken& cancellation) {
  HttpRequest request;
  request.url = input.path;
  request.headers["Accept"] = "image/*";
  request.redirects = RedirectPolicy::kAnyHost;
  request.max_response_bytes = DecodeLimits{}.max_file_bytes;
  request.timeout_ms = 120'000;
  GRE_ASSIGN_OR_RETURN(HttpResponse response, SendHttp(request, cancellation));
  if (response.status != 200) {
    return Error{ErrorCode::kInvalidInput,
                 input.id + ": the server answers " + std::to_string(response.status)};
  }
  return std::move(response.body);
}

// What one word names; `ids_are_relative` when it is the only one.
std::vector<PhotoInput> Named(const std::string& word, bool ids_are_relative,
                              const PhotoSelection& selection) {
  if (word == "-") {
    return {{PhotoInput::Kind::kStandardInput, "-", {}, std::nullopt}};
  }
  if (const std::string scheme = UrlScheme(word); scheme == "http" || scheme == "https") {
    return {{PhotoInput::Kind::kUrl, PathText(WithoutUserInfo(word)), word, std::nullopt}};
  } else if (!scheme.empty() && !FileExists(word)) {
    const std::string id = PathText(WithoutUserInfo(word));
    return {
        {PhotoInput::Kind::kUrl, id, word,
         Error{ErrorCode::kInvalidArgument,
               id + ": expected http:// or https://, or a file's path; found " + scheme + "://"}}};
  }
  if (!DirectoryExists(word)) {
    return {{PhotoInput::Kind::kFile, PathText(word), word, std::nullopt}};
  }
  std::vector<PhotoInput> inputs = FolderWalk(word, selection).Take();
  for (PhotoInput& input : inputs) {
    input.path = input.path.empty() ? word : (fs::path(word) / input.path).string();
    if (!ids_are_relative || input.id.empty()) {
      input.id = PathText(input.path);
    }
  }
  return inputs;
}

}  // namespace

Result<std::vector<PhotoInput>> CollectPhotos(const PhotoSelection& selection,
                                              const CancellationToken& cancellation) {
  std::vector<std::string> words = selection.words;
  const bool from_input = selection.files_from == "-";
  const auto check_standard_input = [&]() -> Status {
    const auto uses = std::count(words.begin(), words.end(), "-") + (from_input ? 1 : 0);
    if (uses <= 1) {
      return {};
    }
    return Error{ErrorCode::kInvalidArgument,
                 "standard input is named twice, as photos or by --files-from"};
  };
  GRE_RETURN_IF_ERROR(check_standard_input());
  if (!selection.files_from.empty()) {
    GRE_ASSIGN_OR_RETURN(const std::vector<std::string> list,
                         ReadList(selection.files_from, cancellation));
    words.insert(words.end(), list.begin(), list.end());
  }
  if (words.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no photo is named; give a file, a folder or a URL"};
  }
  GRE_RETURN_IF_ERROR(check_standard_input());  // the list may name it, too
  std::vector<PhotoInput> inputs;
  std::set<std::pair<std::string, std::string>> taken;
  for (const std::string& word : words) {
    for (PhotoInput& input : Named(word, words.size() == 1, selection)) {
      if (taken.emplace(input.id, input.path).second) {
        inputs.push_back(std::move(input));
      }
    }
  }
  if (std::ranges::all_of(inputs,
                          [](const PhotoInput& input) { return input.error.has_value(); })) {
    return *inputs.front().error;
  }
  if (selection.limit > 0 && inputs.size() > static_cast<size_t>(selection.limit)) {
    inputs.resize(static_cast<size_t>(selection.limit));
  }
  return inputs;
}

Result<std::string> ReadPhoto(const PhotoInput& input, const CancellationToken& cancellation) {
  if (input.error) {
    return *input.error;
  }
  switch (input.kind) {
    case PhotoInput::Kind::kFile:
      return ReadFile(input.path, DecodeLimits{}.max_file_bytes);
    case PhotoInput::Kind::kUrl:
      return Download(input, cancellation);
    case PhotoInput::Kind::kStandardInput:
      return ReadStandardInput(DecodeLimits{}.max_file_bytes, cancellation);
  }
  return Error{ErrorCode::kInternal, "unknown kind of input"};
}

std::string PhotoPlaceHash(const PhotoInput& input) {
  std::error_code error;
  const std::string place = input.kind == PhotoInput::Kind::kFile
                                ? fs::absolute(input.path, error).lexically_normal().string()
                                : input.path;
  return Sha256Hex(place).substr(0, 16);
}

std::string PhotoState(const PhotoInput& input) {
  if (input.kind == PhotoInput::Kind::kStandardInput) {
    return {};
  }
  std::string text = input.path;
  if (input.kind == PhotoInput::Kind::kFile) {
    struct stat info {};
    if (stat(input.path.c_str(), &info) != 0) {
      return {};
    }
    text = std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
           std::to_string(info.st_mtim.tv_nsec);
  }
  return Sha256Hex(text).substr(0, 16);
}

}  // namespace gre
