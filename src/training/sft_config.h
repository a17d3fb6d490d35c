#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"
#include "model/gre_nano/nano_config.h"
#include "training/adamw.h"
#include "training/augment.h"

namespace gre {

// The settings of `gre train sft`; recipes/nano.toml explains each. Relative paths are relative to
// the working directory.
struct SftConfig {
  struct Data {
    std::string photos;  // folder of the photos; the manifest's images are relative to it
    std::string
        manifest;         // JSON Lines (photo_records.h); empty: photos/splits.csv (photo_folder.h)
    std::string gallery;  // LAT,LON lines: where photos of which only the country is known may lie
    std::string cache;    // folder for the frozen tower's features
    int travel_repeats = 3;  // times a travel photo is seen for each time of a street photo
  } data;
  struct Model {
    std::string backbone;  // safetensors, from tools/reference/convert_efficientnet_lite2.py
    // A gre-nano directory of an earlier run whose tower is taken as it is: then the country head
    // and after it the text part learn on its features, judged by the answers. Empty: upper tower,
    // country head and text part learn together, judged by the country head.
    std::string tower;
    // The tower's directory also gives the country head and the text part, which goes on learning:
    // fine-tuning a finished model.
    bool continue_text = false;
    NanoConfig dimensions;  // vocab_size, num_countries and token ids follow from the data
  } model;
  struct Optimiser {
    AdamWOptions adamw;
    double learning_rate = 1e-3;
    double tower_learning_rate = 3e-4;
    int batch_size = 32;
    double dropout = 0.4;        // of the summary's inputs and hidden units
    double token_dropout = 0.1;  // of the decoder's input
    // Share of photos of which the text sees the head's hint alone: what the image tokens show of a
    // training photo is soon known by heart, and the chain would follow that.
    double image_dropout = 0;
    double country_weight = 2;       // of the country's token in the loss
    double coordinate_weight = 0.1;  // of the tokens after the chain
    double auxiliary_weight = 1;     // of the auxiliary country head's loss
    double label_smoothing = 0.1;    // of the country head
  } optim;
  struct CountryHead {  // trained by itself where model.tower is given
    // Perceptrons of equal size that share model.summary_size, each trained alone; their logits are
    // averaged. Every other one sees only the statistics, not the means of the towers' heads.
    int members = 1;
    int epochs = 30;
    int batch_size = 64;
    double learning_rate = 1e-3;
    double dropout = 0.4;
    int views = 1;  // of those cached
  } country_head;
  struct Geography {  // taught to the text part before it sees photos, where model.tower is given
    int steps = 0;    // 0 = off
    int batch_size = 64;
    double learning_rate = 1e-3;
  } geography;
  struct Schedule {
    int epochs = 12;
    int warmup_steps = 100;
    double floor_ratio = 0.02;
    uint64_t seed = 1;
    int patience = 4;  // epochs without a better dev score before the run ends
    int threads = 2;
    int64_t max_steps = 0;  // stop (with a checkpoint) after so many steps of this call; 0 = off
  } schedule;
  int views = 6;  // pictures of each photo that are cached; the first is not augmented
  AugmentOptions augment;
  struct Checkpoints {
    std::string directory;
    int64_t every_steps = 100;  // 0 = at the end of an epoch only
    int keep = 2;
  } checkpoint;

  // Overrides are "section.key=value". Unknown keys and impossible values are errors that name
  // them.
  static Result<SftConfig> Load(const std::string& path, const std::vector<std::string>& overrides);
  // Every setting that influences the weights, one "name=value" a line.
  [[nodiscard]] std::string Describe() const;
};

}  // namespace gre
