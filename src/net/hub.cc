#include "net/hub.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"
#include "core/random.h"
#include "core/strings.h"
#include "core/unique_fd.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

bool IsHex(std::string_view text, size_t length) {
  return text.size() == length &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Relative, normalised, inside the folder.
bool IsSafePath(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\\') != std::string_view::npos ||
      path.find('\0') != std::string_view::npos) {
    return false;
  }
  const std::vector<std::string_view> parts = Split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part == "." || part == "..";
  });
}

Error HubError(const HttpResponse& response, const std::string& what) {
  const std::string said = what + ": the hub answered " + std::to_string(response.status);
  switch (response.status) {
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

HttpRequest HubRequest(const HubOptions& options, const std::string& path) {
  HttpRequest request;
  request.url = options.endpoint + path;
  request.bearer_token = options.token;
  request.redirects = RedirectPolicy::kAnyHost;  // large files lie on other hosts
  request.timeout_ms = 0;
  return request;
}

Result<HubFile> ParseSibling(const Json& item) {
  if (!item.is_object() || !item.contains("rfilename") || !item["rfilename"].is_string()) {
    return Error{ErrorCode::kInvalidInput, "the hub's listing has a file without a name"};
  }
  HubFile file;
  file.path = item["rfilename"].get<std::string>();
  if (!IsSafePath(file.path)) {
    return Error{ErrorCode::kInvalidInput,
                 "the hub lists a file that would leave the model folder: '" +
                     ReplaceInvalidUtf8(file.path) + "'"};
  }
  if (const auto size = item.find("size"); size != item.end() && size->is_number_unsigned())
    file.bytes = size->get<int64_t>();
  if (const auto id = item.find("blobId"); id != item.end() && id->is_string())
    file.git_id = id->get<std::string>();
  if (const auto lfs = item.find("lfs"); lfs != item.end() && lfs->is_object()) {
    if (const auto sha = lfs->find("sha256"); sha != lfs->end() && sha->is_string())
      file.sha256 = sha->get<std::string>();
    file.git_id.clear();  // names the pointer file, not the content
  }
  if (!(file.sha256.empty() ? IsHex(file.git_id, 40) : IsHex(file.sha256, 64))) {
    return Error{ErrorCode::kInvalidInput,
                 "the hub gives no checksum for " + file.path + ": it cannot be verified"};
  }
  return file;
}

// The checksum under which the hub lists the file: SHA-256 of the content or SHA-1 of the git blob.
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

Error WriteError(const std::string& path) {
  return {ErrorCode::kUnavailable, path + ": cannot write: " + std::strerror(errno)};
}

// Downloads one file to `blob`, continuing `blob`.incomplete.
Status FetchFile(const HubOptions& options, const std::string& url_path, const HubFile& file,
                 const std::string& blob, const std::function<void(int64_t)>& progress,
                 const CancellationToken& cancellation) {
  const std::string partial = blob + ".incomplete";
  const UniqueFd out(::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (out.get() < 0) return WriteError(partial);
  if (::flock(out.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kUnavailable,
                 partial + ": another process is downloading this file: wait for it or stop it"};
  }
  Status write_status;
  const auto attempt = [&]() -> Result<HttpResponse> {
    const off_t have = ::lseek(out.get(), 0, SEEK_END);
    HttpRequest request = HubRequest(options, url_path);
    if (have > 0 && have < file.bytes)
      request.headers["Range"] = "bytes=" + std::to_string(have) + "-";
    if (have > 0 && have >= file.bytes && ::ftruncate(out.get(), 0) != 0)
      return WriteError(partial);
    int64_t at = have < file.bytes ? have : 0;
    Result<HttpResponse> response = SendHttp(request, cancellation, [&](std::string_view piece) {
      if (at + static_cast<int64_t>(piece.size()) > file.bytes && !request.headers.count("Range")) {
        // longer than listed: checksum would fail anyway, stop here
        write_status =
            Error{ErrorCode::kInvalidInput, file.path + ": the hub sends more than the " +
                                                std::to_string(file.bytes) + " bytes it listed"};
        return false;
      }
      if (::pwrite(out.get(), piece.data(), piece.size(), at) !=
          static_cast<ssize_t>(piece.size())) {
        write_status = WriteError(partial);
        return false;
      }
      at += static_cast<int64_t>(piece.size());
      progress(at);
      return true;
    });
    if (!write_status.ok()) return write_status.error();
    if (response.ok() && response->status == 200 && request.headers.count("Range") != 0) {
      // the server ignores ranges and sent everything from the start: begin again
      if (::ftruncate(out.get(), 0) != 0) return WriteError(partial);
      return Error{ErrorCode::kUnavailable,
                   file.path + ": the hub cannot continue a download, starting over"};
    }
    if (response.ok() && response->status / 100 == 2 && at < file.bytes) {
      return Error{ErrorCode::kUnavailable, file.path + ": the hub sent " + std::to_string(at) +
                                                " of " + std::to_string(file.bytes) + " bytes"};
    }
    return response;
  };
  const Result<HttpResponse> response =
      Retry(options.retry, HashSeed(0, file.path), cancellation, attempt);
  if (!write_status.ok()) return write_status;
  if (!response.ok()) return response.error();
  if (response->status / 100 != 2) return HubError(*response, file.path);

  if (::fsync(out.get()) != 0) return WriteError(partial);
  GRE_ASSIGN_OR_RETURN(const std::string found, ContentId(file, partial));
  const std::string& expected = file.sha256.empty() ? file.git_id : file.sha256;
  if (found != expected) {
    ::unlink(partial.c_str());
    return Error{ErrorCode::kInvalidInput,
                 file.path + ": checksum is " + found + ", the hub lists " + expected +
                     ": the download was damaged and removed, run this again"};
  }
  if (::rename(partial.c_str(), blob.c_str()) != 0) return WriteError(blob);
  return {};
}

}  // namespace

bool IsModelFile(std::string_view path) {
  if (path.find('/') != std::string_view::npos) return false;
  return path.ends_with(".safetensors") || path.ends_with(".json") || path == "merges.txt" ||
         path.ends_with(".jinja") || path == "LICENSE" || path == "README.md";
}

Status ValidateRepoId(std::string_view repo) {
  const std::vector<std::string_view> parts = Split(repo, '/');
  const bool fine =
      parts.size() == 2 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
        return !part.empty() && part.size() <= 96 && part.front() != '.' &&
               part.find_first_not_of(
                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
                   std::string_view::npos;
      });
  if (fine) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      "'" + std::string(repo) +
          "' is no repository name: expected ORG/NAME, such as Qwen/Qwen2.5-VL-3B-Instruct"};
}

Result<HubListing> ListRepo(const HubOptions& options, const std::string& repo,
                            const std::string& revision, const CancellationToken& cancellation) {
  GRE_RETURN_IF_ERROR(ValidateRepoId(repo));
  HttpRequest request = HubRequest(
      options, "/api/models/" + repo + "/revision/" + UrlEncode(revision) + "?blobs=true");
  request.timeout_ms = 60'000;
  GRE_ASSIGN_OR_RETURN(const HttpResponse response,
                       Retry(options.retry, HashSeed(0, repo), cancellation,
                             [&] { return SendHttp(request, cancellation); }));
  if (response.status != 200) return HubError(response, repo + " at " + revision);
  GRE_ASSIGN_OR_RETURN(const Json json, ParseJson(response.body));
  HubListing listing;
  if (!json.is_object() || !json.contains("sha") || !json["sha"].is_string() ||
      !json.contains("siblings") || !json["siblings"].is_array()) {
    return Error{
        ErrorCode::kInvalidInput,
        options.endpoint +
            " does not speak the hub's protocol: the listing lacks \"sha\" or \"siblings\""};
  }
  listing.commit = json["sha"].get<std::string>();
  if (!IsHex(listing.commit, 40))
    return Error{ErrorCode::kInvalidInput, "the hub's commit is not 40 hex digits"};
  for (const Json& item : json["siblings"]) {
    GRE_ASSIGN_OR_RETURN(HubFile file, ParseSibling(item));
    listing.files.push_back(std::move(file));
  }
  return listing;
}

Result<std::string> FetchModel(const HubOptions& options, const std::string& repo,
                               const std::string& revision,
                               const std::function<bool(std::string_view)>& wanted,
                               const FetchCallback& progress,
                               const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(HubListing listing, ListRepo(options, repo, revision, cancellation));
  std::erase_if(listing.files, [&](const HubFile& file) { return !wanted(file.path); });
  if (listing.files.empty())
    return Error{ErrorCode::kNotFound, repo + ": none of its files belongs to a model directory"};

  std::string folder_name = "models--" + repo;
  folder_name.replace(folder_name.find('/'), 1, "--");
  const fs::path folder = fs::path(options.cache_dir) / folder_name;
  const fs::path snapshot = folder / "snapshots" / listing.commit;
  std::error_code error;
  for (const fs::path& path : {folder / "blobs", folder / "refs", snapshot}) {
    fs::create_directories(path, error);
    if (error)
      return Error{ErrorCode::kUnavailable, path.string() + ": cannot create: " + error.message()};
  }

  FetchProgress state;
  int64_t missing_bytes = 0;
  const auto blob_of = [&](const HubFile& file) {
    return (folder / "blobs" / (file.sha256.empty() ? file.git_id : file.sha256)).string();
  };
  for (const HubFile& file : listing.files) {
    state.total_bytes += file.bytes;
    if (!FileExists(blob_of(file))) {
      const auto have = fs::file_size(blob_of(file) + ".incomplete", error);
      missing_bytes +=
          file.bytes - (error ? 0 : std::min<int64_t>(file.bytes, static_cast<int64_t>(have)));
    }
  }
  const fs::space_info space = fs::space(folder, error);
  if (!error && static_cast<int64_t>(space.available) < missing_bytes) {
    return Error{ErrorCode::kUnavailable,
                 options.cache_dir + ": " + std::to_string(space.available >> 20) + " MB free, " +
                     repo + " needs " + std::to_string(missing_bytes >> 20) +
                     " MB more: free some space or set HF_HUB_CACHE"};
  }

  for (const HubFile& file : listing.files) {
    state.file = file.path;
    const int64_t before = state.done_bytes;
    const std::string blob = blob_of(file);
    if (!FileExists(blob)) {
      const std::string url_path =
          "/" + repo + "/resolve/" + listing.commit + "/" + UrlEncode(file.path, "/");
      GRE_RETURN_IF_ERROR(FetchFile(
          options, url_path, file, blob,
          [&](int64_t bytes) {
            state.file_bytes = bytes;
            state.done_bytes = before + bytes;
            if (progress) progress(state);
          },
          cancellation));
    }
    state.done_bytes = before + file.bytes;
    state.file_bytes = file.bytes;
    if (progress) progress(state);
    const fs::path link = snapshot / file.path;
    fs::create_directories(link.parent_path(), error);
    fs::remove(link, error);
    fs::create_symlink(fs::relative(blob, link.parent_path()), link, error);
    if (error)
      return Error{ErrorCode::kUnavailable, link.string() + ": cannot link: " + error.message()};
  }
  // the revision's name points here only now that everything is in place
  if (revision != listing.commit && IsSafePath(revision)) {
    fs::create_directories((folder / "refs" / revision).parent_path(), error);
    GRE_RETURN_IF_ERROR(WriteFileAtomically((folder / "refs" / revision).string(), listing.commit));
  }
  return snapshot.string();
}

Result<std::string> FindCachedModel(const std::string& cache_dir, const std::string& repo) {
  GRE_RETURN_IF_ERROR(ValidateRepoId(repo));
  std::string folder_name = "models--" + repo;
  folder_name.replace(folder_name.find('/'), 1, "--");
  const fs::path folder = fs::path(cache_dir) / folder_name;
  if (const Result<std::string> commit = ReadFile((folder / "refs" / "main").string(), 100);
      commit.ok()) {
    const std::string snapshot = (folder / "snapshots" / Trim(*commit)).string();
    if (FileExists(snapshot + "/config.json")) return snapshot;
  }
  std::error_code error;
  std::optional<std::pair<fs::file_time_type, std::string>> newest;
  for (const auto& entry : fs::directory_iterator(folder / "snapshots", error)) {
    if (!FileExists(entry.path().string() + "/config.json")) continue;
    std::pair candidate(entry.last_write_time(error), entry.path().string());
    if (!newest || candidate > *newest) newest = std::move(candidate);
  }
  if (newest) return newest->second;
  return Error{ErrorCode::kNotFound,
               repo + " is not in " + cache_dir + ": fetch it with gre model fetch " + repo};
}

}  // namespace gre
