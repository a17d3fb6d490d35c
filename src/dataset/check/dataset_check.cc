#include "dataset/check/dataset_check.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "core/file.h"
#include "core/parallel.h"
#include "dataset/check/check_table.h"
#include "dataset/check/hash_clusters.h"
#include "geo/point_grid.h"

namespace gre {
namespace {

constexpr size_t kPage = 10'000;  // rows read at once

// What is kept of a photo while groups are made.
struct Member {
  int64_t number;
  uint64_t file;  // the first 64 bits of its SHA-256: which of a group are the same file
  bool dropped;   // by another finding
  bool in_benchmark;
};

uint64_t FileKey(const std::string& sha256) {
  return sha256.size() < 16 ? 0 : std::stoull(sha256.substr(0, 16), nullptr, 16);
}

class DatasetChecker {
 public:
  DatasetChecker(Dataset& dataset, const CheckOptions& options,
                 const std::function<void(const CheckProgress&)>& report,
                 const CancellationToken& cancellation)
      : dataset_(dataset),
        options_(options),
        report_(report),
        cancellation_(cancellation),
        photos_(dataset.database()),
        table_(dataset.database()) {}

  Result<CheckSummary> Run(
      const std::function<Result<std::unique_ptr<FaceDetector>>()>& make_face_detector) {
    GRE_ASSIGN_OR_RETURN(summary_.photos, photos_.Count(PhotoTable::Which::kAll));
    GRE_ASSIGN_OR_RETURN(
        benchmarks_,
        ReadBenchmarkPhotos(
            options_.benchmarks, options_.benchmark_photos,
            [this](size_t done, size_t total) {
              report_({"benchmarks", static_cast<int64_t>(done), static_cast<int64_t>(total)});
            },
            cancellation_));
    summary_.benchmarks = benchmarks_.files;
    MakeFaceDetectors(make_face_detector);
    GRE_RETURN_IF_ERROR(LookAtPhotos());
    GRE_RETURN_IF_ERROR(dataset_.database().InTransaction([this] { return WriteFindings(); }));
    GRE_ASSIGN_OR_RETURN(summary_.without_picture, table_.CountWithoutPicture());
    GRE_ASSIGN_OR_RETURN(summary_.dropped, table_.CountDropped());
    GRE_ASSIGN_OR_RETURN(summary_.findings, photos_.CountFindings());
    return summary_;
  }

 private:
  void MakeFaceDetectors(const std::function<Result<std::unique_ptr<FaceDetector>>()>& make) {
    const size_t threads = std::max<size_t>(1, std::thread::hardware_concurrency());
    for (size_t i = 0; i < threads; ++i) {
      Result<std::unique_ptr<FaceDetector>> detector = make();
      if (!detector.ok()) {
        summary_.faces = "skipped: " + detector.error().message;
        detectors_.clear();
        detectors_.resize(threads);
        return;
      }
      summary_.faces = (*detector)->name();
      detectors_.push_back(std::move(*detector));
    }
  }

  Status LookAtPhotos() {
    const bool with_faces = detectors_.front() != nullptr;
    GRE_ASSIGN_OR_RETURN(const int64_t unseen, table_.CountUnseen(with_faces));
    constexpr size_t kPhotosAStep = 128;
    for (int64_t after = 0;;) {
      GRE_ASSIGN_OR_RETURN(const std::vector<PhotoFile> files,
                           table_.Unseen(after, kPhotosAStep, with_faces));
      if (files.empty()) return {};
      const std::vector<PhotoLook> looks = LookAt(files);
      if (cancellation_.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
      GRE_RETURN_IF_ERROR(Store(files, looks));
      after = files.back().number;
      summary_.looked_at += static_cast<int64_t>(files.size());
      report_({"photos", summary_.photos - unseen + summary_.looked_at, summary_.photos,
               summary_.photos - unseen});
    }
  }

  Status Store(const std::vector<PhotoFile>& files, const std::vector<PhotoLook>& looks) {
    return dataset_.database().InTransaction([&]() -> Status {
      for (size_t i = 0; i < files.size(); ++i) {
        GRE_RETURN_IF_ERROR(table_.StoreLook(files[i].number, looks[i]));
      }
      return {};
    });
  }

  std::vector<PhotoLook> LookAt(const std::vector<PhotoFile>& files) {
    std::vector<PhotoLook> looks(files.size());
    std::atomic<size_t> next = 0;
    ParallelFor(detectors_.size(), {.max_threads = static_cast<int>(detectors_.size())},
                [&](size_t first, size_t) {
                  FaceDetector* const faces = detectors_[first].get();
                  for (size_t i; (i = next++) < files.size() && !cancellation_.IsCancelled();) {
                    looks[i] = Look(files[i], faces);
                  }
                });
    return looks;
  }

  [[nodiscard]] PhotoLook Look(const PhotoFile& file, FaceDetector* faces) const {
    const Result<std::string> bytes =
        ReadFile(dataset_.images().PathOf(file.sha256, file.extension));
    if (bytes.ok()) return LookAtPhoto(*bytes, file.id, faces);
    PhotoLook look;
    look.error = bytes.error().message;
    return look;
  }

  Status WriteFindings() {
    GRE_RETURN_IF_ERROR(photos_.ClearFindings(std::string(kCheckStage)));
    GRE_RETURN_IF_ERROR(table_.AddUnreadable());
    GRE_RETURN_IF_ERROR(table_.AddBlank());
    GRE_RETURN_IF_ERROR(table_.AddTiny(options_.min_side));
    GRE_RETURN_IF_ERROR(table_.AddGraphics(options_.drawn, options_.drop_graphics));
    GRE_RETURN_IF_ERROR(table_.AddFaces(options_.max_face_share));
    GRE_RETURN_IF_ERROR(table_.AddPrivateMetadata());
    GRE_RETURN_IF_ERROR(DropBenchmarkPlaces());
    return GroupDuplicates();
  }

  Status Drop(int64_t photo, const char* reason, std::string detail) {
    return photos_.AddFinding(
        {photo, std::string(kCheckStage), reason, /*drops=*/true, std::move(detail)});
  }

  Status Continue(int64_t done) {
    if (cancellation_.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    report_({"findings", done, summary_.photos});
    return {};
  }

  Status DropBenchmarkPlaces() {
    if (options_.min_distance_km <= 0 || benchmarks_.points.empty()) return {};
    PointGrid grid(options_.min_distance_km);
    for (const LatLng& point : benchmarks_.points) grid.Add(point);
    for (int64_t after = 0;;) {
      GRE_ASSIGN_OR_RETURN(const std::vector<PhotoPlace> places,
                           photos_.Places(PhotoTable::Which::kAll, after, kPage));
      if (places.empty()) return {};
      for (const PhotoPlace& place : places) {
        if (!place.point || !grid.HasNear(*place.point)) continue;
        GRE_RETURN_IF_ERROR(Drop(place.number, "in_benchmark_place", ""));
      }
      after = places.back().number;
      GRE_RETURN_IF_ERROR(Continue(after));
    }
  }

  // All photos with their hashes, and the benchmarks' behind them.
  Status ReadMembers(std::vector<Member>& members, std::vector<uint64_t>& hashes) {
    GRE_ASSIGN_OR_RETURN(const std::vector<int64_t> dropped, table_.DroppedNumbers());
    for (int64_t after = 0;;) {
      GRE_ASSIGN_OR_RETURN(const std::vector<PhotoFingerprint> prints,
                           table_.Fingerprints(after, kPage));
      if (prints.empty()) break;
      for (const PhotoFingerprint& print : prints) {
        hashes.push_back(print.hash);
        members.push_back({print.number, FileKey(print.sha256),
                           std::ranges::binary_search(dropped, print.number),
                           benchmarks_.sha256s.contains(print.sha256)});
      }
      after = prints.back().number;
      GRE_RETURN_IF_ERROR(Continue(after));
    }
    hashes.insert(hashes.end(), benchmarks_.hashes.begin(), benchmarks_.hashes.end());
    return {};
  }

  Status GroupDuplicates() {
    std::vector<Member> members;
    std::vector<uint64_t> hashes;
    GRE_RETURN_IF_ERROR(ReadMembers(members, hashes));
    GRE_RETURN_IF_ERROR(table_.ResetGroups());
    const std::vector<uint32_t> roots =
        ClusterHashes(hashes, {.max_distance = options_.max_hash_distance});
    // a benchmark's hash stands behind those of the photos, so that no root is one unless its whole
    // cluster is
    for (size_t i = members.size(); i < hashes.size(); ++i) {
      if (roots[i] < members.size()) members[roots[i]].in_benchmark = true;
    }
    for (size_t i = 0; i < members.size(); ++i) {
      members[roots[i]].in_benchmark |= members[i].in_benchmark;
    }
    std::vector<uint32_t>
        order;  // of the photos that have others in their groups, or fall with one
    std::vector<bool> has_others(members.size());
    for (uint32_t i = 0; i < members.size(); ++i) {
      if (roots[i] != i) has_others[roots[i]] = true;
    }
    for (uint32_t i = 0; i < members.size(); ++i) {
      if (has_others[roots[i]] || members[roots[i]].in_benchmark) order.push_back(i);
    }
    std::ranges::stable_sort(order, {}, [&](uint32_t i) { return roots[i]; });
    for (size_t begin = 0; begin < order.size();) {
      size_t end = begin + 1;
      while (end < order.size() && roots[order[end]] == roots[order[begin]]) ++end;
      GRE_RETURN_IF_ERROR(WriteGroup(members, std::span(order).subspan(begin, end - begin)));
      begin = end;
    }
    return {};
  }

  Status WriteGroup(const std::vector<Member>& members, std::span<const uint32_t> group) {
    const Member& first = members[group.front()];
    summary_.duplicate_groups += group.size() > 1 ? 1 : 0;
    // the one that stays: the first that nothing else drops
    uint32_t kept = group.front();
    for (const uint32_t i : group) {
      if (!members[i].dropped) {
        kept = i;
        break;
      }
    }
    std::string detail;
    if (group.size() > 1) {
      GRE_ASSIGN_OR_RETURN(const std::string id, table_.IdOf(members[kept].number));
      detail = "of " + id;
    }
    for (const uint32_t i : group) {
      const Member& member = members[i];
      if (i != group.front()) {
        GRE_RETURN_IF_ERROR(photos_.SetDuplicateGroup(member.number, first.number));
      }
      if (first.in_benchmark) {
        GRE_RETURN_IF_ERROR(Drop(member.number, "in_benchmark_photo", ""));
      }
      if (i == kept) continue;
      const bool same_file = member.file != 0 && member.file == members[kept].file;
      GRE_RETURN_IF_ERROR(
          Drop(member.number, same_file ? "duplicate_file" : "near_duplicate", detail));
    }
    return {};
  }

  Dataset& dataset_;
  const CheckOptions& options_;
  const std::function<void(const CheckProgress&)>& report_;
  const CancellationToken& cancellation_;
  PhotoTable photos_;
  CheckTable table_;
  BenchmarkPhotos benchmarks_;
  std::vector<std::unique_ptr<FaceDetector>> detectors_;  // one a thread; null: none
  CheckSummary summary_;
};

}  // namespace

Result<CheckSummary> CheckDataset(
    Dataset& dataset, const CheckOptions& options,
    const std::function<Result<std::unique_ptr<FaceDetector>>()>& make_face_detector,
    const std::function<void(const CheckProgress&)>& report,
    const CancellationToken& cancellation) {
  return DatasetChecker(dataset, options, report, cancellation).Run(make_face_detector);
}

}  // namespace gre
