#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/retry.h"
#include "net/secrets.h"
#include "net/sse.h"
#include "support/scripted_http_server.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpReply;
using ::testing::Not;
using testing::ReceivedRequest;
using testing::Reply;
using testing::ScriptedHttpServer;

HttpRequest Get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

TEST(HttpClientTest, SendsHeadersTokenAndBody) {
  ScriptedHttpServer server([](const ReceivedRequest& request, int) {
    return Reply{{HttpReply(200, request.method + "|" + request.body + "|" +
                                     request.headers.at("authorization") + "|" +
                                     request.headers.at("content-type"))}};
  });
  HttpRequest request = Get(server.url() + "/x");
  request.method = "POST";
  request.body = "hello";
  request.bearer_token = "secret";
  request.headers["Content-Type"] = "text/plain";
  const Result<HttpResponse> response = SendHttp(request, CancellationToken());
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body, "POST|hello|Bearer secret|text/plain");
}

TEST(HttpClientTest, RefusesOversizeBadUrlsAndForeignRedirects) {
  ScriptedHttpServer other(
      [](const ReceivedRequest&, int) { return Reply{{HttpReply(200, "other")}}; });
  ScriptedHttpServer server([&](const ReceivedRequest& request, int) {
    if (request.target == "/big") return Reply{{HttpReply(200, std::string(5000, 'x'))}};
    if (request.target == "/loop") return Reply{{HttpReply(302, "", {{"Location", "/loop"}})}};
    if (request.target == "/near") return Reply{{HttpReply(302, "", {{"Location", "/end"}})}};
    if (request.target == "/end") return Reply{{HttpReply(200, "end")}};
    return Reply{{HttpReply(302, "", {{"Location", other.url() + "/stolen"}})}};
  });
  const CancellationToken token;
  HttpRequest big = Get(server.url() + "/big");
  big.max_response_bytes = 1000;
  EXPECT_THAT(SendHttp(big, token).error().message, HasSubstr("over the limit of 1000 bytes"));
  EXPECT_THAT(SendHttp(Get("ftp://x/y"), token).error().message, HasSubstr("http:// or https://"));
  EXPECT_THAT(SendHttp(Get("file:///etc/passwd"), token).error().message,
              HasSubstr("http:// or https://"));
  EXPECT_THAT(SendHttp(Get(server.url() + "/loop"), token).error().message,
              HasSubstr("more than 5 redirects"));
  EXPECT_EQ(SendHttp(Get(server.url() + "/near"), token)->body, "end");

  HttpRequest away = Get(server.url() + "/away");
  away.bearer_token = "secret";
  EXPECT_THAT(SendHttp(away, token).error().message, HasSubstr("redirects to another host"));
  EXPECT_TRUE(other.requests().empty());
  away.redirects = RedirectPolicy::kAnyHost;
  EXPECT_EQ(SendHttp(away, token)->body, "other");
  EXPECT_EQ(other.requests().at(0).headers.count("authorization"), 0u)
      << "credentials stay with the first host";
}

TEST(HttpClientTest, StreamedRepliesAndHeadersAreBoundedToo) {
  ScriptedHttpServer server([](const ReceivedRequest& request, int) {
    if (request.target == "/headers") {
      std::string head = "HTTP/1.1 200 OK\r\n";
      for (int i = 0; i < 9000; ++i)
        head += "X-" + std::to_string(i) + ": " + std::string(30, 'x') + "\r\n";
      return Reply{{head + "\r\n"}};
    }
    return Reply{{HttpReply(200, std::string(5000, 'x'))}};
  });
  HttpRequest request = Get(server.url() + "/");
  request.max_response_bytes = 1000;
  const auto taken =
      SendHttp(request, {}, [](const HttpResponse&, std::string_view) { return true; });
  ASSERT_FALSE(taken.ok());
  EXPECT_THAT(taken.error().message, HasSubstr("over the limit of 1000 bytes"));
  EXPECT_FALSE(SendHttp(Get(server.url() + "/headers"), {}).ok());
}

TEST(HttpClientTest, HeadersWithLineBreaksAreRefused) {
  ScriptedHttpServer server(
      [](const ReceivedRequest&, int) { return Reply{{HttpReply(200, "")}}; });
  HttpRequest request = Get(server.url() + "/");
  request.bearer_token = "key\r\nX-Other: 1";
  const Result<HttpResponse> refused = SendHttp(request, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, Not(HasSubstr("X-Other")));
  request.bearer_token.clear();
  request.headers["X-Name"] = "a\nb";
  EXPECT_FALSE(SendHttp(request, {}).ok());
  EXPECT_TRUE(server.requests().empty());
}

TEST(SecretsTest, RedactionEndsWhateverTheKeyIs) {
  EXPECT_EQ(Redact("bad key: abc, abc", "abc"), "bad key: [key], [key]");
  EXPECT_EQ(Redact("bad key", "key"), "bad [key]") << "a part of the mask";
  EXPECT_EQ(Redact("aaaa", "aa"), "[key][key]") << "overlaps itself";
  EXPECT_EQ(Redact("[key]", "[key]"), "[key]");
  EXPECT_EQ(Redact("text", ""), "text");
  for (const char* key : {"a\nb", "a b", "a\r", "k\x01", "\xEF\xBB\xBFkey"})
    EXPECT_FALSE(CheckSecret(key).ok());
  EXPECT_TRUE(CheckSecret("sk-aB3_/+=.").ok());
  EXPECT_FALSE(CheckSecretTarget("http://example.org/v1").ok());
  EXPECT_FALSE(CheckSecretTarget("http://localhost.evil.org/v1").ok());
  EXPECT_TRUE(CheckSecretTarget("http://localhost:8000").ok());
  EXPECT_EQ(WithoutUserInfo("https://me:pw@h.org/a@b?c=d@e"), "https://h.org/a@b?c=d@e");
  EXPECT_EQ(WithoutUserInfo("https://h.org/a@b"), "https://h.org/a@b");
  EXPECT_THAT(UrlOrigin("https://me:p/w@h.org").error().message, Not(HasSubstr("p/w")));
}

TEST(HttpClientTest, NamesTimeoutDisconnectAndCancellation) {
  ScriptedHttpServer server([](const ReceivedRequest& request, int) {
    if (request.target == "/cut") {
      return Reply{{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"}};
    }
    return Reply{{HttpReply(200, "late"), 3000}};
  });
  CancellationToken token;
  HttpRequest slow = Get(server.url() + "/slow?key=secret");
  slow.timeout_ms = 100;
  const Result<HttpResponse> late = SendHttp(slow, token);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(late.error().message, Not(HasSubstr("secret")));
  EXPECT_EQ(SendHttp(Get(server.url() + "/cut"), token).error().code, ErrorCode::kUnavailable);

  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    token.Cancel();
  });
  EXPECT_EQ(SendHttp(Get(server.url() + "/slow"), token).error().code, ErrorCode::kCancelled);
  canceller.join();
}

Result<HttpResponse> SendWithRetry(const HttpRequest& request, const RetryPolicy& policy) {
  const CancellationToken token;
  return Retry(policy, 1, "server", token, [&] { return SendHttp(request, token); });
}

TEST(RetryTest, RetriesWhatMayPassAndHonoursRetryAfter) {
  ScriptedHttpServer server([](const ReceivedRequest& request, int number) {
    if (request.target == "/bad") return Reply{{HttpReply(400, "no")}};
    if (request.target == "/far") return Reply{{HttpReply(429, "", {{"Retry-After", "999"}})}};
    if (number == 0) return Reply{{"HTTP/1.1 200 OK\r\nContent-Le"}};
    if (number == 1) return Reply{{HttpReply(503, "busy")}};
    if (number == 2) return Reply{{HttpReply(429, "", {{"Retry-After", "0"}})}};
    return Reply{{HttpReply(200, "fine")}};
  });
  RetryPolicy policy;
  policy.first_delay_ms = 1;
  const Result<HttpResponse> response = SendWithRetry(Get(server.url() + "/"), policy);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body, "fine");
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(SendWithRetry(Get(server.url() + "/bad"), policy)->status, 400);
  EXPECT_EQ(SendWithRetry(Get(server.url() + "/far"), policy)->status, 429);
  EXPECT_EQ(server.requests().size(), 6u) << "neither of the last two is retried";
}

TEST(RetryTest, ReadsRetryAfterAndBacksOffWithinBounds) {
  EXPECT_EQ(ParseRetryAfterMs("3", 0), 3000);
  EXPECT_EQ(ParseRetryAfterMs("Thu, 01 Jan 1970 00:01:40 GMT", 90), 10'000);
  EXPECT_EQ(ParseRetryAfterMs("Thu, 01 Jan 1970 00:01:40 GMT", 900), 0);
  EXPECT_FALSE(ParseRetryAfterMs("soon", 0).has_value());
  EXPECT_FALSE(ParseRetryAfterMs("-1", 0).has_value());
  Random random(1);
  const RetryPolicy policy;
  for (int attempt = 1; attempt < 80; ++attempt) {
    const int64_t delay_ms = BackoffMs(policy, attempt, random);
    EXPECT_GE(delay_ms, 0);
    EXPECT_LE(delay_ms, policy.max_delay_ms);
  }
}

TEST(SseTest, EventsDoNotDependOnHowTheStreamIsCut) {
  const std::string stream =
      ": hello\r\ndata: one\n\nevent: x\ndata: two\ndata:three\r\r\ndatabase: no\n\ndata\n\ndata: "
      "last";
  for (size_t step = 1; step <= stream.size(); ++step) {
    std::vector<std::string> events;
    SseParser parser([&](std::string_view data) {
      events.emplace_back(data);
      return Status();
    });
    for (size_t i = 0; i < stream.size(); i += step)
      ASSERT_TRUE(parser.Feed(stream.substr(i, step)).ok());
    ASSERT_TRUE(parser.Finish().ok());
    EXPECT_THAT(events, ElementsAre("one", "two\nthree", "", "last")) << step;
  }
  SseParser small([](std::string_view) { return Status(); }, 10);
  EXPECT_THAT(small.Feed("data: 1234567890").error().message, HasSubstr("over 10 bytes"));
}

TEST(UrlTest, EncodesAndNamesOrigins) {
  EXPECT_EQ(UrlEncode("a b/ü", "/"), "a%20b/%C3%BC");
  EXPECT_EQ(*UrlOrigin("https://user:pw@Example.org/x?y=1"), "https://example.org:443");
  EXPECT_FALSE(UrlOrigin("nonsense").ok());
}

}  // namespace
}  // namespace gre
