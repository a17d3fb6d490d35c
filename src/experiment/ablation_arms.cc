#include "experiment/ablation_arms.h"

namespace gre {

const std::vector<std::string>& SeedArms() {
  static const std::vector<std::string> arms = {
      "ci",   "ci_no_chain", "ci_1",   "ci_1_shuffled", "ci_1_sft",
      "ci_2", "ci_2_sft",    "ci_1_2", "ci_1_2_sft"};
  return arms;
}

bool IsControl(const std::string& arm) {
  return arm == "ci_no_chain" || arm.ends_with("_shuffled") || arm.ends_with("_sft");
}

const std::vector<std::string>& JudgingArms() {
  static const std::vector<std::string> arms = {"ci",       "ci_1",   "ci_1_shuffled",
                                                "ci_1_sft", "ci_1_2", "ci_1_2_sft"};
  return arms;
}

std::vector<ComparedArms> Comparisons() {
  return {{"ci", kHeadArm},          {"ci", "ci_no_chain"}, {"ci_1", "ci"},
          {"ci_1", "ci_1_shuffled"}, {"ci_1", "ci_1_sft"},  {"ci_2", "ci"},
          {"ci_2", "ci_2_sft"},      {"ci_1_2", "ci_2"},    {"ci_1_2", "ci"},
          {"ci_1_2", "ci_1_2_sft"}};
}

}  // namespace gre
