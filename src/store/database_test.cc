#include "store/database.h"

#include <atomic>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "support/postgres_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Every case for both databases: what the program relies on is the same for both.
class DatabaseTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string_view(GetParam()) == "sqlite") {
      location_ = folder_ / "test.sqlite";
      return;
    }
    std::string missing;
    server_ = gre::testing::PostgresServer::Start(missing);
    if (!server_) GTEST_SKIP() << missing;
    location_ = server_->url();
  }

  std::unique_ptr<Database> Open() {
    auto database = Database::Open(location_);
    EXPECT_TRUE(database.ok()) << database.error().message;
    return std::move(*database);
  }

  gre::testing::TemporaryFolder folder_;
  std::unique_ptr<gre::testing::PostgresServer> server_;
  std::string location_;
};

INSTANTIATE_TEST_SUITE_P(Stores, DatabaseTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& store) { return std::string(store.param); });

TEST_P(DatabaseTest, ValuesComeBackAsTheyWent) {
  const auto database = Open();
  ASSERT_TRUE(database
                  ->Execute("CREATE TABLE t (number {identity}, i BIGINT, d DOUBLE PRECISION, "
                            "s TEXT)")
                  .ok());
  const std::string text = "a'b\"c\\ \xE4\xB8\xAD $1 {x}";
  const int64_t big = -9007199254740995;
  const auto inserted = database->Query(
      "INSERT INTO t (i, d, s) VALUES ($1, $2, $3) RETURNING number", {big, 0.1, text});
  ASSERT_TRUE(inserted.ok()) << inserted.error().message;
  EXPECT_EQ(inserted->at(0).Integer(0), 1);
  ASSERT_TRUE(database
                  ->Execute("INSERT INTO t (i, d, s) VALUES ($1, $2, $3)",
                            {SqlValue(), SqlValue(), std::string()})
                  .ok());
  const auto rows = database->Query("SELECT i, d, s FROM t ORDER BY number");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->at(0).Integer(0), big);
  EXPECT_EQ(rows->at(0).Number(1), 0.1);
  EXPECT_EQ(rows->at(0).Text(2), text);
  EXPECT_TRUE(rows->at(1).IsNull(0) && rows->at(1).IsNull(1));
  EXPECT_EQ(rows->at(1).Text(2), "");
  const auto sum = database->Query("SELECT SUM(i), COUNT(*) FROM t");
  ASSERT_TRUE(sum.ok());
  EXPECT_EQ(sum->at(0).Integer(0), big);
  EXPECT_EQ(sum->at(0).Integer(1), 2);
}

TEST_P(DatabaseTest, AFailedTransactionLeavesNothing) {
  const auto database = Open();
  ASSERT_TRUE(database->Execute("CREATE TABLE t (i BIGINT PRIMARY KEY)").ok());
  const Status failed = database->InTransaction([&]() -> Status {
    GRE_RETURN_IF_ERROR(database->Execute("INSERT INTO t (i) VALUES ($1)", {int64_t{1}}));
    return Error{ErrorCode::kRefused, "no"};
  });
  EXPECT_EQ(failed.error().message, "no");
  const Status broken = database->InTransaction([&]() -> Status {
    GRE_RETURN_IF_ERROR(database->Execute("INSERT INTO t (i) VALUES ($1)", {int64_t{2}}));
    GRE_RETURN_IF_ERROR(database->Execute("INSERT INTO t (i) VALUES ($1)", {int64_t{2}}));
    return {};
  });
  EXPECT_FALSE(broken.ok());
  EXPECT_EQ(database->Query("SELECT i FROM t")->size(), 0U);
  ASSERT_TRUE(database
                  ->InTransaction([&]() -> Status {
                    GRE_RETURN_IF_ERROR(
                        database->Execute("INSERT INTO t (i) VALUES ($1)", {int64_t{3}}));
                    return {};
                  })
                  .ok());
  EXPECT_EQ(database->Query("SELECT i FROM t")->size(), 1U);
}

// The way in which workers take work: each row goes to one of them.
TEST_P(DatabaseTest, TwoWorkersNeverTakeTheSameRow) {
  const auto database = Open();
  ASSERT_TRUE(database->Execute("CREATE TABLE t (i BIGINT PRIMARY KEY, owner BIGINT)").ok());
  for (int64_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(database->Execute("INSERT INTO t (i) VALUES ($1)", {i}).ok());
  }
  std::atomic<int> taken = 0;
  std::atomic<bool> failed = false;
  const auto work = [&](int64_t owner) {
    const auto mine = Database::Open(location_);
    for (bool more = mine.ok(); more && !failed;) {
      more = false;
      const Status status = (*mine)->InTransaction([&]() -> Status {
        GRE_ASSIGN_OR_RETURN(
            const auto rows,
            (*mine)->Query("UPDATE t SET owner = $1 WHERE i IN (SELECT i FROM t WHERE owner IS "
                           "NULL ORDER BY i LIMIT 7 {skip_locked}) RETURNING i",
                           {owner}));
        taken += static_cast<int>(rows.size());
        more = !rows.empty();
        return {};
      });
      if (!status.ok()) failed = true;
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
  EXPECT_FALSE(failed);
  // a worker that found all free rows locked has stopped early: the rest is for the next one
  work(3);
  EXPECT_EQ(taken, 200);
  EXPECT_EQ(database->Query("SELECT i FROM t WHERE owner IS NULL")->size(), 0U);
}

TEST(Database, AFileThatIsNoDatabaseIsRefused) {
  const gre::testing::TemporaryFolder folder;
  const std::string path = folder / "x.sqlite";
  ASSERT_TRUE(WriteFileAtomically(path, std::string(5000, 'x')).ok());
  const auto database = Database::Open(path);
  ASSERT_FALSE(database.ok());
  EXPECT_EQ(database.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(database.error().message, HasSubstr(path + ": expected an SQLite database"));
  EXPECT_EQ(Database::Open(folder / "none/x.sqlite").error().code, ErrorCode::kUnavailable);
}

TEST(Database, APasswordInTheUrlIsRefusedAndNotRepeated) {
  for (const char* url : {"postgres://me:s3cret@localhost/x", "postgres://h/x?password=s3cret"}) {
    const auto database = Database::Open(url);
    ASSERT_FALSE(database.ok());
    EXPECT_EQ(database.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(database.error().message, Not(HasSubstr("s3cret")));
  }
}

TEST(Database, AServerThatIsNotThereIsNamed) {
  const auto database = Database::Open("postgres:///x?user=gre&host=/nowhere");
  ASSERT_FALSE(database.ok());
  EXPECT_EQ(database.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(database.error().message, HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace gre
