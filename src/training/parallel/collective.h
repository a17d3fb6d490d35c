#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/result.h"
#include "generation/training_call.h"

namespace gre {

// What processes that train one model together tell each other: LibTorch's c10d over Gloo, which
// adds on CPUs. All of them make the same calls in the same order; each call but StartSum waits for
// the others. An Error means that the run is over: a process is gone, or said nothing for
// kTimeoutMinutes. Alone, everything is its own sum. Not thread-safe.
class Collective {
 public:
  static constexpr int kTimeoutMinutes = 30;

  Collective();  // alone
  static Result<Collective> Join(const TrainingProcesses& processes);
  Collective(Collective&&) noexcept;
  Collective& operator=(Collective&&) noexcept;
  ~Collective();

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool leads() const { return rank_ == 0; }  // writes files, speaks

  // Begins to add what all have in `values` (on a CPU, contiguous), in place, and returns; the
  // values are not to be touched before Wait().
  void StartSum(const at::Tensor& values);
  Status Wait();

  Status Sum(std::span<double> values);
  // Whether it is true anywhere.
  Result<bool> Any(bool here);
  // Gives all the values (on a CPU, contiguous) of process `root`.
  Status Broadcast(const at::Tensor& values, int root);
  // Everybody's bytes, by rank.
  Result<std::vector<std::string>> Gather(const std::string& bytes);
  // The first error among those of all, told to all; who has one of its own gets that.
  Status Agree(const Status& here);
  // An error for all where somebody's `text` is not the leader's; `what` names it.
  Status Same(const std::string& what, const std::string& text);
  // The leader does it, all learn how it went.
  Status Lead(const std::function<Status()>& work);

 private:
  struct Group;
  std::unique_ptr<Group> group_;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace gre
