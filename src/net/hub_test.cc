#include "net/hub.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "support/scripted_http_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::HttpReply;
using testing::ReceivedRequest;
using testing::Reply;
using testing::ScriptedHttpServer;

const std::string kCommit(40, 'a');

std::string GitId(const std::string& content) {
  const std::string blob = "blob " + std::to_string(content.size()) + '\0' + content;
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(blob.data()), blob.size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

// A hub with one small and one large file; the large one lies on another host behind a redirect.
class HubTest : public ::testing::Test {
 protected:
  HubTest() {
    for (int i = 0; i < 5000; ++i) weights_ += static_cast<char>(i * 7);
    cache_ = folder_ / "cache";
    cdn_ = std::make_unique<ScriptedHttpServer>(
        [this](const ReceivedRequest& request, int) { return ServeWeights(request); });
    hub_ = std::make_unique<ScriptedHttpServer>(
        [this](const ReceivedRequest& request, int) { return Serve(request); });
    options_.endpoint = hub_->url();
    options_.cache_dir = cache_;
    options_.token = "hf_secret";
    options_.retry.first_delay_ms = 1;
  }

  Reply Serve(const ReceivedRequest& request) {
    if (request.target == "/api/models/org/name/revision/main?blobs=true") {
      Json siblings = {
          {{"rfilename", "config.json"}, {"size", config_.size()}, {"blobId", GitId(config_)}},
          {{"rfilename", "model.safetensors"},
           {"size", listed_size_ != 0 ? listed_size_ : weights_.size()},
           {"blobId", std::string(40, 'b')},
           {"lfs", {{"sha256", Sha256Hex(weights_)}}}},
          {{"rfilename", "pytorch_model.bin"}, {"size", 3}, {"blobId", GitId("abc")}}};
      if (!extra_file_.empty())
        siblings.push_back({{"rfilename", extra_file_}, {"size", 1}, {"blobId", GitId("x")}});
      return {{HttpReply(200, Json{{"sha", kCommit}, {"siblings", siblings}}.dump())}};
    }
    if (request.target == "/org/name/resolve/" + kCommit + "/config.json")
      return {{HttpReply(200, config_)}};
    if (request.target == "/org/name/resolve/" + kCommit + "/model.safetensors") {
      return {{HttpReply(302, "", {{"Location", cdn_->url() + "/blob"}})}};
    }
    return {{HttpReply(404, "")}};
  }

  Reply ServeWeights(const ReceivedRequest& request) {
    const std::string sent = damaged_ ? std::string(weights_.size(), 'z') : weights_;
    const auto range = request.headers.find("range");
    if (range != request.headers.end() && ranges_) {
      const size_t from = std::stoul(range->second.substr(6));
      const std::string size = std::to_string(weights_.size());
      const std::string range_sent = "bytes " + std::to_string(from) + "-" +
                                     std::to_string(weights_.size() - 1) + "/" +
                                     (other_size_ ? "77777" : size);
      return {{HttpReply(206, sent.substr(from) + surplus_, {{"Content-Range", range_sent}})}};
    }
    if (breaks_-- > 0)
      return {{"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + sent.substr(0, 2000)}};
    return {{HttpReply(200, sent)}};
  }

  Result<std::string> Fetch() {
    return FetchModel(options_, "org/name", "main", IsModelFile, {}, token_);
  }

  std::string Blob() const { return cache_ + "/models--org--name/blobs/" + Sha256Hex(weights_); }
  // What a run that was killed leaves behind.
  void LeavePart(const std::string& content) {
    fs::create_directories(cache_ + "/models--org--name/blobs");
    std::ofstream(Blob() + ".incomplete", std::ios::binary) << content;
  }

  testing::TemporaryFolder folder_;
  std::string config_ = R"({"model_type":"x"})";
  std::string weights_;
  std::string extra_file_;
  std::string cache_;
  uint64_t listed_size_ = 0;  // instead of the right one
  std::string surplus_;
  int breaks_ = 0;
  bool other_size_ = false;
  bool damaged_ = false;
  bool ranges_ = true;
  HubOptions options_;
  CancellationToken token_;
  std::unique_ptr<ScriptedHttpServer> cdn_;
  std::unique_ptr<ScriptedHttpServer> hub_;
};

TEST_F(HubTest, FillsTheCacheLayoutAndKeepsTheTokenFromOtherHosts) {
  const Result<std::string> snapshot = Fetch();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ(*snapshot, cache_ + "/models--org--name/snapshots/" + kCommit);
  EXPECT_EQ(*ReadFile(*snapshot + "/model.safetensors"), weights_);
  EXPECT_EQ(*ReadFile(*snapshot + "/config.json"), config_);
  EXPECT_FALSE(FileExists(*snapshot + "/pytorch_model.bin")) << "pickles are never fetched";
  EXPECT_EQ(*ReadFile(cache_ + "/models--org--name/refs/main"), kCommit);
  EXPECT_EQ(hub_->requests()[0].headers.at("authorization"), "Bearer hf_secret");
  EXPECT_EQ(cdn_->requests()[0].headers.count("authorization"), 0u);
  EXPECT_EQ(*FindCachedModel(cache_, "org/name"), *snapshot);

  const size_t asked = cdn_->requests().size();
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(cdn_->requests().size(), asked) << "what is there is not fetched again";
}

TEST_F(HubTest, ContinuesAfterADisconnectAndFromAnEarlierRun) {
  breaks_ = 1;
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(cdn_->requests().at(1).headers.at("range"), "bytes=2000-");

  fs::remove_all(cache_);
  LeavePart(weights_.substr(0, 1234));
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(cdn_->requests().back().headers.at("range"), "bytes=1234-");
}

TEST_F(HubTest, StartsOverWhereTheServerCannotContinue) {
  ranges_ = false;
  breaks_ = 1;
  const Result<std::string> snapshot = Fetch();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ(*ReadFile(*snapshot + "/model.safetensors"), weights_);
  EXPECT_EQ(cdn_->requests().size(), 2u) << "the reply from the start is used, not asked for again";
}

TEST_F(HubTest, APartThatIsWholeIsOnlyVerified) {
  LeavePart(weights_);
  ASSERT_TRUE(Fetch().ok());
  EXPECT_TRUE(cdn_->requests().empty());
  fs::remove_all(cache_);
  LeavePart(weights_ + "more");
  ASSERT_TRUE(Fetch().ok()) << "a part longer than the whole is fetched anew";
}

TEST_F(HubTest, APartOfAnotherFileIsNotContinued) {
  LeavePart(weights_.substr(0, 1234));
  other_size_ = true;
  const Result<std::string> snapshot = Fetch();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ(cdn_->requests().at(1).headers.count("range"), 0u);
}

TEST_F(HubTest, ARangeReplyOverTheListedSizeIsRefused) {
  LeavePart(weights_.substr(0, 1234));
  surplus_ = std::string(100'000, 'x');
  EXPECT_THAT(Fetch().error().message, HasSubstr("more than the 5000 bytes it listed"));
  EXPECT_LE(fs::file_size(Blob() + ".incomplete"), 5000u);
}

TEST_F(HubTest, ImpossibleSizesAreRefused) {
  for (const uint64_t size : {~uint64_t{0}, uint64_t{1} << 63, (uint64_t{1} << 50) + 1}) {
    listed_size_ = size;
    const Result<std::string> snapshot = Fetch();
    ASSERT_FALSE(snapshot.ok());
    EXPECT_THAT(snapshot.error().message, HasSubstr("expected a number of bytes"));
  }
}

TEST_F(HubTest, AttemptsThatGetFurtherDoNotCount) {
  options_.retry.max_attempts = 1;
  breaks_ = 1;
  EXPECT_TRUE(Fetch().ok());
}

TEST_F(HubTest, ASecondFetchBesideTheFirstIsRefused) {
  ASSERT_TRUE(Fetch().ok());
  const int lock =
      ::open((cache_ + "/.locks/models--org--name/gre.lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(lock, 0);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  EXPECT_THAT(Fetch().error().message, HasSubstr("another process"));
  ::close(lock);
  EXPECT_TRUE(Fetch().ok());
}

TEST_F(HubTest, AFullDiskNamesTheFileAndWhatItNeeds) {
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 3000;  // stands in for a full disk: a short write, then an error
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Result<std::string> snapshot = Fetch();
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(snapshot.ok());
  EXPECT_EQ(snapshot.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(snapshot.error().message, HasSubstr("model.safetensors needs 1 MB more"));
  EXPECT_EQ(cdn_->requests().size(), 1u) << "asking again makes no room";
  EXPECT_TRUE(Fetch().ok()) << "and goes on once there is room";
}

TEST_F(HubTest, TheTokenIsNotSentWhereOthersCanReadIt) {
  options_.endpoint = "http://example.org";
  EXPECT_THAT(Fetch().error().message, HasSubstr("HF_TOKEN"));
  options_.token = "hf\nX: y";
  EXPECT_THAT(Fetch().error().message, HasSubstr("HF_TOKEN"));
}

TEST_F(HubTest, RefusesDamageUnsafeNamesAndUnknownRepositories) {
  damaged_ = true;
  EXPECT_THAT(Fetch().error().message, HasSubstr("model.safetensors: checksum is"));
  EXPECT_FALSE(FileExists(cache_ + "/models--org--name/blobs/" + Sha256Hex(weights_)));
  EXPECT_FALSE(FindCachedModel(cache_, "org/other").ok());
  EXPECT_FALSE(FindCachedModel(cache_, "org/name").ok()) << "a part of a model is none";
  damaged_ = false;
  extra_file_ = "../../evil.json";
  EXPECT_THAT(Fetch().error().message, HasSubstr("would leave the model folder"));
  EXPECT_THAT(FetchModel(options_, "org/none", "main", IsModelFile, {}, token_).error().message,
              HasSubstr("check the name"));
  for (const char* name : {"x", "a/b/c", "../x/y", "a/..", "a/b?c", ""})
    EXPECT_FALSE(ValidateRepoId(name).ok()) << name;
}

}  // namespace
}  // namespace gre
