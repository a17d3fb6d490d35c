#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gre {

// What an update of reinforcement learning showed.
struct PolicyStatistics {
  double reward = 0;          // mean of the weighted sums
  double format = 0;          // mean of the format part
  double zero_advantage = 0;  // share of groups whose rewards are all equal
  double truncated = 0;       // share of completions that the length cut
  bool learnt = true;         // false: no group taught anything, and what follows is unknown
  double entropy = 0;         // nats a token
  double kl = 0;              // to the reference, a token
  // Of a server's completions: the trainer's log-probabilities of their tokens against its own.
  double mismatch = 0;   // mean |difference|
  double ratio = 1;      // mean of exp(difference)
  double corrected = 0;  // share of tokens whose weight was limited
};

// Watches a run for what usually goes wrong and says so once each time it begins, with what to try.
// Judged over means of the last kWindow updates; nothing is said before they are full.
class PolicyAlarms {
 public:
  static constexpr int kWindow = 10;

  // The alarms that begin with this update.
  std::vector<std::string> Observe(const PolicyStatistics& statistics);

 private:
  std::vector<PolicyStatistics> window_;
  std::optional<double> first_entropy_;  // mean of the first full window that knows it
  double best_reward_ = -1;
  int64_t since_best_ = 0;
  std::map<std::string, bool> active_;
};

}  // namespace gre
