#include "cli/photo_inputs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "image/decode.h"
#include "net/http_client.h"
#include "net/secrets.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kExtensions = {
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".gif"};

bool IsUrl(std::string_view word) {
  return word.starts_with("http://") || word.starts_with("https://");
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

// Relative paths of a folder's photos, sorted.
Result<std::vector<std::string>> ListFolder(const std::string& folder,
                                            const PhotoSelection& selection) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator walk(folder, error);
  while (!error && walk != fs::recursive_directory_iterator()) {
    std::error_code ignored;
    if (walk->is_directory(ignored)) {
      if (!selection.recursive || IsHidden(walk->path()) || walk->is_symlink(ignored)) {
        walk.disable_recursion_pending();
      }
    } else if (const fs::path relative = walk->path().lexically_relative(folder);
               !IsHidden(walk->path()) && walk->is_regular_file(ignored) &&
               Matches(relative, selection.include)) {
      found.push_back(relative.string());
    }
    walk.increment(error);
  }
  if (error) {
    return Error{ErrorCode::kUnavailable, folder + ": " + error.message()};
  }
  if (found.empty()) {
    const std::string hint = selection.recursive ? "" : "; --recursive looks into its folders";
    return Error{ErrorCode::kInvalidInput, folder + ": no photo in this folder" + hint};
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::string> ReadStandardInput(size_t max_bytes, const CancellationToken& cancellation) {
  std::string bytes;
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got > 0) {
      bytes.append(buffer.data(), static_cast<size_t>(got));
    } else if (got == 0) {
      return bytes;
    } else if (errno != EINTR) {
      return Error{ErrorCode::kUnavailable, std::string("standard input: ") + strerror(errno)};
    }
    if (cancellation.IsCancelled()) {
      return Error{ErrorCode::kCancelled, "interrupted while reading standard input"};
    }
    if (bytes.size() > max_bytes) {
      return Error{ErrorCode::kInvalidInput,
                   "standard input: more than " + std::to_string(max_bytes) + " bytes"};
    }
  }
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

// Adds what one word names; `ids_are_relative` when it is the only one.
Status AddWord(const std::string& word, bool ids_are_relative, const PhotoSelection& selection,
               std::vector<PhotoInput>& inputs) {
  if (word == "-") {
    inputs.push_back({PhotoInput::Kind::kStandardInput, "-", {}});
  } else if (IsUrl(word)) {
    inputs.push_back({PhotoInput::Kind::kUrl, WithoutUserInfo(word), word});
  } else if (DirectoryExists(word)) {
    GRE_ASSIGN_OR_RETURN(const std::vector<std::string> files, ListFolder(word, selection));
    for (const std::string& file : files) {
      std::string path = (fs::path(word) / file).string();
      inputs.push_back({PhotoInput::Kind::kFile, ids_are_relative ? file : path, path});
    }
  } else {
    inputs.push_back({PhotoInput::Kind::kFile, word, word});
  }
  return {};
}

}  // namespace

Result<std::vector<PhotoInput>> CollectPhotos(const PhotoSelection& selection) {
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
    GRE_ASSIGN_OR_RETURN(const std::string list, from_input ? ReadStandardInput(size_t{1} << 30, {})
                                                            : ReadFile(selection.files_from));
    for (const std::string_view line : Split(list, '\n')) {
      if (const std::string_view word = Trim(line); !word.empty()) {
        words.emplace_back(word);
      }
    }
  }
  if (words.empty()) {
    return Error{ErrorCode::kInvalidArgument, "no photo is named; give a file, a folder or a URL"};
  }
  GRE_RETURN_IF_ERROR(check_standard_input());  // the list may name it, too
  std::vector<PhotoInput> inputs;
  for (const std::string& word : words) {
    GRE_RETURN_IF_ERROR(AddWord(word, words.size() == 1, selection, inputs));
  }
  if (selection.limit > 0 && inputs.size() > static_cast<size_t>(selection.limit)) {
    inputs.resize(static_cast<size_t>(selection.limit));
  }
  return inputs;
}

Result<std::string> ReadPhoto(const PhotoInput& input, const CancellationToken& cancellation) {
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

std::string PhotoFingerprint(const PhotoInput& input) {
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
