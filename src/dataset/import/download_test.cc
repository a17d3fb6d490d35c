#include "dataset/import/download.h"

#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/strings.h"
#include "dataset/import/import.h"
#include "dataset/photo_table.h"
#include "dataset/testing/small_dataset.h"
#include "image/encode.h"
#include "support/scripted_http_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using gre::testing::HttpReply;
using gre::testing::ReceivedRequest;
using gre::testing::Reply;
using gre::testing::ReplyStep;
using gre::testing::ScriptedHttpServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Jpeg(int seed) {
  std::vector<uint8_t> pixels(16 * 16 * 3);
  for (size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<uint8_t>(i * static_cast<size_t>(seed + 1));
  }
  return EncodeJpeg({16, 16, pixels}).value();
}

DownloadOptions Fast() {
  DownloadOptions options;
  options.min_interval_ms = 0;
  options.timeout_ms = 10'000;
  options.max_bytes = 20'000;
  options.retry = {.max_attempts = 2, .first_delay_ms = 1, .max_delay_ms = 2};
  return options;
}

class DownloadTest : public ::testing::Test {
 protected:
  // A list of URLs below the server's, imported but not downloaded.
  void Want(const std::string& server, const std::vector<std::string>& paths) {
    const std::string list = folder_ / "list.csv";
    std::ofstream file(list);
    file << "id,url,country\n";
    for (const std::string& path : paths) file << path << "," << server << path << ",FR\n";
    file.close();
    const auto report =
        ImportInto(dataset_, {.sources = {list}, .download = false}, CancellationToken(), nullptr);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_EQ(report->added, static_cast<int64_t>(paths.size()));
  }

  DownloadReport Download(const DownloadOptions& options) {
    const auto report = DownloadWanted(dataset_, options, CancellationToken(), nullptr);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? *report : DownloadReport();
  }

  Photo Get(const std::string& id) { return **photos_.Find(id); }
  // "reason: detail" of the one finding.
  std::string Finding(const std::string& id) {
    const auto findings = photos_.Findings(Get(id).number);
    if (findings->size() != 1) return std::to_string(findings->size()) + " findings";
    EXPECT_TRUE(findings->front().drops);
    EXPECT_EQ(findings->front().stage, "import");
    return findings->front().reason + ": " + findings->front().detail;
  }

  gre::testing::TemporaryFolder folder_;
  Dataset dataset_ = gre::testing::MakeDataset(folder_ / "data");
  PhotoTable photos_{dataset_.database()};
};

TEST_F(DownloadTest, EveryWayToFailIsAccountedFor) {
  std::atomic<int> busy = 0;
  ScriptedHttpServer server([&](const ReceivedRequest& request, int) -> Reply {
    const std::string& path = request.target;
    if (path == "/good" || path == "/target") return {{HttpReply(200, Jpeg(1))}};
    if (path == "/gone") return {{HttpReply(410, "gone")}};
    if (path == "/missing") return {{HttpReply(404, Jpeg(1))}};
    if (path == "/busy") {
      return {{++busy == 1 ? HttpReply(429, "", {{"Retry-After", "0"}}) : HttpReply(200, Jpeg(2))}};
    }
    if (path == "/broken") return {{HttpReply(500, "sorry")}};
    if (path == "/page") {
      return {{HttpReply(200, "<!DOCTYPE html><p>", {{"Content-Type", "text/html"}})}};
    }
    if (path == "/large") return {{HttpReply(200, std::string(30'000, 'x'))}};
    if (path == "/endless") {
      return {{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}, {std::string(30'000, 'x')}};
    }
    if (path == "/half") {
      const std::string jpeg = Jpeg(3);
      return {{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(jpeg.size()) + "\r\n\r\n" +
               jpeg.substr(0, 200)}};
    }
    if (path == "/moved") return {{HttpReply(302, "", {{"Location", "/target"}})}};
    if (path == "/placeholder") {
      return {{HttpReply(302, "", {{"Location", "/images/photo_unavailable.png"}})}};
    }
    return {{HttpReply(404, "")}};
  });
  Want(server.url(), {"/good", "/gone", "/missing", "/busy", "/broken", "/page", "/large",
                      "/endless", "/half", "/moved", "/placeholder"});
  const DownloadReport report = Download(Fast());
  EXPECT_EQ(report.wanted, 11);
  EXPECT_EQ(report.fetched, 3);
  EXPECT_EQ(report.left, 0);
  EXPECT_THAT(report.failed, UnorderedElementsAre(Pair("dead_link", 3), Pair("unreachable", 2),
                                                  Pair("not_an_image", 1), Pair("too_large", 2)));
  EXPECT_EQ(Finding("/gone"), "dead_link: HTTP status 410");
  EXPECT_EQ(Finding("/missing"), "dead_link: HTTP status 404");
  EXPECT_THAT(Finding("/placeholder"), HasSubstr("dead_link: HTTP status 302 to a placeholder"));
  EXPECT_EQ(Finding("/broken"), "unreachable: HTTP status 500");
  EXPECT_THAT(Finding("/half"), HasSubstr("unreachable: "));
  EXPECT_THAT(Finding("/page"), AllOf(HasSubstr("it is a web page"), HasSubstr("(text/html)")));
  EXPECT_THAT(Finding("/large"), HasSubstr("more than 20000 bytes"));
  EXPECT_EQ(Get("/page").presence, PhotoPresence::kFailed);
  EXPECT_EQ(Get("/moved").sha256, Get("/good").sha256);
  const Photo good = Get("/busy");
  EXPECT_EQ(good.presence, PhotoPresence::kPresent);
  EXPECT_EQ(good.width, 16);
  EXPECT_EQ(*ReadFile(dataset_.images().PathOf(good.sha256, good.extension)), Jpeg(2));

  EXPECT_EQ(Download(Fast()).wanted, 0);
  DownloadOptions again = Fast();
  again.retry_failed = true;
  EXPECT_EQ(Download(again).wanted, 2);  // dead links stay dead
}

TEST_F(DownloadTest, OneHostIsAskedAsOftenAsAllowed) {
  ScriptedHttpServer server([](const ReceivedRequest&, int number) -> Reply {
    return {{.bytes = HttpReply(200, Jpeg(number)), .wait_ms = 15}};
  });
  std::vector<std::string> paths;
  for (int i = 0; i < 12; ++i) paths.push_back("/" + std::to_string(i));
  Want(server.url(), paths);
  DownloadOptions options = Fast();
  options.connections_per_host = 2;
  options.min_interval_ms = 20;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Download(options).fetched, 12);
  const auto waited = std::chrono::steady_clock::now() - start;
  EXPECT_THAT(server.peak_concurrency(), Le(2));
  EXPECT_THAT(waited, Ge(std::chrono::milliseconds(11 * 20)));
}

TEST_F(DownloadTest, AHostThatIsAwayIsLeftAlone) {
  ScriptedHttpServer server([](const ReceivedRequest&, int) -> Reply { return {}; });
  std::vector<std::string> paths;
  for (int i = 0; i < 30; ++i) paths.push_back("/" + std::to_string(i));
  Want(server.url(), paths);
  DownloadOptions options = Fast();
  options.connections_per_host = 1;
  options.max_host_failures = 3;
  const DownloadReport report = Download(options);
  EXPECT_THAT(report.failed, ElementsAre(Pair("unreachable", 3)));
  EXPECT_EQ(report.left, 27);
  EXPECT_EQ(server.requests().size(), 6u);  // two attempts each
}

TEST_F(DownloadTest, ACancelledDownloadGoesOn) {
  CancellationToken cancellation;
  ScriptedHttpServer server([&](const ReceivedRequest&, int number) -> Reply {
    if (number == 5) cancellation.Cancel();
    return {{HttpReply(200, Jpeg(number))}};
  });
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) paths.push_back("/" + std::to_string(i));
  Want(server.url(), paths);
  const auto first = DownloadWanted(dataset_, Fast(), cancellation, nullptr);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->fetched + first->left, 20);
  EXPECT_THAT(first->left, Ge(10));
  EXPECT_THAT(first->failed, IsEmpty());
  EXPECT_EQ(Download(Fast()).fetched, first->left);
}

// The import is killed in the middle of its downloads, and run again.
TEST(DownloadKillTest, AKilledImportGoesOn) {
  constexpr int kPhotos = 60;
  gre::testing::TemporaryFolder folder;
  int ends[2] = {};
  ASSERT_EQ(pipe(ends), 0);
  const auto import = [&]() -> Result<ImportReport> {
    Result<Dataset> dataset = Dataset::Create({folder / "data"});
    if (!dataset.ok()) return dataset.error();
    ImportOptions options{.sources = {folder / "list.csv"}};
    options.downloads = Fast();
    return ImportInto(*dataset, options, CancellationToken(), nullptr);
  };
  // before the server has threads
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char go = 0;
    if (read(ends[0], &go, 1) == 1) (void)import();
    _exit(0);
  }
  std::atomic<int> served = 0;
  ScriptedHttpServer server([&](const ReceivedRequest& request, int) -> Reply {
    if (++served == kPhotos / 2) kill(child, SIGKILL);
    const auto number = ParseInt(request.target.substr(1));
    return {{HttpReply(200, Jpeg(static_cast<int>(number.value_or(0))))}};
  });
  {
    std::ofstream list(folder / "list.csv");
    list << "id,url,lat,lon\n";
    for (int i = 0; i < kPhotos; ++i) {
      list << i << "," << server.url() << "/" << i << ",48.8,2." << 100 + i << "\n";
    }
  }
  ASSERT_EQ(write(ends[1], "g", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto report = import();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->there, kPhotos);
  EXPECT_EQ(report->downloads.fetched, report->downloads.wanted);
  const Result<Dataset> dataset = Dataset::Open({folder / "data"});
  PhotoTable photos(dataset->database());
  const auto page = photos.Page(PhotoTable::Which::kKept, 0, 1000);
  ASSERT_EQ(page->size(), static_cast<size_t>(kPhotos));
  for (const Photo& photo : *page) {
    const auto number = ParseInt(photo.id);
    EXPECT_EQ(*ReadFile(dataset->images().PathOf(photo.sha256, photo.extension)),
              Jpeg(static_cast<int>(*number)));
  }
}

}  // namespace
}  // namespace gre
