#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "experiment/ablation_config.h"
#include "experiment/ablation_scores.h"
#include "generation/torch_plugin.h"

namespace gre {

// GRE's ablation (arXiv 2505.18700, tables 4 and 9) with the embedded model, as an experiment that
// can fail. The training photos are divided into three parts; tower and country head learn on the
// first and are frozen. Arms, each from `seeds` seeds:
//   image_head      the country head alone: its likeliest country, at the point of it that is
//                   nearest to all others by GeoScore
//   base            the backbone's own text part, before any arm
//   ci              cold start: chains, some of them to be judged
//   ci_no_chain     its control: coordinates alone, as many records
//   ci_1            stage I on the cold start's own chains about the second part
//   ci_1_shuffled   its control: labels dealt out anew
//   ci_1_sft        its control: supervised, the same chains, as many updates
//   ci_2            stage II from ci on the third part
//   ci_2_sft        its control: supervised, the same photos, as many updates
//   ci_1_2          stage II from ci_1
//   ci_1_2_sft      its control: supervised, from ci_1_sft
// Where only the country is known, a truth stands for points of it: half of the gallery's may be
// learnt (rewards, coordinates, the head's points), the other half scores.
struct AblationReport {
  struct Photos {
    size_t cold_start = 0, judge = 0, place = 0, dev = 0, test = 0;
  } photos;
  struct Stage {
    std::string name;
    double seconds = 0;  // that its own work took, but for calls that were killed
  };
  int seeds = 0;
  int samples = 0;
  AblationScores scores;
  std::map<std::string, std::vector<VerdictScores>> verdicts;  // by arm, of each seed
  std::vector<Stage> stages;
};

// Runs what is missing of the experiment and scores all of it. Every finished stage is kept below
// run.directory and never done again; a stage that was interrupted or killed goes on where its
// trainer's checkpoint is. A stage that was finished with other settings is an error that names it.
Result<AblationReport> RunAblation(const AblationConfig& config, TorchPlugin& plugin,
                                   const CancellationToken& cancellation);

}  // namespace gre
