#include "dataset/import/download.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/strings.h"
#include "dataset/import/download_queue.h"
#include "dataset/import/record_importer.h"
#include "dataset/photo_table.h"
#include "image/decode.h"
#include "net/http_client.h"

namespace gre {
namespace {

constexpr size_t kWindow = 4'000;  // jobs in memory
constexpr size_t kPage = 1'000;    // photos read at once
constexpr size_t kCommit = 64;     // results written at once
constexpr std::chrono::milliseconds kCommitEvery{500};
constexpr std::string_view kStage = "import";
constexpr std::string_view kUnreachable = "unreachable";

// What came of one photo.
struct Outcome {
  Photo photo;
  std::string reason;  // "": stored
  std::string detail;
  bool left = false;   // still wanted
  Status status = {};  // of the disk
};

bool IsRedirect(int status) { return status >= 300 && status < 400 && status != 304; }

// Flickr answers for photos that are gone with a redirect to a picture that says so.
bool IsPlaceholder(const std::string& location) {
  return location.find("photo_unavailable") != std::string::npos ||
         location.find("video_unavailable") != std::string::npos;
}

// One photo, with all attempts.
class Fetch {
 public:
  Fetch(const DownloadOptions& options, const CancellationToken& cancellation)
      : options_(options), cancellation_(cancellation) {}

  // False when the host gave no answer.
  bool Run(const ImageFolder& images, const std::string& host, Outcome& outcome) {
    const std::string& url = outcome.photo.url;
    HttpRequest request;
    request.url = url;
    request.redirects = RedirectPolicy::kNone;
    request.timeout_ms = options_.timeout_ms;
    // beyond what `collect` stops at
    request.max_response_bytes = options_.max_bytes + (size_t{1} << 20);
    Result<HttpResponse> response = Send(request, host);
    if (response.ok() && IsRedirect(response->status)) {
      const std::string location = response->Header("location").value_or("");
      if (IsPlaceholder(location)) {
        outcome.reason = "dead_link";
        outcome.detail = Concat({"HTTP status ", std::to_string(response->status),
                                 " to a placeholder for a photo that is gone"});
        return true;
      }
      request.redirects = RedirectPolicy::kAnyHost;
      response = Send(request, host);
    }
    if (!response.ok()) return Fail(response.error(), outcome);
    if (too_large_) {
      outcome.reason = "too_large";
      outcome.detail = Concat({"more than ", std::to_string(options_.max_bytes), " bytes"});
    } else if (response->status < 200 || response->status >= 300) {
      outcome.reason = IsRetryableStatus(response->status) ? kUnreachable : "dead_link";
      outcome.detail = "HTTP status " + std::to_string(response->status);
    } else {
      Keep(images, response->Header("content-type").value_or(""), outcome);
    }
    return true;
  }

 private:
  Result<HttpResponse> Send(const HttpRequest& request, const std::string& host) {
    const auto collect = [&](const HttpResponse& head, std::string_view piece) {
      if (body_.empty()) {
        const auto length = ParseInt(head.Header("content-length").value_or(""));
        too_large_ = length && *length > static_cast<long long>(options_.max_bytes);
      }
      too_large_ = too_large_ || body_.size() + piece.size() > options_.max_bytes;
      if (!too_large_) body_.append(piece);
      return !too_large_;
    };
    return Retry(options_.retry, HashSeed(0, request.url), host, cancellation_, [&] {
      body_.clear();
      too_large_ = false;
      return SendHttp(request, cancellation_, collect);
    });
  }

  static bool Fail(const Error& error, Outcome& outcome) {
    outcome.detail = error.message;
    switch (error.code) {
      case ErrorCode::kCancelled:
        outcome.left = true;
        return true;
      case ErrorCode::kUnavailable:
      case ErrorCode::kDeadlineExceeded:
        outcome.reason = kUnreachable;
        return false;
      default:
        outcome.reason = "dead_link";
        return true;
    }
  }

  void Keep(const ImageFolder& images, const std::string& content_type, Outcome& outcome) const {
    Photo& photo = outcome.photo;
    const Result<RgbImage> image = DecodeImage(body_, "the reply");
    if (!image.ok()) {
      outcome.reason = "not_an_image";
      outcome.detail = image.error().message;
      if (!content_type.empty()) outcome.detail += " (" + content_type + ")";
      return;
    }
    outcome.status = StorePhoto(images, body_, photo.url, "", photo);
  }

  const DownloadOptions& options_;
  const CancellationToken& cancellation_;
  std::string body_;
  bool too_large_ = false;
};

// Results on their way to the thread that owns the database.
class Results {
 public:
  void Add(Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcomes_.push_back(std::move(outcome));
    if (outcomes_.size() >= kCommit) changed_.notify_one();
  }
  void AddLeft(size_t count) {
    const std::lock_guard lock(mutex_);
    left_ += count;
  }
  // What has come, after a while or as soon as it is enough for one transaction.
  std::vector<Outcome> Take(size_t& left) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kCommitEvery, [&] { return outcomes_.size() >= kCommit; });
    left += std::exchange(left_, 0);
    return std::exchange(outcomes_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Outcome> outcomes_;
  size_t left_ = 0;
};

class Downloader {
 public:
  Downloader(Dataset& dataset, const DownloadOptions& options,
             const CancellationToken& cancellation)
      : dataset_(dataset),
        options_(options),
        cancellation_(cancellation),
        photos_(dataset.database()),
        queue_(options) {}

  Result<DownloadReport> Run(const std::function<void(int64_t, int64_t)>& progress) {
    if (options_.retry_failed) {
      const Status wanted = dataset_.database().InTransaction([&]() -> Status {
        const Result<int64_t> again =
            photos_.WantAgain(std::string(kStage), std::string(kUnreachable));
        return again.ok() ? Status() : Status(again.error());
      });
      GRE_RETURN_IF_ERROR(wanted);
    }
    GRE_ASSIGN_OR_RETURN(report_.wanted, photos_.Count(PhotoTable::Which::kWanted));
    if (report_.wanted == 0) return report_;
    const int64_t threads = std::min<int64_t>(options_.connections, report_.wanted);
    std::vector<std::thread> workers;
    for (int64_t i = 0; i < threads; ++i) workers.emplace_back([this] { Work(); });
    const Status status = Feed(progress);
    queue_.Close();
    for (std::thread& worker : workers) worker.join();
    GRE_RETURN_IF_ERROR(status);
    size_t left = 0;
    GRE_RETURN_IF_ERROR(Write(results_.Take(left)));
    report_.left = report_.wanted - report_.fetched;
    for (const auto& [reason, count] : report_.failed) report_.left -= count;
    report_.left = std::max<int64_t>(report_.left, 0);
    return report_;
  }

 private:
  void Work() {
    while (std::optional<DownloadQueue::Job> job = queue_.Take()) {
      Outcome outcome;
      outcome.photo = std::move(job->photo);
      const bool answered =
          Fetch(options_, cancellation_).Run(dataset_.images(), job->host, outcome);
      results_.Add(std::move(outcome));
      results_.AddLeft(queue_.Done(job->host, answered));
    }
  }

  // Keeps the queue filled and writes what comes back, until all is done.
  Status Feed(const std::function<void(int64_t, int64_t)>& progress) {
    int64_t after = 0;
    bool more = true;
    size_t open = 0;  // in the queue or with a worker
    size_t left = 0;  // thrown away by the queue
    while ((more || open > 0) && !cancellation_.IsCancelled()) {
      if (more && queue_.waiting() < kWindow - kPage) {
        GRE_ASSIGN_OR_RETURN(std::vector<Photo> page,
                             photos_.Page(PhotoTable::Which::kWanted, after, kPage));
        more = !page.empty();
        for (Photo& photo : page) {
          after = photo.number;
          GRE_RETURN_IF_ERROR(Enqueue(std::move(photo), open));
        }
      }
      if (open == 0) continue;
      size_t thrown = 0;
      std::vector<Outcome> outcomes = results_.Take(thrown);
      open -= outcomes.size() + thrown;
      left += thrown;
      GRE_RETURN_IF_ERROR(Write(std::move(outcomes)));
      if (progress) progress(done_ + static_cast<int64_t>(left), report_.wanted);
    }
    return {};
  }

  Status Enqueue(Photo photo, size_t& open) {
    Result<std::string> host = UrlOrigin(photo.url);
    if (!host.ok()) {
      std::vector<Outcome> outcomes(1);
      outcomes[0].photo = std::move(photo);
      outcomes[0].reason = "dead_link";
      outcomes[0].detail = host.error().message;
      return Write(std::move(outcomes));
    }
    if (queue_.Add({std::move(photo), *host})) ++open;
    return {};
  }

  Status Write(std::vector<Outcome> outcomes) {
    for (const Outcome& outcome : outcomes) GRE_RETURN_IF_ERROR(outcome.status);
    std::erase_if(outcomes, [](const Outcome& outcome) { return outcome.left; });
    if (outcomes.empty()) return {};
    const Status written = dataset_.database().InTransaction([&]() -> Status {
      for (Outcome& outcome : outcomes) {
        if (!outcome.reason.empty()) {
          outcome.photo.presence = PhotoPresence::kFailed;
          GRE_RETURN_IF_ERROR(photos_.AddFinding(
              {outcome.photo.number, std::string(kStage), outcome.reason, true, outcome.detail}));
        }
        GRE_RETURN_IF_ERROR(photos_.SetImage(outcome.photo));
      }
      return {};
    });
    GRE_RETURN_IF_ERROR(written);
    for (const Outcome& outcome : outcomes) {
      ++(outcome.reason.empty() ? report_.fetched : report_.failed[outcome.reason]);
    }
    done_ += static_cast<int64_t>(outcomes.size());
    return {};
  }

  Dataset& dataset_;
  const DownloadOptions& options_;
  const CancellationToken& cancellation_;
  PhotoTable photos_;
  DownloadQueue queue_;
  Results results_;
  DownloadReport report_;
  int64_t done_ = 0;
};

}  // namespace

Result<DownloadReport> DownloadWanted(
    Dataset& dataset, const DownloadOptions& options, const CancellationToken& cancellation,
    const std::function<void(int64_t done, int64_t total)>& progress) {
  return Downloader(dataset, options, cancellation).Run(progress);
}

}  // namespace gre
