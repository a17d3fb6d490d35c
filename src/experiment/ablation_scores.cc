#include "experiment/ablation_scores.h"

#include <cmath>
#include <limits>
#include <utility>

#include "bench/matching.h"
#include "core/check.h"
#include "knowledge/place_namer.h"
#include "metrics/bootstrap.h"
#include "metrics/calibration.h"
#include "reasoning/answer_parser.h"

namespace gre {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Scores of one decoding: columns by name, a value a photo of one kind.
using Columns = std::vector<MetricColumn>;

struct KindTruth {
  std::vector<TruthRecord> street, travel;
};

KindTruth TruthOf(const std::vector<PhotoRecord>& photos) {
  KindTruth truth;
  for (const PhotoRecord& photo : photos) {
    TruthRecord record;
    record.id = photo.image;
    record.point = photo.point;
    record.country_code = photo.country_code;
    (photo.kind == PhotoKind::kStreet ? truth.street : truth.travel).push_back(std::move(record));
  }
  return truth;
}

Columns Score(const std::vector<TruthRecord>& truth, const std::vector<Prediction>& predictions,
              const CountryPoints& points) {
  const auto matching = MatchPredictions(truth, predictions);
  GRE_CHECK(matching.ok());  // ids are images, each once
  ScoreConventions conventions;
  conventions.count_missing = true;
  return ScoreRecords(truth, predictions, *matching, conventions, points).columns;
}

bool IsShown(std::string_view column, bool street) {
  if (column == "distance_km") return false;
  return !street || column == "country" || column == "geoscore" || column == "acc@750" ||
         column == "acc@2500";
}

// Means over the seeds, photo by photo.
Columns MeanOf(const std::vector<Columns>& seeds) {
  Columns mean = seeds.front();
  for (size_t c = 0; c < mean.size(); ++c) {
    for (size_t i = 0; i < mean[c].values.size(); ++i) {
      double sum = 0;
      for (const Columns& seed : seeds) sum += seed[c].values[i];
      mean[c].values[i] = sum / static_cast<double>(seeds.size());
    }
  }
  return mean;
}

Estimate ToEstimate(const MeanEstimate& mean) {
  return {mean.value, mean.low, mean.high, mean.count};
}

double MeanOf(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;  // does not apply to the photo
    sum += value;
    ++count;
  }
  return count > 0 ? sum / count : kNaN;
}

// What the seeds of one arm gave, photo by photo.
struct SeedColumns {
  std::vector<Columns> seeds;
  Columns mean;
};

void AddFigures(const SeedColumns& columns, bool street,
                std::vector<AblationScores::Figure>& figures) {
  for (size_t c = 0; c < columns.mean.size(); ++c) {
    const MetricColumn& column = columns.mean[c];
    if (!IsShown(column.name, street)) continue;
    AblationScores::Figure figure;
    figure.metric = (street ? "street " : "travel ") + column.name;
    figure.estimate = ToEstimate(EstimateFigures(column.values, 1).columns.front());
    for (const Columns& seed : columns.seeds) figure.by_seed.push_back(MeanOf(seed[c].values));
    figures.push_back(std::move(figure));
  }
}

void AddDifferences(const SeedColumns& arm, const SeedColumns& base, bool street,
                    const AblationScores::Difference& names,
                    std::vector<AblationScores::Difference>& differences) {
  for (size_t c = 0; c < arm.mean.size(); ++c) {
    const std::string& name = arm.mean[c].name;
    if (!IsShown(name, street)) continue;
    std::vector<double> values;
    for (size_t i = 0; i < arm.mean[c].values.size(); ++i) {
      values.push_back(arm.mean[c].values[i] - base.mean[c].values[i]);
    }
    const MeanEstimate mean = BootstrapMean(values);
    AblationScores::Difference difference = names;
    difference.metric = (street ? "street " : "travel ") + name;
    for (size_t seed = 0; seed < arm.seeds.size(); ++seed) {
      const Columns& of_base = base.seeds[base.seeds.size() == 1 ? 0 : seed];
      difference.by_seed.push_back(MeanOf(arm.seeds[seed][c].values) - MeanOf(of_base[c].values));
    }
    difference.estimate = ToEstimate(mean);
    difference.p_value = mean.p_value;
    differences.push_back(std::move(difference));
  }
}

// Of one kind: the mean over the seeds of the expected calibration error.
double CalibrationErrorOf(const std::vector<PhotoRecord>& photos, PhotoKind kind,
                          const std::vector<const std::vector<Prediction>*>& seeds) {
  double sum = 0;
  for (const std::vector<Prediction>* predictions : seeds) {
    std::vector<JudgedAnswer> answers;
    for (size_t i = 0; i < photos.size(); ++i) {
      const Prediction& prediction = (*predictions)[i];
      if (photos[i].kind != kind || !prediction.point || std::isnan(prediction.confidence))
        continue;
      answers.push_back(
          {prediction.confidence, CountryCodeAt(*prediction.point) == photos[i].country_code});
    }
    if (answers.empty()) return kNaN;
    sum += ExpectedCalibrationError(answers);
  }
  return sum / static_cast<double>(seeds.size());
}

}  // namespace

AblationScores ScoreAblation(const std::vector<PhotoRecord>& dev,
                             const std::vector<PhotoRecord>& test,
                             const std::vector<std::string>& arm_names,
                             const std::map<std::string, std::vector<ModelAnswers>>& answers,
                             const std::vector<ComparedArms>& pairs, const CountryPoints& points) {
  const KindTruth test_truth = TruthOf(test), dev_truth = TruthOf(dev);
  struct KindColumns {
    SeedColumns street, travel;
  };
  struct Decodings {
    KindColumns greedy, sampled;
  };
  std::map<std::string, Decodings> columns;
  AblationScores scores;
  for (const std::string& name : arm_names) {
    const std::vector<ModelAnswers>& seeds = answers.at(name);
    Decodings& of_arm = columns[name];
    std::vector<const std::vector<Prediction>*> greedy, sampled;
    double dev_sum = 0, dev_count = 0;
    for (const ModelAnswers& model : seeds) {
      for (const auto& [of_decoding, predictions] : {std::pair{&of_arm.greedy, &model.test_greedy},
                                                     {&of_arm.sampled, &model.test_sampled}}) {
        of_decoding->street.seeds.push_back(Score(test_truth.street, *predictions, points));
        of_decoding->travel.seeds.push_back(Score(test_truth.travel, *predictions, points));
      }
      greedy.push_back(&model.test_greedy);
      sampled.push_back(&model.test_sampled);
      if (model.dev_sampled.empty()) continue;  // of a control
      for (const auto* truth : {&dev_truth.street, &dev_truth.travel}) {
        for (const MetricColumn& column : Score(*truth, model.dev_sampled, points)) {
          if (column.name != "geoscore") continue;
          for (const double value : column.values) {
            if (std::isnan(value)) continue;
            dev_sum += value;
            ++dev_count;
          }
        }
      }
    }
    for (KindColumns* of_decoding : {&of_arm.greedy, &of_arm.sampled}) {
      of_decoding->street.mean = MeanOf(of_decoding->street.seeds);
      of_decoding->travel.mean = MeanOf(of_decoding->travel.seeds);
    }
    AblationScores::Arm arm;
    arm.name = name;
    AddFigures(of_arm.greedy.street, true, arm.greedy);
    AddFigures(of_arm.greedy.travel, false, arm.greedy);
    AddFigures(of_arm.sampled.street, true, arm.sampled);
    AddFigures(of_arm.sampled.travel, false, arm.sampled);
    arm.greedy_error_street = CalibrationErrorOf(test, PhotoKind::kStreet, greedy);
    arm.greedy_error_travel = CalibrationErrorOf(test, PhotoKind::kTravel, greedy);
    arm.sampled_error_street = CalibrationErrorOf(test, PhotoKind::kStreet, sampled);
    arm.sampled_error_travel = CalibrationErrorOf(test, PhotoKind::kTravel, sampled);
    arm.dev_geoscore = dev_count > 0 ? dev_sum / dev_count : kNaN;
    scores.arms.push_back(std::move(arm));
  }
  for (const ComparedArms& pair : pairs) {
    const Decodings &arm = columns.at(pair.arm), &base = columns.at(pair.base);
    AblationScores::Difference names;
    names.arm = pair.arm;
    names.base = pair.base;
    names.decoding = "greedy";
    AddDifferences(arm.greedy.street, base.greedy.street, true, names, scores.differences);
    AddDifferences(arm.greedy.travel, base.greedy.travel, false, names, scores.differences);
    names.decoding = "sampled";
    AddDifferences(arm.sampled.street, base.sampled.street, true, names, scores.differences);
    AddDifferences(arm.sampled.travel, base.sampled.travel, false, names, scores.differences);
  }
  return scores;
}

std::vector<double> VotesFor(const std::vector<Candidate>& candidates,
                             const std::vector<Candidate>& voters) {
  const auto country_of = [](const Candidate& candidate) {
    const ParsedAnswer answer = ParseReply(candidate.reply);
    return answer.point ? CountryCodeAt(*answer.point) : std::string();
  };
  std::map<const PhotoRecord*, std::map<std::string, double>> counts;
  std::map<const PhotoRecord*, double> all;
  for (const Candidate& voter : voters) {
    ++counts[voter.photo][country_of(voter)];
    ++all[voter.photo];
  }
  std::vector<double> votes;
  for (const Candidate& candidate : candidates) {
    const double sum = all[candidate.photo];
    votes.push_back(sum > 0 ? counts[candidate.photo][country_of(candidate)] / sum : 0);
  }
  return votes;
}

VerdictScores ScoreVerdicts(const std::vector<JudgedCandidate>& candidates) {
  VerdictScores scores;
  std::vector<JudgedAnswer> by_verdict, by_vote, by_log;
  double mixed = 0, unread = 0;
  for (const JudgedCandidate& candidate : candidates) {
    const AblationAsker::Verdicts& verdicts = candidate.verdicts;
    scores.right += candidate.label ? 1 : 0;
    by_verdict.push_back({verdicts.probability, candidate.label});
    by_vote.push_back({candidate.vote, candidate.label});
    by_log.push_back({std::exp(candidate.log_probability), candidate.label});
    mixed += verdicts.yes > 0 && verdicts.no > 0 ? 1 : 0;
    unread += verdicts.unread;
  }
  scores.candidates = candidates.size();
  const auto count = static_cast<double>(candidates.size());
  scores.auroc = Auroc(by_verdict);
  scores.auroc_interval = BootstrapCalibration(by_verdict).auroc;
  scores.vote_auroc = Auroc(by_vote);
  scores.less_vote = BootstrapAurocDifference(by_verdict, by_vote);
  scores.log_probability_auroc = Auroc(by_log);
  scores.mixed = mixed / count;
  scores.unread = unread / count;
  return scores;
}

}  // namespace gre
