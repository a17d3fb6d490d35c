#include "dataset/teacher/asking.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.h"
#include "core/parallel.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/photo_table.h"
#include "dataset/teacher/reply_reading.h"
#include "net/retry.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

// After so many batches without one reply the teacher is taken for unreachable.
constexpr int kMaxFailedBatches = 3;

int64_t UnixNow() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool MayPass(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDeadlineExceeded;
}

// PostgreSQL stores neither NUL nor what is no UTF-8, and nobody needs them.
std::string StorableText(const std::string& text) {
  std::string clean = ReplaceInvalidUtf8(text);
  std::erase(clean, '\0');
  return clean;
}

struct Job {
  RequestTicket ticket;
  const Photo* photo = nullptr;
  std::string content_key;
};

class Asking {
 public:
  Asking(Dataset& dataset, std::span<Teacher* const> workers, const AskOptions& options,
         const std::function<void(const AskProgress&)>& progress,
         const CancellationToken& cancellation)
      : dataset_(dataset),
        replies_(dataset.database()),
        photos_(dataset.database()),
        workers_(workers),
        teacher_(workers.front()->record()),
        options_(options),
        report_(progress),
        cancellation_(cancellation),
        owner_(OwnerName()) {}

  Result<AskSummary> Run() {
    GRE_RETURN_IF_ERROR(Start());
    std::vector<std::thread> threads;
    for (Teacher* const teacher : workers_.subspan(1)) {
      threads.emplace_back([this, teacher] { Work(*teacher); });
    }
    Work(*workers_.front());
    for (std::thread& thread : threads) thread.join();
    if (!status_.ok()) return status_.error();
    GRE_RETURN_IF_ERROR(Count());
    return summary_;
  }

 private:
  Status Start() {
    GRE_RETURN_IF_ERROR(replies_.AddTeacher(teacher_));
    GRE_RETURN_IF_ERROR(replies_.Plan(options_.purpose, teacher_.name, options_.samples));
    GRE_ASSIGN_OR_RETURN(summary_.lost, replies_.FreeDeadRequests(UnixNow()));
    if (summary_.lost > 0) {
      LogWarning(std::to_string(summary_.lost) +
                 " requests were in flight when their process died; they count as spent and are "
                 "asked again");
    }
    if (options_.retry_failed) {
      GRE_RETURN_IF_ERROR(replies_.RetryFailed(options_.purpose, teacher_.name));
    }
    GRE_RETURN_IF_ERROR(Count());
    summary_.progress.earlier = summary_.progress.done;
    return {};
  }

  Status Count() {
    GRE_ASSIGN_OR_RETURN(const ReplyTable::Progress counted,
                         replies_.CountRequests(options_.purpose, teacher_.name));
    summary_.progress.wanted = counted.total();
    summary_.progress.done = counted.done + counted.failed;
    summary_.progress.failed = counted.failed;
    GRE_ASSIGN_OR_RETURN(spent_, replies_.Spent());
    Estimate();
    return {};
  }

  // What the next request is expected to need: the mean of those whose replies are there.
  void Estimate() {
    const int64_t known = spent_.requests - spent_.lost - spent_.in_flight;
    if (known > 0) {
      expected_prompt_ = std::max<int64_t>(spent_.prompt_tokens / spent_.requests, 0);
      expected_completion_ = std::max<int64_t>(spent_.completion_tokens / spent_.requests, 0);
    } else {
      expected_prompt_ = options_.expected_prompt_tokens;
      expected_completion_ = options_.expected_completion_tokens;
    }
    const int64_t left = summary_.progress.wanted - summary_.progress.done;
    summary_.progress.cost = spent_.cost;
    summary_.progress.expected_cost = spent_.cost + static_cast<double>(left) * ExpectedCost();
  }

  [[nodiscard]] double ExpectedCost() const {
    return options_.price.Cost(expected_prompt_, expected_completion_);
  }

  // How many more requests the budget allows.
  [[nodiscard]] size_t Affordable(size_t wanted) const {
    double most = static_cast<double>(wanted);
    if (options_.max_tokens) {
      const int64_t tokens = expected_prompt_ + expected_completion_;
      const int64_t left = *options_.max_tokens - spent_.prompt_tokens - spent_.completion_tokens;
      most = std::min(
          most, static_cast<double>(left) / static_cast<double>(std::max<int64_t>(tokens, 1)));
    }
    if (options_.max_cost) {
      const double left = *options_.max_cost - spent_.cost;
      const double cost = ExpectedCost();
      most = std::min(most, left <= 0 ? 0 : cost > 0 ? left / cost : most);
    }
    return most <= 0 ? 0 : static_cast<size_t>(most);
  }

  void Stop(Error error) {
    const std::scoped_lock lock(mutex_);
    if (status_.ok()) status_ = std::move(error);
    stop_ = true;
  }

  // One batch after another until nothing is open.
  void Work(Teacher& teacher) {
    for (;;) {
      if (cancellation_.IsCancelled()) {
        Stop({ErrorCode::kCancelled, "interrupted; the same command goes on"});
        return;
      }
      std::vector<Photo> photos;
      std::vector<Job> jobs;
      {
        const std::scoped_lock lock(mutex_);
        if (stop_) return;
        const Status taken = Take(photos, jobs);
        if (!taken.ok()) {
          status_ = taken;
          stop_ = true;
        }
        if (stop_ || jobs.empty()) return;
      }
      WaitForTurn(jobs.size());
      std::vector<TeacherQuestion> questions;
      questions.reserve(jobs.size());
      for (const Job& job : jobs) {
        questions.push_back({job.photo, job.ticket.sample, job.ticket.attempt});
      }
      const std::vector<Result<Reply>> answers =
          ReadAll(jobs, teacher.Ask(questions, cancellation_));
      const std::scoped_lock lock(mutex_);
      const Status stored =
          dataset_.database().InTransaction([&] { return StoreAll(jobs, answers); });
      if (!stored.ok() && status_.ok()) status_ = stored;
      if (!status_.ok()) stop_ = true;
      if (report_) report_(summary_.progress);
    }
  }

  // Requests, their photos, and the replies to equal requests that are there already.
  Status Take(std::vector<Photo>& photos, std::vector<Job>& jobs) {
    const size_t limit =
        Affordable(options_.photos_at_once * static_cast<size_t>(options_.samples));
    if (limit == 0) {
      summary_.budget_reached = summary_.progress.done < summary_.progress.wanted;
      stop_ = true;
      return {};
    }
    const ReplyTable::Claim claim = {.owner = owner_,
                                     .lease_until_unix_s = UnixNow() + options_.lease_s,
                                     .limit = limit,
                                     .prompt_tokens = expected_prompt_,
                                     .completion_tokens = expected_completion_,
                                     .cost = ExpectedCost()};
    GRE_ASSIGN_OR_RETURN(const std::vector<RequestTicket> tickets,
                         replies_.Take(options_.purpose, teacher_.name, claim));
    photos.reserve(tickets.size());  // jobs point into it
    for (const RequestTicket& ticket : tickets) {
      if (photos.empty() || photos.back().number != ticket.photo) {
        GRE_ASSIGN_OR_RETURN(std::optional<Photo> photo, photos_.Get(ticket.photo));
        photos.push_back(std::move(photo).value());
      }
      Job job{ticket, &photos.back(), ContentKey(photos.back(), ticket)};
      GRE_ASSIGN_OR_RETURN(const bool reused, Reuse(job));
      if (reused) continue;
      spent_.prompt_tokens += expected_prompt_;
      spent_.completion_tokens += expected_completion_;
      spent_.cost += ExpectedCost();
      jobs.push_back(std::move(job));
    }
    if (jobs.empty() && !tickets.empty()) return Take(photos, jobs);
    return {};
  }

  [[nodiscard]] std::string ContentKey(const Photo& photo, const RequestTicket& ticket) const {
    const std::string& seen = photo.sha256.empty() ? photo.id : photo.sha256;
    return Sha256Hex(
        Concat({ReplyPurposeName(options_.purpose), "\n", teacher_.kind, "\n", teacher_.model, "\n",
                teacher_.settings, "\n", workers_.front()->prompt_hash(), "\n", seen, "\n",
                std::to_string(ticket.sample), "\n", std::to_string(ticket.attempt)}));
  }

  // A copy of the photo was asked about in the same way: its reply is this one's too.
  Result<bool> Reuse(const Job& job) {
    if (job.photo->sha256.empty() || teacher_.kind == "knowledge") return false;
    GRE_ASSIGN_OR_RETURN(std::optional<Reply> known, replies_.FindByContent(job.content_key));
    if (!known) return false;
    known->photo = job.photo->number;
    known->prompt_tokens = known->completion_tokens = 0;
    known->cost = known->milliseconds = 0;
    known->created.clear();
    ReadReply(*job.photo, options_.json_fields_only, *known);
    GRE_ASSIGN_OR_RETURN(const bool stored, replies_.Store(job.ticket, owner_, *known, true));
    if (!stored) return true;
    ++summary_.reused;
    ++summary_.stored;
    ++summary_.progress.done;
    return true;
  }

  void WaitForTurn(size_t requests) {
    if (options_.requests_per_minute <= 0) return;
    Clock::time_point turn;
    {
      const std::scoped_lock lock(mutex_);
      turn = std::max(next_turn_, Clock::now());
      next_turn_ = turn + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                              60.0 * static_cast<double>(requests) / options_.requests_per_minute));
    }
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(turn - Clock::now());
    if (wait.count() > 0) (void)SleepMs(wait.count(), cancellation_);
  }

  // Reading a reply takes longer than storing it: on all cores, and while others store.
  [[nodiscard]] std::vector<Result<Reply>> ReadAll(
      const std::vector<Job>& jobs, const std::vector<Result<TeacherReply>>& answers) const {
    std::vector<Result<Reply>> replies(jobs.size(), Reply{});
    constexpr size_t kWorthAThread = 16;
    ParallelFor(jobs.size(), {.min_items = kWorthAThread}, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        if (answers[i].ok()) {
          replies[i] = Read(jobs[i], *answers[i]);
        } else {
          replies[i] = answers[i].error();
        }
      }
    });
    return replies;
  }

  Status StoreAll(const std::vector<Job>& jobs, const std::vector<Result<Reply>>& answers) {
    size_t usable = 0;
    for (size_t i = 0; i < jobs.size(); ++i) {
      usable += answers[i].ok() || !MayPass(answers[i].error()) ? 1 : 0;
      GRE_RETURN_IF_ERROR(answers[i].ok() ? StoreReply(jobs[i], *answers[i])
                                          : StoreFailure(jobs[i], answers[i].error()));
    }
    failed_batches_ = usable == 0 ? failed_batches_ + 1 : 0;
    Estimate();
    if (failed_batches_ < kMaxFailedBatches) return {};
    // the transaction shall stand: the failures are on record, the run ends
    status_ =
        Error{ErrorCode::kUnavailable, "teacher '" + teacher_.name + "': " + summary_.last_error +
                                           "; what is there is kept, the same command goes on"};
    return {};
  }

  void Settle(const Reply& reply) {
    spent_.prompt_tokens += reply.prompt_tokens - expected_prompt_;
    spent_.completion_tokens += reply.completion_tokens - expected_completion_;
    spent_.cost += reply.cost - ExpectedCost();
    ++spent_.requests;
  }

  [[nodiscard]] Reply Read(const Job& job, const TeacherReply& answer) const {
    Reply reply;
    reply.teacher = teacher_.name;
    reply.photo = job.photo->number;
    reply.sample = job.ticket.sample;
    reply.attempt = job.ticket.attempt;
    reply.prompt_hash = workers_.front()->prompt_hash();
    reply.content_key = job.content_key;
    reply.text = StorableText(answer.text);
    reply.finish_reason = answer.finish_reason;
    reply.prompt_tokens = answer.prompt_tokens;
    reply.completion_tokens = answer.completion_tokens;
    reply.cost = options_.price.Cost(answer.prompt_tokens, answer.completion_tokens);
    reply.milliseconds = answer.milliseconds;
    ReadReply(*job.photo, options_.json_fields_only, reply);
    return reply;
  }

  Status StoreReply(const Job& job, const Reply& reply) {
    const bool final =
        reply.reading != ReplyReading::kUnparsed || job.ticket.attempt >= options_.max_attempts;
    GRE_ASSIGN_OR_RETURN(const bool mine, replies_.Store(job.ticket, owner_, reply, final));
    Settle(reply);
    if (reply.reading == ReplyReading::kUnparsed) ++summary_.progress.unparsed;
    if (mine && final) {
      ++summary_.stored;
      ++summary_.progress.done;
    }
    return {};
  }

  Status StoreFailure(const Job& job, const Error& error) {
    if (error.code == ErrorCode::kCancelled) return replies_.Return(job.ticket, owner_);
    summary_.last_error = error.message;
    // Where nothing comes from the teacher any more, it is not the photo's fault.
    const bool seems_gone = failed_batches_ > 0;
    const bool retry = MayPass(error) && (job.ticket.attempt < options_.max_attempts || seems_gone);
    if (!retry) {
      ++summary_.progress.failed;
      ++summary_.progress.done;
    }
    return replies_.Fail(job.ticket, owner_, error.message, retry);
  }

  Dataset& dataset_;
  ReplyTable replies_;
  PhotoTable photos_;
  std::span<Teacher* const> workers_;
  const TeacherRecord& teacher_;
  const AskOptions& options_;
  const std::function<void(const AskProgress&)>& report_;
  const CancellationToken& cancellation_;
  const std::string owner_;

  std::mutex mutex_;  // of everything below and of the database
  AskSummary summary_;
  Spending spent_;
  int64_t expected_prompt_ = 0, expected_completion_ = 0;
  int failed_batches_ = 0;
  Clock::time_point next_turn_{};
  bool stop_ = false;
  Status status_;
};

}  // namespace

Result<AskSummary> AskTeacher(Dataset& dataset, std::span<Teacher* const> workers,
                              const AskOptions& options,
                              const std::function<void(const AskProgress&)>& progress,
                              const CancellationToken& cancellation) {
  return Asking(dataset, workers, options, progress, cancellation).Run();
}

}  // namespace gre
