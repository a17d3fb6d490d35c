#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "experiment/photo_division.h"

namespace gre {

// The settings of `gre train ablate`; recipes/ablation.toml explains each. Relative paths are
// relative to the working directory.
struct AblationConfig {
  struct Data {
    std::string photos;    // with splits.csv and labels.csv (dataset/photo_folder.h)
    std::string gallery;   // LAT,LON lines
    std::string backbone;  // of the embedded model's tower
    std::string locate_prompt, judge_prompt;
  } data;
  struct Run {
    std::string directory;
    int seeds = 3;
    int threads = 2;
  } run;
  PhotoShares shares;
  uint64_t division_seed = 1;

  // A recipe of `gre train sft` or `gre train grpo` and what of it is set otherwise.
  struct Recipe {
    std::string path;
    std::vector<std::string> set;  // "section.key=value"
  };
  Recipe tower, text;       // of the embedded model: the backbone that all arms share
  int64_t positions = 192;  // context of the model: a judged chain stands in front of its own
  struct ColdStart {
    Recipe recipe;
    int batch_size = 32;        // records an update
    int passes = 3;             // over its photos
    double judge_share = 0.15;  // of its records: chains to be judged
  } cold_start;
  struct Reinforcement {
    Recipe recipe;
    int updates = 0;     // of the control too
    int batch_size = 8;  // prompts an update; of the control, records
  };
  Reinforcement judge, place;  // stages I and II
  int candidates = 2;          // chains a photo that stage I judges, drawn from the cold start
  Recipe control;              // supervised, in the stead of stages I and II
  int samples = 8;             // of the answers and verdicts that are drawn

  static Result<AblationConfig> Load(const std::string& path,
                                     const std::vector<std::string>& overrides);
  // Every setting, "key = value" a line.
  [[nodiscard]] std::string Describe() const;
};

}  // namespace gre
