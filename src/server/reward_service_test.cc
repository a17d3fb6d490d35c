#include "server/reward_service.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "core/json.h"
#include "core/strings.h"
#include "net/http_client.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

constexpr char kGood[] = "<think>1. Text: a sign</think>\n<answer>48.8584, 2.2945</answer>";

RewardServiceOptions Options() {
  RewardServiceOptions options;
  options.weights[RewardPart::kDistance] = 1;
  options.weights[RewardPart::kFormat] = 0.5;
  options.weights[RewardPart::kJudge] = 2;
  options.theta_km = 750;
  const std::map<std::string, std::vector<LatLng>> places = {{"FR", {{48, 2}, {44, 3}}}};
  options.gallery = std::make_shared<const PointSampler>(places);
  return options;
}

Json Ask(RewardService& service, const Json& request, int status = 200) {
  const HttpServerReply reply = service.Answer({"POST", "/rewards", DumpJson(request)});
  EXPECT_EQ(reply.status, status) << reply.body;
  EXPECT_EQ(reply.body.find('\n'), std::string::npos);
  return ParseJson(reply.body).value();
}

TEST(RewardServiceTest, RewardsAreThoseOfTraining) {
  RewardService service(Options());
  const Json truths = {{{"latitude", 40}, {"longitude", 3}},
                       {{"gt_lat", 40}, {"gt_lon", 3}, {"country_code", nullptr}},
                       {{"label", "True"}},
                       "{\"country_code\": \"FR\"}"};
  const std::vector<std::string> texts = {kGood, "<answer>nowhere</answer>",
                                          "<answer>True</answer>", kGood};
  Json completions = texts;
  completions[0] = {{{"role", "user"}, {"content", "?"}},
                    {{"role", "assistant"}, {"content", kGood}}};
  const Json reply = Ask(service, {{"completions", completions}, {"truths", truths}});
  std::vector<RewardTruth> known(4);
  known[0].point = known[1].point = LatLng{40, 3};
  known[2].label = true;
  const std::vector<LatLng> places = Options().gallery->FixedPoints("FR", 256);
  known[3].places = places;
  for (size_t i = 0; i < texts.size(); ++i) {
    const RewardParts parts = ScoreCompletion(texts[i], known[i], 750);
    EXPECT_EQ(reply["rewards"][i], WeightedReward(parts, Options().weights)) << i;
    for (const RewardPart part : kRewardParts) {
      EXPECT_EQ(reply["parts"][i][std::string(RewardPartName(part))], parts[part]) << i;
    }
  }
  EXPECT_GT(reply["rewards"][0], 0.5);
  EXPECT_EQ(reply["rewards"][2], 2);
}

TEST(RewardServiceTest, WrongRequestsAreRefusedWithThePlace) {
  RewardService service(Options());
  const auto refused = [&](const Json& request, const std::string& why) {
    EXPECT_THAT(Ask(service, request, 400)["error"]["message"].get<std::string>(), HasSubstr(why));
  };
  const Json point = {{"latitude", 1}, {"longitude", 2}};
  refused({{"completions", {"a", "b"}}, {"truths", {point}}}, "found 2 completions and 1 truths");
  refused({{"completions", Json::array({3})}, {"truths", {point}}}, "completions[0]");
  refused({{"completions", {"a"}}, {"truths", {{{"latitude", 91}, {"longitude", 2}}}}},
          "truths[0].latitude");
  refused({{"completions", {"a"}}, {"truths", {{{"latitude", 9}}}}}, "truths[0].latitude");
  refused({{"completions", {"a"}}, {"truths", {{{"label", "maybe"}}}}}, "truths[0].label");
  refused({{"completions", {"a"}}, {"truths", {Json::object()}}}, "truths[0]: expected");
  refused({{"completions", {"a"}}, {"truths", {{{"country_code", "XX"}}}}}, "'XX'");
  refused({{"completions", {"a"}}, {"truths", {point}}, {"theta_km", 0}}, "theta_km");
  refused(Json::array(), "expected {");
  EXPECT_EQ(service.Answer({"POST", "/rewards", "{"}).status, 400);
  EXPECT_EQ(service.Answer({"GET", "/rewards", ""}).status, 405);
  EXPECT_EQ(service.Answer({"POST", "/other", ""}).status, 404);
  RewardServiceOptions bare = Options();
  bare.theta_km = 0;
  bare.gallery.reset();
  RewardService without(bare);
  EXPECT_THAT(DumpJson(Ask(without, {{"completions", {"a"}}, {"truths", {point}}}, 400)),
              HasSubstr("--theta-km"));
  EXPECT_THAT(
      DumpJson(Ask(
          without,
          {{"completions", {"a"}}, {"truths", {{{"country_code", "FR"}}}}, {"theta_km", 9}}, 400)),
      HasSubstr("--gallery"));
}

// A connection on which these bytes were sent, or -1.
int Send(int port, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::send(socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) {
    return socket;
  }
  ::close(socket);
  return -1;
}

// The beginning of what a server answers to these bytes.
std::string SayTo(int port, const std::string& bytes) {
  const int socket = Send(port, bytes);
  std::string reply(256, '\0');
  const ssize_t size = ::recv(socket, reply.data(), reply.size(), 0);
  ::close(socket);
  reply.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
  return reply;
}

TEST(RewardServiceTest, ServesOverHttpUntilCancelled) {
  RewardService service(Options());
  HttpServerOptions options;
  options.max_body_bytes = 4096;
  auto server = HttpServer::Listen(
      options, [&](const HttpServerRequest& request) { return service.Answer(request); });
  ASSERT_TRUE(server.ok()) << server.error().message;
  HttpServerOptions same = options;
  same.port = (*server)->port();
  const auto second = HttpServer::Listen(same, {});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("cannot listen on 127.0.0.1:"));

  CancellationToken cancellation;
  Status ended = Error{ErrorCode::kInternal, "not ended"};
  std::thread serving([&] { ended = (*server)->Run(cancellation); });
  const CancellationToken none;
  const auto send = [&](const std::string& path, const std::string& body,
                        std::map<std::string, std::string> headers = {}) {
    HttpRequest request;
    request.method = body.empty() ? "GET" : "POST";
    request.url = Concat({"http://127.0.0.1:", std::to_string((*server)->port()), path});
    headers.try_emplace("Content-Type", "application/json");
    request.headers = std::move(headers);
    request.body = body;
    Result<HttpResponse> response = SendHttp(request, none);
    EXPECT_TRUE(response.ok()) << response.error().message;
    return *response;
  };
  EXPECT_THAT(send("/health", "").body, HasSubstr("\"theta_km\":750"));
  const std::string body = DumpJson(
      {{"completions", {kGood}}, {"truths", {{{"latitude", 48.8584}, {"longitude", 2.2945}}}}});
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      const HttpResponse response = send("/rewards", body);
      right += response.status == 200 && ParseJson(response.body).value()["rewards"][0] == 1.5;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(send("/rewards", "{").status, 400);
  const HttpResponse large = send("/rewards", std::string(5000, ' '));
  EXPECT_EQ(large.status, 413);
  EXPECT_THAT(large.body, HasSubstr("too_large"));
  EXPECT_EQ(send("/rewards", body, {{"Content-Encoding", "gzip"}}).status, 415);
  EXPECT_EQ(send("/rewards", body, {{"Transfer-Encoding", "chunked"}}).status, 411);
  EXPECT_EQ(send("/rewards", body, {{"Content-Type", "application/x-www-form-urlencoded"}}).status,
            415);
  // A regression: a body without a length was read to its end, however long it was.
  EXPECT_THAT(SayTo((*server)->port(), "POST /rewards HTTP/1.1\r\nHost: here\r\n\r\n"),
              HasSubstr(" 411 "));
  cancellation.Cancel();
  serving.join();
  EXPECT_TRUE(ended.ok());
}

TEST(RewardServiceTest, HalfSentRequestsDoNotKeepOthersWaiting) {
  RewardService service(Options());
  HttpServerOptions options;
  options.read_timeout_s = 600;  // whoever waits for a half-sent request waits in vain
  auto server = HttpServer::Listen(
      options, [&](const HttpServerRequest& request) { return service.Answer(request); });
  ASSERT_TRUE(server.ok()) << server.error().message;
  CancellationToken cancellation;
  std::thread serving([&] { EXPECT_TRUE((*server)->Run(cancellation).ok()); });
  std::vector<int> connections;
  for (int i = 0; i < 16; ++i) {
    connections.push_back(Send((*server)->port(), "GET /health HTTP/1.1\r\nHost: h"));
    connections.push_back(Send((*server)->port(),
                               "POST /rewards HTTP/1.1\r\nHost: here\r\nContent-Type: "
                               "application/json\r\nContent-Length: 100\r\n\r\n{"));
  }
  HttpRequest request;
  request.url = Concat({"http://127.0.0.1:", std::to_string((*server)->port()), "/health"});
  request.timeout_ms = 60'000;
  const Result<HttpResponse> response = SendHttp(request, CancellationToken());
  EXPECT_TRUE(response.ok() && response->status == 200);
  for (const int connection : connections) {
    EXPECT_GE(connection, 0);
    ::close(connection);
  }
  cancellation.Cancel();
  serving.join();
}

}  // namespace
}  // namespace gre
