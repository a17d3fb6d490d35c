#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "model/lora/new_adapter.h"
#include "model/vision_language_model.h"
#include "training/adamw.h"
#include "training/parallel/collective.h"
#include "training/tuning/training_records.h"
#include "training/tuning/tuning_config.h"

namespace gre {

// What the stages of training share: beginning, records, keeping.

// Makes checkpoint.directory; kInvalidArgument where it holds a run and `resume` is not set.
Status PrepareRunDirectory(const std::string& directory, bool resume);

// Walks a model's linear layers; the model must outlive it.
LinearWalk WalkOf(VisionLanguageModel& model);

// The base with its adapter or without, in plain writable weights.
// `device_index`: which of several CUDA devices.
Result<std::shared_ptr<VisionLanguageModel>> LoadTunedModel(const TuningConfig& config,
                                                            int device_index = 0);
// What learns: the adapter's matrices, fresh ones where there is no adapter, or the weights. A
// loaded adapter's rank, scaling and targets take the place of those of `config`, so that what is
// written is what was computed; one that differs between its modules, or that has a part in the
// tower, is refused.
Result<std::vector<TrainedParameter>> ChooseParameters(TuningConfig& config,
                                                       VisionLanguageModel& model);

// Reads and checks the records of a file; says on the log what was left out and how long they are.
// An error when none is left. `completion_tokens`: see CheckRecords.
Result<std::vector<TrainingRecord>> LoadRecords(const TuningConfig& config,
                                                const std::string& source, RecordNeed need,
                                                int64_t completion_tokens,
                                                const VisionLanguageModel& model,
                                                const CancellationToken& cancellation);
// Of what the base and its adapter are: configuration, names and sizes of the weight files with a
// sample of their bytes, the adapter's bytes, the element type.
Result<std::string> HashOfBase(const TuningConfig& config, const VisionLanguageModel& model);
// Of all that of the records which influences what is learned, photos by their bytes.
std::string HashOf(const std::vector<TrainingRecord>& records);

// The records' order in an epoch; a function of (seed, epoch) alone.
std::vector<size_t> EpochOrder(size_t records, uint64_t seed, int64_t epoch);

// Writes the adapter that learns as PEFT reads it (WriteLora).
Status WriteAdapter(const TuningConfig& config, VisionLanguageModel& model,
                    const std::string& directory);
// Writes what was learnt to directory/best: the adapter as PEFT reads it, or the whole model. The
// leading process does.
Status KeepBest(const TuningConfig& config, VisionLanguageModel& model, Collective& collective);

}  // namespace gre
