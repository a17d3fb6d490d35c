#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/records.h"
#include "bench/scoring.h"
#include "dataset/photo_records.h"
#include "experiment/ablation_answers.h"
#include "metrics/interval.h"

namespace gre {

// What one model said of the held-out photos, in their order.
struct ModelAnswers {
  // Those of dev are empty of controls.
  std::vector<Prediction> dev_greedy, dev_sampled, test_greedy, test_sampled;
};

// The verdicts on one candidate, beside what else is known of it without judging.
struct JudgedCandidate {
  bool label = false;
  AblationAsker::Verdicts verdicts;
  double vote = 0;             // share of other chains that name its country
  double log_probability = 0;  // mean of a token, under the model that wrote it
};

// Of the verdicts on one candidate a test photo; intervals are of photos.
struct VerdictScores {
  size_t candidates = 0, right = 0;
  double auroc = 0;  // of verdicts, votes and log-probabilities as scores of being right
  Interval auroc_interval;
  double vote_auroc = 0;
  double log_probability_auroc = 0;
  Interval less_vote;  // of auroc - vote_auroc, paired
  double mixed = 0;    // share of candidates on which the verdicts differ
  double unread = 0;   // share of verdicts that could not be read
};

// The arms' figures. A value of a photo is its mean over the seeds; intervals are of photos drawn
// with replacement, the same for both sides of a difference: they hold for these trainings, and
// what another training would have given is seen from the seeds beside them.
struct AblationScores {
  struct Figure {
    std::string metric;  // "street country", "travel acc@25", …
    Estimate estimate;
    std::vector<double> by_seed;
  };
  struct Arm {
    std::string name;
    std::vector<Figure> greedy, sampled;
    // Expected calibration error by kind, mean over the seeds; NaN if one has no confidences.
    double greedy_error_street = 0, greedy_error_travel = 0;
    double sampled_error_street = 0, sampled_error_travel = 0;
    double dev_geoscore = 0;  // sampled, both kinds
  };
  struct Difference {
    std::string arm, base;
    std::string decoding;  // "greedy", "sampled"
    std::string metric;
    Estimate estimate;  // arm - base
    double p_value = 1;
    std::vector<double> by_seed;
  };
  std::vector<Arm> arms;
  std::vector<Difference> differences;
};

// `answers`: by arm, one of each seed; an arm that has no seed of its own (the image head) stands
// there once. Predictions are of these photos, in their order. `pairs`: arm and base. Metrics: of
// street-level photos country, acc@750, acc@2500 and geoscore, as means over the points of the true
// country; of travel photos also the thresholds 1, 25 and 200.
struct ComparedArms {
  std::string arm, base;
};
AblationScores ScoreAblation(const std::vector<PhotoRecord>& dev,
                             const std::vector<PhotoRecord>& test,
                             const std::vector<std::string>& arm_names,
                             const std::map<std::string, std::vector<ModelAnswers>>& answers,
                             const std::vector<ComparedArms>& pairs, const CountryPoints& points);

// For each candidate the share of its photo's voters that name its country.
std::vector<double> VotesFor(const std::vector<Candidate>& candidates,
                             const std::vector<Candidate>& voters);
VerdictScores ScoreVerdicts(const std::vector<JudgedCandidate>& candidates);

}  // namespace gre
