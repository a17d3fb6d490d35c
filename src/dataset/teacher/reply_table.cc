#include "dataset/teacher/reply_table.h"

#include <algorithm>
#include <array>

#include "dataset/dataset.h"
#include "dataset/photo_table.h"

namespace gre {
namespace {

constexpr std::string_view kColumns =
    "number, purpose, teacher, photo, sample, attempt, prompt_hash, content_key, text, "
    "finish_reason, prompt_tokens, completion_tokens, cost, milliseconds, created, reading, "
    "latitude, longitude, deviation_km, in_country, steps, findings";

constexpr std::array<ReplyReading, 3> kReadings = {ReplyReading::kOk, ReplyReading::kUnparsed,
                                                   ReplyReading::kRefused};

Reply ReadReplyRow(const SqlRow& row) {
  Reply reply;
  reply.number = row.Integer(0);
  reply.purpose = row.Text(1);
  reply.teacher = row.Text(2);
  reply.photo = row.Integer(3);
  reply.sample = row.Integer(4);
  reply.attempt = row.Integer(5);
  reply.prompt_hash = row.TextOr(6, "");
  reply.content_key = row.Text(7);
  reply.text = row.Text(8);
  reply.finish_reason = row.Text(9);
  reply.prompt_tokens = row.Integer(10);
  reply.completion_tokens = row.Integer(11);
  reply.cost = row.Number(12);
  reply.milliseconds = row.Number(13);
  reply.created = row.Text(14);
  const auto reading = std::ranges::find(kReadings, row.Text(15), ReplyReadingName);
  if (reading != kReadings.end()) reply.reading = *reading;
  if (!row.IsNull(16) && !row.IsNull(17)) reply.point = LatLng{row.Number(16), row.Number(17)};
  if (!row.IsNull(18)) reply.deviation_km = row.Number(18);
  if (!row.IsNull(19)) reply.in_country = row.Integer(19) != 0;
  reply.steps = row.Integer(20);
  reply.findings = row.Text(21);
  return reply;
}

std::string Select(std::string_view rest) {
  std::string sql = "SELECT ";
  ((sql += kColumns) += " FROM replies ") += rest;
  return sql;
}

Result<std::vector<Reply>> ReadReplies(Result<std::vector<SqlRow>> rows) {
  if (!rows.ok()) return rows.error();
  std::vector<Reply> replies;
  replies.reserve(rows->size());
  for (const SqlRow& row : *rows) replies.push_back(ReadReplyRow(row));
  return replies;
}

Result<std::optional<Reply>> FirstReply(Result<std::vector<Reply>> replies) {
  if (!replies.ok()) return replies.error();
  if (replies->empty()) return std::optional<Reply>();
  return std::optional(std::move(replies->front()));
}

std::string Text(std::string_view text) { return std::string(text); }

}  // namespace

std::string_view ReplyPurposeName(ReplyPurpose purpose) {
  return purpose == ReplyPurpose::kChain ? "chain" : "rollout";
}

std::string_view ReplyReadingName(ReplyReading reading) {
  switch (reading) {
    case ReplyReading::kOk:
      return "ok";
    case ReplyReading::kUnparsed:
      return "unparsed";
    case ReplyReading::kRefused:
      break;
  }
  return "refused";
}

Status ReplyTable::AddTeacher(const TeacherRecord& teacher) {
  GRE_RETURN_IF_ERROR(
      database_->Run("INSERT INTO teachers (name, kind, model, settings) VALUES ($1, $2, $3, $4) "
                     "ON CONFLICT (name) DO NOTHING",
                     {teacher.name, teacher.kind, teacher.model, teacher.settings}));
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT kind, model, settings FROM teachers WHERE name = $1",
                       {teacher.name}));
  const SqlRow& known = rows.at(0);
  if (known.Text(0) == teacher.kind && known.Text(1) == teacher.model &&
      known.Text(2) == teacher.settings) {
    return {};
  }
  return Error{ErrorCode::kInvalidArgument,
               "teacher '" + teacher.name + "' is known as " + known.Text(0) + " " + known.Text(1) +
                   " with settings " + known.Text(2) + ", now it is " + teacher.kind + " " +
                   teacher.model + " with " + teacher.settings + "; give it another name"};
}

Status ReplyTable::AddPrompt(const std::string& hash, const std::string& name,
                             const std::string& text) {
  return database_->Run(
      "INSERT INTO prompts (hash, name, text) VALUES ($1, $2, $3) "
      "ON CONFLICT (hash) DO NOTHING",
      {hash, name, text});
}

Result<std::optional<std::string>> ReplyTable::PromptText(const std::string& hash) {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT text FROM prompts WHERE hash = $1", {hash}));
  if (rows.empty()) return std::optional<std::string>();
  return std::optional(rows[0].Text(0));
}

Result<int64_t> ReplyTable::Plan(ReplyPurpose purpose, const std::string& teacher,
                                 int64_t samples) {
  const std::string which =
      purpose == ReplyPurpose::kRollout
          ? "EXISTS (SELECT 1 FROM parts WHERE parts.photo = photos.number AND part = 'judge')"
          : "(NOT EXISTS (SELECT 1 FROM seed) OR EXISTS "
            "(SELECT 1 FROM seed WHERE seed.photo = photos.number))";
  // All samples of a photo stand together: an engine answers them at once.
  return database_->Execute(
      "INSERT INTO requests (purpose, teacher, photo, sample, state, attempts) "
      "WITH RECURSIVE samples (sample) AS (SELECT CAST(0 AS BIGINT) UNION ALL "
      "SELECT sample + 1 FROM samples WHERE sample + 1 < CAST($3 AS BIGINT)) "
      "SELECT $1, $2, number, sample, 'open', 0 FROM photos CROSS JOIN samples WHERE " +
          std::string(kPhotoIsKept) + " AND " + which +
          " ORDER BY number, sample "
          "ON CONFLICT (purpose, teacher, photo, sample) DO NOTHING",
      {Text(ReplyPurposeName(purpose)), teacher, samples});
}

Result<ReplyTable::Progress> ReplyTable::CountRequests(ReplyPurpose purpose,
                                                       const std::string& teacher) {
  GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> rows,
                       database_->Query("SELECT state, COUNT(*) FROM requests WHERE purpose = $1 "
                                        "AND teacher = $2 GROUP BY state",
                                        {Text(ReplyPurposeName(purpose)), teacher}));
  Progress progress;
  for (const SqlRow& row : rows) {
    const std::string& state = row.Text(0);
    (state == "open"     ? progress.open
     : state == "leased" ? progress.leased
     : state == "done"   ? progress.done
                         : progress.failed) = row.Integer(1);
  }
  return progress;
}

Result<int64_t> ReplyTable::FreeDeadRequests(int64_t now_unix_s) {
  int64_t lost = 0;
  const Status freed = database_->InTransaction([&]() -> Status {
    GRE_ASSIGN_OR_RETURN(const std::vector<SqlRow> owners,
                         database_->Query("SELECT DISTINCT owner FROM requests WHERE state = "
                                          "'leased' AND owner IS NOT NULL"));
    for (const SqlRow& owner : owners) {
      if (OwnerMayLive(owner.Text(0))) continue;
      GRE_RETURN_IF_ERROR(database_->Run(
          "UPDATE requests SET lease_until = 0 WHERE state = 'leased' AND owner = $1",
          {owner.Text(0)}));
    }
    GRE_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> dead,
        database_->Query("UPDATE requests SET state = 'open', owner = NULL WHERE number IN "
                         "(SELECT number FROM requests WHERE state = 'leased' AND lease_until < $1 "
                         "ORDER BY number {skip_locked}) RETURNING number",
                         {now_unix_s}));
    for (const SqlRow& row : dead) {
      GRE_ASSIGN_OR_RETURN(const int64_t charges,
                           database_->Execute("UPDATE charges SET state = 'lost', ended = $2 WHERE "
                                              "request = $1 AND state = 'in_flight'",
                                              {row.Integer(0), UtcNow()}));
      lost += charges;
    }
    return {};
  });
  if (!freed.ok()) return freed.error();
  return lost;
}

Result<std::vector<RequestTicket>> ReplyTable::Take(ReplyPurpose purpose,
                                                    const std::string& teacher,
                                                    const Claim& claim) {
  std::vector<RequestTicket> tickets;
  const Status taken = database_->InTransaction([&]() -> Status {
    GRE_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        database_->Query(
            "UPDATE requests SET state = 'leased', owner = $1, lease_until = $2, "
            "attempts = attempts + 1 WHERE number IN (SELECT number FROM requests "
            "WHERE state = 'open' AND purpose = $3 AND teacher = $4 ORDER BY attempts, number "
            "LIMIT $5 {skip_locked}) RETURNING number, photo, sample, attempts",
            {claim.owner, claim.lease_until_unix_s, Text(ReplyPurposeName(purpose)), teacher,
             static_cast<int64_t>(claim.limit)}));
    for (const SqlRow& row : rows) {
      RequestTicket ticket{row.Integer(0), row.Integer(1), row.Integer(2), row.Integer(3), 0};
      GRE_ASSIGN_OR_RETURN(
          const std::vector<SqlRow> charge,
          database_->Query(
              "INSERT INTO charges (request, state, prompt_tokens, "
              "completion_tokens, cost, started) VALUES ($1, 'in_flight', $2, $3, $4, "
              "$5) RETURNING number",
              {ticket.number, claim.prompt_tokens, claim.completion_tokens, claim.cost, UtcNow()}));
      ticket.charge = charge.at(0).Integer(0);
      tickets.push_back(ticket);
    }
    return {};
  });
  if (!taken.ok()) return taken.error();
  std::ranges::sort(tickets, {}, &RequestTicket::number);  // RETURNING promises no order
  return tickets;
}

Result<bool> ReplyTable::Store(const RequestTicket& ticket, const std::string& owner,
                               const Reply& reply, bool final) {
  bool mine = false;
  const Status stored = database_->InTransaction([&]() -> Status {
    GRE_ASSIGN_OR_RETURN(
        const int64_t changed,
        database_->Execute("UPDATE requests SET state = $3, owner = NULL, error = NULL WHERE "
                           "number = $1 AND owner = $2 AND state = 'leased'",
                           {ticket.number, owner, std::string(final ? "done" : "open")}));
    mine = changed == 1;
    if (!mine) return {};
    GRE_RETURN_IF_ERROR(database_->Run(
        "UPDATE charges SET state = $2, prompt_tokens = $3, completion_tokens = $4, cost = $5, "
        "ended = $6 WHERE number = $1",
        {ticket.charge, std::string(final ? "stored" : "failed"), reply.prompt_tokens,
         reply.completion_tokens, reply.cost, UtcNow()}));
    return final ? Insert(ticket.number, reply) : Status();
  });
  if (!stored.ok()) return stored.error();
  return mine;
}

Status ReplyTable::Fail(const RequestTicket& ticket, const std::string& owner,
                        const std::string& error, bool retry) {
  return database_->InTransaction([&]() -> Status {
    GRE_ASSIGN_OR_RETURN(
        const int64_t changed,
        database_->Execute("UPDATE requests SET state = $3, owner = NULL, error = $4 WHERE "
                           "number = $1 AND owner = $2 AND state = 'leased'",
                           {ticket.number, owner, std::string(retry ? "open" : "failed"), error}));
    if (changed == 0) return {};
    return database_->Run("UPDATE charges SET state = 'failed', ended = $2 WHERE number = $1",
                          {ticket.charge, UtcNow()});
  });
}

Status ReplyTable::Return(const RequestTicket& ticket, const std::string& owner) {
  return database_->InTransaction([&]() -> Status {
    GRE_RETURN_IF_ERROR(database_->Run(
        "UPDATE requests SET state = 'open', owner = NULL, attempts = attempts - 1 WHERE "
        "number = $1 AND owner = $2 AND state = 'leased'",
        {ticket.number, owner}));
    return database_->Run("UPDATE charges SET state = 'lost', ended = $2 WHERE number = $1",
                          {ticket.charge, UtcNow()});
  });
}

Result<int64_t> ReplyTable::RetryFailed(ReplyPurpose purpose, const std::string& teacher) {
  return database_->Execute(
      "UPDATE requests SET state = 'open', attempts = 0 WHERE state = 'failed' AND purpose = $1 "
      "AND teacher = $2",
      {Text(ReplyPurposeName(purpose)), teacher});
}

Result<bool> ReplyTable::StoreUnasked(ReplyPurpose purpose, const Reply& reply) {
  bool stored = false;
  const Status status = database_->InTransaction([&]() -> Status {
    GRE_ASSIGN_OR_RETURN(
        const std::vector<SqlRow> rows,
        database_->Query(
            "INSERT INTO requests (purpose, teacher, photo, sample, state, attempts) "
            "VALUES ($1, $2, $3, $4, 'done', 1) ON CONFLICT (purpose, teacher, photo, "
            "sample) DO NOTHING RETURNING number",
            {Text(ReplyPurposeName(purpose)), reply.teacher, reply.photo, reply.sample}));
    stored = !rows.empty();
    return stored ? Insert(rows[0].Integer(0), reply) : Status();
  });
  if (!status.ok()) return status.error();
  return stored;
}

Status ReplyTable::Insert(int64_t request, const Reply& reply) {
  return database_->Run(
      "INSERT INTO replies (request, purpose, teacher, photo, sample, attempt, prompt_hash, "
      "content_key, text, finish_reason, prompt_tokens, completion_tokens, cost, milliseconds, "
      "created, reading, latitude, longitude, deviation_km, in_country, steps, findings) VALUES "
      "($1, (SELECT purpose FROM requests WHERE number = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10, "
      "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
      {request,
       reply.teacher,
       reply.photo,
       reply.sample,
       reply.attempt,
       SqlText(reply.prompt_hash),
       reply.content_key,
       reply.text,
       reply.finish_reason,
       reply.prompt_tokens,
       reply.completion_tokens,
       reply.cost,
       reply.milliseconds,
       reply.created.empty() ? UtcNow() : reply.created,
       Text(ReplyReadingName(reply.reading)),
       reply.point ? SqlValue(reply.point->latitude_deg) : SqlValue(),
       reply.point ? SqlValue(reply.point->longitude_deg) : SqlValue(),
       SqlOptional(reply.deviation_km),
       reply.in_country ? SqlValue(int64_t{*reply.in_country}) : SqlValue(),
       reply.steps,
       reply.findings});
}

Result<std::optional<Reply>> ReplyTable::FindByContent(const std::string& content_key) {
  return FirstReply(ReadReplies(
      database_->Query(Select("WHERE content_key = $1 ORDER BY number LIMIT 1"), {content_key})));
}

Result<std::optional<Reply>> ReplyTable::Get(int64_t number) {
  return FirstReply(ReadReplies(database_->Query(Select("WHERE number = $1"), {number})));
}

Result<std::vector<Reply>> ReplyTable::Page(int64_t after, size_t limit) {
  return ReadReplies(database_->Query(Select("WHERE number > $1 ORDER BY number LIMIT $2"),
                                      {after, static_cast<int64_t>(limit)}));
}

Result<std::vector<Reply>> ReplyTable::OfPhoto(int64_t photo) {
  return ReadReplies(database_->Query(Select("WHERE photo = $1 ORDER BY number"), {photo}));
}

Result<std::vector<TeacherRecord>> ReplyTable::Teachers() {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT name, kind, model, settings FROM teachers ORDER BY name"));
  std::vector<TeacherRecord> teachers;
  for (const SqlRow& row : rows) {
    teachers.push_back({row.Text(0), row.Text(1), row.Text(2), row.Text(3)});
  }
  return teachers;
}

Result<Spending> ReplyTable::Spent() {
  GRE_ASSIGN_OR_RETURN(
      const std::vector<SqlRow> rows,
      database_->Query("SELECT state, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens), "
                       "SUM(cost) FROM charges GROUP BY state"));
  Spending spending;
  for (const SqlRow& row : rows) {
    spending.requests += row.Integer(1);
    if (row.Text(0) == "lost") spending.lost = row.Integer(1);
    if (row.Text(0) == "in_flight") spending.in_flight = row.Integer(1);
    spending.prompt_tokens += row.Integer(2);
    spending.completion_tokens += row.Integer(3);
    spending.cost += row.Number(4);
  }
  return spending;
}

}  // namespace gre
