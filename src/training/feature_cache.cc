#include "training/feature_cache.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "core/check.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "image/decode.h"
#include "model/gre_nano/preprocess.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kChunk = 64;  // entries between two appends

size_t GridBytes(int64_t side) {
  return static_cast<size_t>(side * side *
                             EffnetLite::BlockChannels(NanoNetwork::kLastFrozenBlock)) *
         sizeof(at::BFloat16);
}
size_t StatisticsBytes() {
  return static_cast<size_t>(NanoNetwork::LowerStatisticsWidth()) * sizeof(float);
}
size_t EntryBytes(int64_t side) { return GridBytes(side) + StatisticsBytes(); }

std::string CacheFile(const FeatureCache::Options& options,
                      const std::vector<PhotoRecord>& records) {
  std::string key = "gre-nano lower features 2\n" + options.backbone_hash + "\n" +
                    std::to_string(options.image_size) + " " + std::to_string(options.seed) + "\n";
  const AugmentOptions& a = options.augment;
  for (double value : {a.crop_min_area, a.edge_cut_probability, a.edge_cut_share, a.colour_strength,
                       a.white_balance_strength, a.grey_probability, a.blur_probability,
                       a.blur_max_sigma, a.noise_probability, a.noise_max_sigma,
                       a.compression_probability, static_cast<double>(a.compression_min_quality)}) {
    key += FormatShortest(value) + " ";
  }
  for (const PhotoRecord& record : records) {
    key += "\n" + record.image;
  }
  return options.directory + "/lower_" + Sha256Hex(key).substr(0, 16) + ".bin";
}

Result<std::string> ComputeEntry(const FeatureCache::Options& options, const PhotoRecord& record,
                                 int64_t view, const NanoNetwork& network) {
  GRE_ASSIGN_OR_RETURN(const RgbImage photo,
                       DecodeImageFile(options.photo_root + "/" + record.image));
  at::Tensor pixels;
  if (view == 0) {
    pixels = PreparePixels(photo, options.image_size);
  } else {
    Random random(HashSeed(HashSeed(options.seed, record.image), static_cast<uint64_t>(view)));
    GRE_ASSIGN_OR_RETURN(const RgbImage augmented,
                         AugmentedView(photo, static_cast<int>(options.image_size),
                                       FeatureCache::IsMirrored(view), options.augment, random));
    pixels = NormalisedPixels(augmented);
  }
  const LowerFeatures lower = network.Lower(pixels);
  const at::Tensor grid = lower.grid.to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor statistics = lower.statistics.contiguous();
  std::string bytes(static_cast<const char*>(grid.const_data_ptr()), grid.nbytes());
  bytes.append(static_cast<const char*>(statistics.const_data_ptr()), statistics.nbytes());
  return bytes;
}

}  // namespace

FeatureCache::FeatureCache(int64_t records, int64_t side, std::shared_ptr<const MappedFile> file)
    : records_(records), side_(side), file_(std::move(file)) {}

Result<FeatureCache> FeatureCache::Build(const Options& options,
                                         const std::vector<PhotoRecord>& records,
                                         const NanoNetwork& network, const Progress& progress,
                                         const CancellationToken& cancellation) {
  const auto num_records = static_cast<int64_t>(records.size());
  const int64_t side = options.image_size / 16;
  const size_t entry_bytes = EntryBytes(side);
  const int64_t total = num_records * options.views;
  const std::string path = CacheFile(options, records);
  std::error_code error;
  fs::create_directories(options.directory, error);
  const auto size = fs::file_size(path, error);
  int64_t done = error ? 0 : static_cast<int64_t>(size / entry_bytes);
  if (!error) {
    fs::resize_file(path, static_cast<size_t>(done) * entry_bytes, error);  // a torn last entry
  }
  std::ofstream file(path, std::ios::binary | std::ios::app);
  while (done < total) {
    if (cancellation.IsCancelled()) {
      return Error{ErrorCode::kCancelled, "stopped while preparing photos; run again to go on"};
    }
    const int64_t count = std::min(kChunk, total - done);
    std::vector<std::string> entries(static_cast<size_t>(count));
    std::vector<Status> failures(static_cast<size_t>(options.threads));
    std::vector<std::thread> workers;
    for (int t = 0; t < options.threads; ++t) {
      workers.emplace_back([&, t] {
        at::set_num_threads(1);  // of this worker
        const at::NoGradGuard no_grad;
        for (int64_t i = t; i < count && failures[static_cast<size_t>(t)].ok();
             i += options.threads) {
          const int64_t index = done + i;
          const PhotoRecord& record = records[static_cast<size_t>(index % num_records)];
          Result<std::string> entry = Error{ErrorCode::kInternal, record.image};
          try {
            entry = ComputeEntry(options, record, index / num_records, network);
          } catch (const std::exception& exception) {  // LibTorch's; none may leave the thread
            entry = Error{ErrorCode::kInternal, record.image + ": " + exception.what()};
          }
          if (entry.ok()) {
            entries[static_cast<size_t>(i)] = std::move(entry).value();
          } else {
            failures[static_cast<size_t>(t)] = std::move(entry).error();
          }
        }
      });
    }
    std::ranges::for_each(workers, [](std::thread& worker) { worker.join(); });
    for (Status& failure : failures) {
      GRE_RETURN_IF_ERROR(std::move(failure));
    }
    for (const std::string& entry : entries) {
      GRE_CHECK(entry.size() == entry_bytes);
      file.write(entry.data(), static_cast<std::streamsize>(entry.size()));
    }
    if (!file.flush()) {
      return Error{ErrorCode::kUnavailable,
                   path + ": cannot write (" +
                       std::to_string(total * static_cast<int64_t>(entry_bytes) >> 20) +
                       " MiB are needed in all)"};
    }
    done += count;
    progress(done, total);
  }
  file.close();
  GRE_ASSIGN_OR_RETURN(auto mapped, MappedFile::Open(path));
  return FeatureCache(num_records, side, std::move(mapped));
}

LowerFeatures FeatureCache::Load(std::span<const View> views) const {
  const int64_t channels = EffnetLite::BlockChannels(NanoNetwork::kLastFrozenBlock);
  const auto batch = static_cast<int64_t>(views.size());
  const at::Tensor grid = at::empty({batch, side_, side_, channels}, at::kBFloat16);
  const at::Tensor statistics = at::empty({batch, NanoNetwork::LowerStatisticsWidth()}, at::kFloat);
  auto* grid_out = static_cast<std::byte*>(grid.mutable_data_ptr());
  auto* statistics_out = static_cast<std::byte*>(statistics.mutable_data_ptr());
  for (const View& view : views) {
    const auto index = static_cast<size_t>(view.view * records_ + view.record);
    const std::byte* entry =
        file_->bytes().subspan(index * EntryBytes(side_), EntryBytes(side_)).data();
    std::memcpy(grid_out, entry, GridBytes(side_));
    std::memcpy(statistics_out, entry + GridBytes(side_), StatisticsBytes());
    grid_out += GridBytes(side_);
    statistics_out += StatisticsBytes();
  }
  return {grid.permute({0, 3, 1, 2}), statistics};
}

}  // namespace gre
