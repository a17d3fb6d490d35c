#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "store/database.h"

namespace gre {

// Who is asked. A name stands for one model with one way of asking.
struct TeacherRecord {
  std::string name;
  std::string kind;  // "knowledge", "recorded", "imported", "local", "remote"
  std::string model;
  std::string settings = "{}";  // JSON: what answers depend on
};

// What an answer is wanted for.
enum class ReplyPurpose {
  kChain,    // chain and answer for a photo: CoT, and Judge by its deviation
  kRollout,  // the same by the model that is to be trained, for Judge
};
std::string_view ReplyPurposeName(ReplyPurpose purpose);  // "chain", "rollout"

// A request that this process has taken and nobody else will answer.
struct RequestTicket {
  int64_t number = 0;
  int64_t photo = 0;
  int64_t sample = 0;
  int64_t attempt = 0;  // from 1
  int64_t charge = 0;   // its row in table charges
};

enum class ReplyReading { kOk, kUnparsed, kRefused };
std::string_view ReplyReadingName(ReplyReading reading);  // "ok", "unparsed", "refused"

// A row of table replies.
struct Reply {
  int64_t number = 0;  // assigned
  std::string purpose, teacher;
  int64_t photo = 0, sample = 0, attempt = 1;
  std::string prompt_hash;  // empty: no instruction was given
  std::string content_key;  // SHA-256 over all that the text depends on
  std::string text;
  std::string finish_reason = "stop";
  int64_t prompt_tokens = 0, completion_tokens = 0;
  double cost = 0;
  double milliseconds = 0;
  std::string created;
  ReplyReading reading = ReplyReading::kUnparsed;
  std::optional<LatLng> point;
  std::optional<double> deviation_km;  // from a truth that is a point
  std::optional<bool> in_country;      // where the truth has a country
  int64_t steps = 0;
  std::string findings = "[]";  // JSON: contradictions, see reply_reading.h
};

struct Spending {
  int64_t requests = 0;  // that left, lost ones included
  int64_t lost = 0;      // in flight when their process died or was interrupted
  int64_t in_flight = 0;
  int64_t prompt_tokens = 0, completion_tokens = 0;
  double cost = 0;
};

// Requests, what they cost, and replies. Many processes may work on one table at once: each request
// is answered once, whoever dies.
class ReplyTable {
 public:
  explicit ReplyTable(Database& database) : database_(&database) {}

  // kInvalidArgument when the name is taken by a teacher of another kind, model or settings.
  Status AddTeacher(const TeacherRecord& teacher);
  Status AddPrompt(const std::string& hash, const std::string& name, const std::string& text);
  Result<std::optional<std::string>> PromptText(const std::string& hash);

  // Adds what is missing: one request a sample for every photo that no finding drops and that is in
  // the seed sample, where there is one; rollouts only for photos of the part "judge". Returns the
  // number of new ones.
  Result<int64_t> Plan(ReplyPurpose purpose, const std::string& teacher, int64_t samples);

  struct Progress {
    int64_t open = 0, leased = 0, done = 0, failed = 0;
    [[nodiscard]] int64_t total() const { return open + leased + done + failed; }
  };
  Result<Progress> CountRequests(ReplyPurpose purpose, const std::string& teacher);

  // Frees requests of dead owners: leases that have expired, and those of processes of this machine
  // that are no more. Their charges become "lost". Returns how many were in flight.
  Result<int64_t> FreeDeadRequests(int64_t now_unix_s);

  struct Claim {
    std::string owner;  // OwnerName()
    int64_t lease_until_unix_s = 0;
    size_t limit = 1;
    // What a request counts for until its reply is there, and if that never comes.
    int64_t prompt_tokens = 0, completion_tokens = 0;
    double cost = 0;
  };
  // Takes open requests and writes down that they are in flight.
  Result<std::vector<RequestTicket>> Take(ReplyPurpose purpose, const std::string& teacher,
                                          const Claim& claim);
  // The reply of a taken request; false when the lease was lost to somebody else, whose reply
  // counts. `final` = false: the text is of no use and will be asked for again; kept as a charge.
  Result<bool> Store(const RequestTicket& ticket, const std::string& owner, const Reply& reply,
                     bool final);
  // No reply: tried again later while attempts are left and `retry`, else failed with `error`.
  Status Fail(const RequestTicket& ticket, const std::string& owner, const std::string& error,
              bool retry);
  // The reply was not waited for: open again, its charge lost.
  Status Return(const RequestTicket& ticket, const std::string& owner);
  // Failed requests become open again; their attempts count anew.
  Result<int64_t> RetryFailed(ReplyPurpose purpose, const std::string& teacher);

  // A reply that nobody asked for here: recorded or imported. False when there is one of this
  // purpose, teacher, photo and sample.
  Result<bool> StoreUnasked(ReplyPurpose purpose, const Reply& reply);

  // An earlier reply to the very same request, whatever photo's record it was for.
  Result<std::optional<Reply>> FindByContent(const std::string& content_key);
  Result<std::optional<Reply>> Get(int64_t number);
  // Replies of all teachers behind number `after`, in order; an empty page is the end.
  Result<std::vector<Reply>> Page(int64_t after, size_t limit);
  Result<std::vector<Reply>> OfPhoto(int64_t photo);
  Result<std::vector<TeacherRecord>> Teachers();
  Result<Spending> Spent();

 private:
  Status Insert(int64_t request, const Reply& reply);
  Database* database_;
};

// "HOST:PID:START" of this process: what a lease names as its owner.
std::string OwnerName();
// False only when `owner` is a process of this machine that has ended.
bool OwnerMayLive(const std::string& owner);

}  // namespace gre
