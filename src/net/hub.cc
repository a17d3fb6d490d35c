#include "net/hub.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"
#include "core/random.h"
#include "core/strings.h"
#include "core/unique_fd.h"
#include "net/hub_download.h"
#include "net/secrets.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

HttpRequest HubRequest(const HubOptions& options, const std::string& path) {
  HttpRequest request;
  request.url = options.endpoint;
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += path;
  request.bearer_token = options.token;
  request.redirects = RedirectPolicy::kAnyHost;  // large files lie on other hosts
  request.timeout_ms = 0;
  request.max_response_bytes = 0;  // each file has a limit of its own
  return request;
}

// "models--ORG--NAME", the repository's folder in the cache.
std::string FolderName(const std::string& repo) {
  std::string name = "models--" + repo;
  return name.replace(name.find('/'), 1, "--");
}

// Held while one run fills a model's folder.
Result<UniqueFd> LockModel(const std::string& cache_dir, const std::string& repo) {
  const fs::path folder = fs::path(cache_dir) / ".locks" / FolderName(repo);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return Error{ErrorCode::kUnavailable, folder.string() + ": cannot create: " + error.message()};
  const std::string path = (folder / "gre.lock").string();
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (lock.get() < 0)
    return Error{ErrorCode::kUnavailable, path + ": cannot create: " + std::strerror(errno)};
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kUnavailable,
                 repo + " is being fetched by another process: wait for it or stop it (" + path +
                     " is locked)"};
  }
  return lock;
}

Status CheckRoom(const fs::path& folder, const std::string& repo, int64_t missing_bytes) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= static_cast<uintmax_t>(missing_bytes)) return {};
  return Error{ErrorCode::kUnavailable, folder.string() + ": " +
                                            std::to_string(space.available >> 20) + " MB free, " +
                                            repo + " needs " + std::to_string(missing_bytes >> 20) +
                                            " MB more: free some space or set HF_HUB_CACHE"};
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
  Result<std::string> server = UrlOrigin(options.endpoint);
  if (!server.ok()) return std::move(server).error().Wrap("HF_ENDPOINT");
  if (!options.token.empty()) {
    Status token = CheckSecret(options.token);
    if (token.ok()) token = CheckSecretTarget(options.endpoint);
    if (!token.ok()) return std::move(token).error().Wrap("HF_TOKEN");
  }
  HttpRequest request = HubRequest(
      options, "/api/models/" + repo + "/revision/" + UrlEncode(revision) + "?blobs=true");
  request.timeout_ms = 60'000;
  request.max_response_bytes = 64 << 20;
  GRE_ASSIGN_OR_RETURN(const HttpResponse response,
                       Retry(options.retry, HashSeed(0, repo), *server, cancellation,
                             [&] { return SendHttp(request, cancellation); }));
  if (response.status != 200) return HubStatusError(response.status, repo + " at " + revision);
  Result<HubListing> listing = ParseHubListing(response.body);
  if (!listing.ok()) return std::move(listing).error().Wrap(*server);
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

  GRE_ASSIGN_OR_RETURN(const UniqueFd lock, LockModel(options.cache_dir, repo));
  const fs::path folder = fs::path(options.cache_dir) / FolderName(repo);
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
    return (folder / "blobs" / file.checksum()).string();
  };
  for (const HubFile& file : listing.files) {
    state.total_bytes += file.bytes;
    if (!FileExists(blob_of(file))) {
      const auto have = fs::file_size(blob_of(file) + ".incomplete", error);
      missing_bytes +=
          file.bytes - (error ? 0 : std::min<int64_t>(file.bytes, static_cast<int64_t>(have)));
    }
  }
  GRE_RETURN_IF_ERROR(CheckRoom(folder, repo, missing_bytes));

  for (const HubFile& file : listing.files) {
    state.file = file.path;
    const int64_t before = state.done_bytes;
    const std::string blob = blob_of(file);
    if (!FileExists(blob)) {
      const std::string url_path =
          "/" + repo + "/resolve/" + listing.commit + "/" + UrlEncode(file.path, "/");
      GRE_RETURN_IF_ERROR(DownloadBlob(
          {HubRequest(options, url_path), file, blob, options.retry},
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
  }
  // a run that is killed before this leaves no folder that looks like a model
  for (const HubFile& file : listing.files) {
    const fs::path link = snapshot / file.path;
    fs::create_directories(link.parent_path(), error);
    fs::remove(link, error);
    fs::create_symlink(fs::relative(blob_of(file), link.parent_path()), link, error);
    if (error)
      return Error{ErrorCode::kUnavailable, link.string() + ": cannot link: " + error.message()};
  }
  // the revision's name points here only now that everything is in place
  if (revision != listing.commit && IsSafeHubPath(revision)) {
    fs::create_directories((folder / "refs" / revision).parent_path(), error);
    GRE_RETURN_IF_ERROR(WriteFileAtomically((folder / "refs" / revision).string(), listing.commit));
  }
  return snapshot.string();
}

Result<std::string> FindCachedModel(const std::string& cache_dir, const std::string& repo) {
  GRE_RETURN_IF_ERROR(ValidateRepoId(repo));
  const fs::path folder = fs::path(cache_dir) / FolderName(repo);
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
