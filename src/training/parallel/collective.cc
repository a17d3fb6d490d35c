#include "training/parallel/collective.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <ATen/ops/from_blob.h>
#define USE_C10D_GLOO  // as LibTorch was built; c10d's headers are empty without it
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "core/check.h"
#include "core/strings.h"
#include "engine/torch_errors.h"

namespace gre {

struct Collective::Group {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  std::vector<c10::intrusive_ptr<c10d::Work>> running;
  std::vector<std::vector<at::Tensor>> summed;  // of the running ones
};

namespace {

// Calls Gloo. Of what it says, the first sentence without the place in its source.
Status Talk(const std::function<void()>& call) {
  const Status status = CatchTorchErrors("", call);
  if (status.ok()) return status;
  std::string_view reason = status.error().message;
  reason = reason.substr(0, reason.find(". "));
  if (const size_t place = reason.find(".cc:"); place != std::string_view::npos) {
    reason = reason.substr(std::min(reason.size(), reason.find("] ", place) + 2));
  }
  return Error{status.error().code, Concat({"talking to the other processes of the run failed (",
                                            reason, "); one of them may be gone"})};
}

bool IsThisMachine(const std::string& address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

}  // namespace

Collective::Collective() = default;
Collective::Collective(Collective&&) noexcept = default;
Collective& Collective::operator=(Collective&&) noexcept = default;
Collective::~Collective() = default;

Result<Collective> Collective::Join(const TrainingProcesses& processes) {
  Collective collective;
  if (processes.size <= 1) return collective;
  constexpr std::chrono::minutes kMeeting(10);
  const std::string place = Concat({processes.address, ":", std::to_string(processes.port)});
  return CatchTorchErrors(
      Concat({"meeting the other processes at ", place}), [&]() -> Result<Collective> {
        const std::chrono::milliseconds timeout = std::chrono::minutes(kTimeoutMinutes);
        c10d::TCPStoreOptions meeting;
        meeting.port = static_cast<uint16_t>(processes.port);
        meeting.isServer = processes.rank == 0 && !processes.meeting_runs;
        if (!processes.meeting_runs) meeting.numWorkers = static_cast<size_t>(processes.size);
        meeting.timeout = kMeeting;
        c10::intrusive_ptr<c10d::Store> store =
            c10::make_intrusive<c10d::TCPStore>(processes.address, meeting);
        store = c10::make_intrusive<c10d::PrefixStore>(
            Concat({"gre/", std::to_string(processes.attempt)}), std::move(store));
        const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
        options->devices.push_back(
            IsThisMachine(processes.address)
                ? c10d::ProcessGroupGloo::createDeviceForHostname(processes.address)
                : c10d::ProcessGroupGloo::createDefaultDevice());
        collective.group_ = std::make_unique<Group>();
        collective.group_->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
            store, processes.rank, processes.size, options);
        collective.rank_ = processes.rank;
        collective.size_ = processes.size;
        return std::move(collective);
      });
}

void Collective::StartSum(const at::Tensor& values) {
  GRE_CHECK(values.is_cpu() && values.is_contiguous());
  if (!group_) return;
  std::vector<at::Tensor>& tensors = group_->summed.emplace_back();
  tensors.push_back(values);
  group_->running.push_back(group_->gloo->allreduce(tensors));
}

Status Collective::Wait() {
  if (!group_) return {};
  Status status = Talk([&] {
    for (const auto& work : group_->running) work->wait();
  });
  group_->running.clear();
  group_->summed.clear();
  return status;
}

Status Collective::Sum(std::span<double> values) {
  if (!group_) return {};
  GRE_RETURN_IF_ERROR(Talk([&] {
    StartSum(at::from_blob(values.data(), {static_cast<int64_t>(values.size())}, at::kDouble));
  }));
  return Wait();
}

Result<bool> Collective::Any(bool here) {
  double count = here ? 1 : 0;
  GRE_RETURN_IF_ERROR(Sum({&count, 1}));
  return count > 0;
}

Status Collective::Broadcast(const at::Tensor& values, int root) {
  GRE_CHECK(values.is_cpu() && values.is_contiguous());
  if (!group_ || values.numel() == 0) return {};
  return Talk([&] {
    std::vector<at::Tensor> tensors = {values};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    group_->gloo->broadcast(tensors, options)->wait();
  });
}

Result<std::vector<std::string>> Collective::Gather(const std::string& bytes) {
  std::vector<double> lengths(static_cast<size_t>(size_), 0);
  lengths[static_cast<size_t>(rank_)] = static_cast<double>(bytes.size());
  GRE_RETURN_IF_ERROR(Sum(lengths));
  std::vector<std::string> all;
  for (int root = 0; root < size_; ++root) {
    std::string& part = all.emplace_back(bytes);
    part.resize(static_cast<size_t>(lengths[static_cast<size_t>(root)]));
    GRE_RETURN_IF_ERROR(Broadcast(
        at::from_blob(part.data(), {static_cast<int64_t>(part.size())}, at::kByte), root));
  }
  return all;
}

Status Collective::Agree(const Status& here) {
  if (!group_) return here;
  const std::string own = here.ok() ? ""
                                    : Concat({std::to_string(static_cast<int>(here.error().code)),
                                              " ", here.error().message});
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> all, Gather(own));
  GRE_RETURN_IF_ERROR(here);
  const auto told =
      std::ranges::find_if(all, [](const std::string& text) { return !text.empty(); });
  if (told == all.end()) return {};
  const size_t space = told->find(' ');
  return Error{static_cast<ErrorCode>(ParseInt(told->substr(0, space)).value_or(0)),
               Concat({"process ", std::to_string(told - all.begin()), ": ",
                       std::string_view(*told).substr(space + 1)})};
}

Status Collective::Same(const std::string& what, const std::string& text) {
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> all, Gather(text));
  for (size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all.front()) continue;
    return Error{ErrorCode::kInvalidInput,
                 Concat({what, ": process ", std::to_string(rank),
                         " has other ones than process 0; give all processes the same"})};
  }
  return {};
}

Status Collective::Lead(const std::function<Status()>& work) {
  return Agree(leads() ? work() : Status());
}

}  // namespace gre
