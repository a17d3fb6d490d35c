#include "generation/remote_engine.h"

#include <chrono>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/log.h"
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

std::string ChatJson(const std::vector<std::string>& texts,
                     const std::string& finish_reason = "stop") {
  Json choices = Json::array();
  for (const std::string& text : texts) {
    choices.push_back({{"index", choices.size()},
                       {"finish_reason", finish_reason},
                       {"message", {{"role", "assistant"}, {"content", text}}}});
  }
  return Json{{"choices", choices}, {"usage", {{"prompt_tokens", 7}, {"completion_tokens", 3}}}}
      .dump();
}

std::string StreamHead() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
}
std::string Delta(const std::string& text) {
  return "data: " + Json{{"choices", {{{"index", 0}, {"delta", {{"content", text}}}}}}}.dump() +
         "\n\n";
}
std::string StreamEnd() {
  return "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: "
         "[DONE]\n\n";
}

GenerationRequest PhotoRequest(const std::string& id) {
  auto image = std::make_shared<RgbImage>();
  image->width = 2;
  image->height = 1;
  image->pixels = {255, 0, 0, 0, 0, 255};
  GenerationRequest request;
  request.id = id;
  request.images = {image};
  request.messages = {{Role::kUser, {ContentPart::Image(0), ContentPart::Text("Where is this?")}}};
  return request;
}

class RemoteEngineTest : public ::testing::Test {
 protected:
  // Starts the server and an engine for it.
  void Start(ScriptedHttpServer::Handler handler) {
    server_ = std::make_unique<ScriptedHttpServer>(std::move(handler));
    options_.api_url = server_->url();
    options_.model = "m";
    options_.api_key = "top-secret";
    options_.retry.first_delay_ms = 1;
    engine_ = std::move(RemoteEngine::Create(options_)).value();
  }
  Result<GenerationResult> Ask(const GenerationRequest& request,
                               const StreamCallback& stream = {}) {
    return engine_->Generate(std::span(&request, 1), stream, token_)[0];
  }

  std::unique_ptr<ScriptedHttpServer> server_;
  RemoteEngineOptions options_;
  std::unique_ptr<RemoteEngine> engine_;
  CancellationToken token_;
};

TEST_F(RemoteEngineTest, SendsThePhotoAsDataAndEverySamplingField) {
  Start([](const ReceivedRequest&, int) { return Reply{{HttpReply(200, ChatJson({"here"}))}}; });
  GenerationRequest request = PhotoRequest("a.jpg");
  request.sampling.temperature = 0.5;
  request.sampling.stop = {"END"};
  const Result<GenerationResult> result = Ask(request);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->completions[0].text, "here");
  EXPECT_EQ(result->prompt_tokens, 7);
  const ReceivedRequest received = server_->requests().at(0);
  EXPECT_EQ(received.target, "/v1/chat/completions");
  EXPECT_EQ(received.headers.at("authorization"), "Bearer top-secret");
  const Json body = *ParseJson(received.body);
  EXPECT_EQ(body["temperature"], 0.5);
  EXPECT_EQ(body["max_tokens"], 1024);
  EXPECT_EQ(body["stop"][0], "END");
  EXPECT_TRUE(body.contains("seed"));
  const std::string url = body["messages"][0]["content"][0]["image_url"]["url"];
  EXPECT_THAT(url, ::testing::StartsWith("data:image/png;base64,iVBORw0KGgo"));
  EXPECT_THAT(received.body, Not(HasSubstr("a.jpg"))) << "file names stay here";
}

TEST_F(RemoteEngineTest, AsksAgainWhereTheServerIgnoresN) {
  Start([](const ReceivedRequest&, int number) {
    return Reply{{HttpReply(200, ChatJson({std::to_string(number)}))}};
  });
  GenerationRequest request = PhotoRequest("a");
  request.num_samples = 3;
  const Result<GenerationResult> result = Ask(request);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->completions.size(), 3u);
  EXPECT_EQ(result->completions[0].text, "0");
  std::set<int64_t> seeds;
  for (const ReceivedRequest& sent : server_->requests())
    seeds.insert((*ParseJson(sent.body))["seed"].get<int64_t>());
  EXPECT_EQ(seeds.size(), 3u);
}

TEST_F(RemoteEngineTest, StreamsInOrderAndSurvivesABrokenStream) {
  Start([](const ReceivedRequest&, int number) {
    if (number == 0) return Reply{{StreamHead()}, {Delta("40.7")}};  // breaks off
    return Reply{
        {StreamHead()}, {Delta("40.7")}, {": keep-alive\n\n"}, {Delta(", -74.0") + StreamEnd(), 5}};
  });
  std::string shown;
  const Result<GenerationResult> result =
      Ask(PhotoRequest("a"), [&](const StreamEvent& event) { shown += event.text; });
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->completions[0].text, "40.7, -74.0");
  EXPECT_EQ(shown, "40.7") << "what was shown is not shown twice";
}

TEST_F(RemoteEngineTest, RetriesThenNamesTheRefusal) {
  struct Case {
    int status;
    std::string body;
    ErrorCode code;
    std::string says;
  };
  const std::vector<Case> cases = {
      {401, R"({"error":{"message":"bad key top-secret"}})", ErrorCode::kRefused, "--api-key-env"},
      {403, "{}", ErrorCode::kRefused, "rights"},
      {404, R"({"error":"model 'm' not found"})", ErrorCode::kNotFound, "--api-model 'm'"},
      {413, "", ErrorCode::kInvalidArgument, "--max-pixels"},
      {400, R"({"message":"unknown field"})", ErrorCode::kInvalidArgument, "unknown field"},
      {400, "{}", ErrorCode::kInvalidArgument, "--api-dialect"},
      {422, R"({"detail":[{"loc":["body","messages",0],"msg":"bad part"}]})",
       ErrorCode::kInvalidArgument, "body.messages: bad part"},
      {500, "<html>oops</html>", ErrorCode::kUnavailable, "500 (an HTML page)"},
      {429, R"({"error":{"message":"quota"}})", ErrorCode::kUnavailable, "quota"},
      {302, "", ErrorCode::kInvalidArgument, "302"},
  };
  for (const Case& c : cases) {
    Start([&](const ReceivedRequest&, int) { return Reply{{HttpReply(c.status, c.body)}}; });
    const Result<GenerationResult> result = Ask(PhotoRequest("photo"));
    ASSERT_FALSE(result.ok()) << c.status;
    EXPECT_EQ(result.error().code, c.code) << c.status;
    EXPECT_THAT(result.error().message, HasSubstr(c.says));
    EXPECT_THAT(result.error().message, ::testing::StartsWith(server_->url()))
        << "the server is at fault, not the photo";
    EXPECT_THAT(result.error().message, Not(HasSubstr("top-secret")));
    const size_t expected = c.status >= 500 || c.status == 429 ? 5 : 1;
    EXPECT_EQ(server_->requests().size(), expected) << c.status;
  }
}

TEST_F(RemoteEngineTest, RecoversFromDisconnectsAndBusyServers) {
  Start([](const ReceivedRequest&, int number) {
    if (number == 0) return Reply{};  // closes at once
    if (number == 1)
      return Reply{{"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"}};  // and in the body
    if (number == 2) return Reply{{HttpReply(429, "", {{"Retry-After", "0"}})}};
    return Reply{{HttpReply(200, ChatJson({"fine"}))}};
  });
  EXPECT_EQ(Ask(PhotoRequest("a"))->completions[0].text, "fine");
}

TEST_F(RemoteEngineTest, RepliesThatAreNoChatAreErrors) {
  for (const std::string body :
       {"", "[]", "{}", R"({"choices":[]})", R"({"choices":[1]})",
        R"({"choices":[{"message":null}]})", "\xFF\xFE", R"({"choices":[{"message":{})"}) {
    Start([&](const ReceivedRequest&, int) { return Reply{{HttpReply(200, body)}}; });
    const Result<GenerationResult> result = Ask(PhotoRequest("a"));
    ASSERT_FALSE(result.ok()) << body;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput) << body;
  }
}

TEST_F(RemoteEngineTest, ContentFilterAndRefusalAreCompletionsNotErrors) {
  Start([](const ReceivedRequest&, int number) {
    if (number == 0) return Reply{{HttpReply(200, ChatJson({""}, "content_filter"))}};
    return Reply{{HttpReply(
        200,
        R"({"choices":[{"finish_reason":"stop","message":{"content":null,"refusal":"No."}}]})")}};
  });
  EXPECT_EQ(Ask(PhotoRequest("a"))->completions[0].finish_reason, FinishReason::kRefused);
  const Result<GenerationResult> refused = Ask(PhotoRequest("a"));
  EXPECT_EQ(refused->completions[0].finish_reason, FinishReason::kRefused);
  EXPECT_EQ(refused->completions[0].text, "No.");
}

TEST_F(RemoteEngineTest, PutsSeparatedReasoningBack) {
  Start([](const ReceivedRequest&, int) {
    return Reply{{HttpReply(
        200,
        R"({"choices":[{"message":{"reasoning_content":"because","content":"<answer>1, 2</answer>"}}]})")}};
  });
  EXPECT_EQ(Ask(PhotoRequest("a"))->completions[0].text,
            "<think>because</think><answer>1, 2</answer>");
}

TEST_F(RemoteEngineTest, SwitchesToTheTokenFieldThatTheServerNames) {
  Start([](const ReceivedRequest& request, int) {
    if (request.body.find("max_completion_tokens") == std::string::npos) {
      return Reply{
          {HttpReply(400, R"({"error":{"message":"use max_completion_tokens instead"}})")}};
    }
    return Reply{{HttpReply(200, ChatJson({"ok"}))}};
  });
  EXPECT_EQ(Ask(PhotoRequest("a"))->completions[0].text, "ok");
}

// Fields that can be done without are left out once a server refuses them, for good.
TEST_F(RemoteEngineTest, LeavesOutWhatTheServerRefuses) {
  Start([](const ReceivedRequest& request, int) {
    const Json body = *ParseJson(request.body);
    for (const char* field : {"seed", "n"}) {
      if (body.contains(field)) {
        const Json detail = {{"loc", {"body", field}}, {"msg", "Extra inputs are not permitted"}};
        return Reply{{HttpReply(422, Json{{"detail", {detail}}}.dump())}};
      }
    }
    return Reply{{HttpReply(200, ChatJson({"ok"}))}};
  });
  GenerationRequest request = PhotoRequest("a");
  request.num_samples = 3;
  const Result<GenerationResult> result = Ask(request);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->completions.size(), 3u);
  EXPECT_EQ(server_->requests().size(), 5u) << "two refusals, then one request a sample";
  ASSERT_TRUE(Ask(request).ok());
  EXPECT_EQ(server_->requests().size(), 8u) << "refused fields are not tried again";
}

TEST_F(RemoteEngineTest, EndlessAndOversizeRepliesAreBounded) {
  options_.max_reply_bytes = 10'000;
  Start([](const ReceivedRequest&, int) {
    std::string events;
    for (int i = 0; i < 1000; ++i) events += Delta("again ");
    return Reply{{StreamHead()}, {events + StreamEnd()}};
  });
  for (const bool streams : {true, false}) {
    const Result<GenerationResult> result =
        Ask(PhotoRequest("a"), streams ? [](const StreamEvent&) {} : StreamCallback());
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.error().message, HasSubstr("over the limit of 10000 bytes"));
  }
  EXPECT_EQ(server_->requests().size(), 2u) << "neither is asked for again";
}

TEST_F(RemoteEngineTest, SaysWhatCameInsteadOfAChatCompletion) {
  struct Case {
    std::string body;
    std::string says;
    bool retried;
  };
  const std::vector<Case> cases = {
      {"<!DOCTYPE html><p>Welcome", "with an HTML page, expected a chat completion; is --api-url",
       false},
      {R"({"object":"list","data":[]})", "JSON without a list \"choices\"", false},
      {R"({"error":{"message":"too long for 4096 tokens","code":400}})", "too long for 4096 tokens",
       false},
      {R"({"error":{"message":"worker died"}})", "worker died", true},
      {R"({"choices":[{"finish_reason":"abort","message":{"content":"a"}}]})", "gave up", true},
  };
  for (const Case& c : cases) {
    for (const bool streams : {true, false}) {
      Start([&](const ReceivedRequest&, int) { return Reply{{HttpReply(200, c.body)}}; });
      const Result<GenerationResult> result =
          Ask(PhotoRequest("a"), streams ? [](const StreamEvent&) {} : StreamCallback());
      ASSERT_FALSE(result.ok()) << c.body;
      EXPECT_THAT(result.error().message,
                  ::testing::AllOf(::testing::StartsWith(server_->url()), HasSubstr(c.says)));
      EXPECT_EQ(server_->requests().size(), c.retried ? 5u : 1u) << c.body;
    }
  }
}

TEST_F(RemoteEngineTest, AStreamThatEndsWithoutAFinishReasonIsAnError) {
  Start([](const ReceivedRequest&, int) {
    return Reply{{StreamHead() + Delta("40.7") + "data: [DONE]\n\n"}};
  });
  const Result<GenerationResult> result = Ask(PhotoRequest("a"), [](const StreamEvent&) {});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, HasSubstr("without a finish_reason"));
  EXPECT_EQ(server_->requests().size(), 1u);
}

TEST_F(RemoteEngineTest, AWholeReplyToAStreamingRequestCounts) {
  Start([](const ReceivedRequest&, int) {
    return Reply{{HttpReply(200, ChatJson({"40.7, -74.0"}))}};
  });
  std::string shown;
  const Result<GenerationResult> result =
      Ask(PhotoRequest("a"), [&](const StreamEvent& event) { shown += event.text; });
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->completions[0].text, "40.7, -74.0");
  EXPECT_EQ(shown, "40.7, -74.0");
}

// Whatever the server does with the key, nothing of it reaches errors, logs or answers.
TEST_F(RemoteEngineTest, TheKeyNeverComesBack) {
  std::string log;
  SetLogSink([&](LogLevel, std::string_view line) { log.append(line); });
  const std::string echo = "Authorization: Bearer top-secret";
  const std::vector<std::string> replies = {
      HttpReply(500, echo),
      HttpReply(400, Json{{"error", {{"message", std::string(490, 'x') + echo}}}}.dump()),
      HttpReply(302, "", {{"Location", "http://top-secret.invalid/top-secret"}}),
      HttpReply(429, "", {{"Retry-After", "top-secret"}}),
      StreamHead() + "data: {\"error\":{\"message\":\"" + echo + "\"}}\n\n",
      HttpReply(200, ChatJson({echo})),
  };
  for (const std::string& reply : replies) {
    Start([&](const ReceivedRequest&, int) { return Reply{{reply}}; });
    const Result<GenerationResult> result = Ask(PhotoRequest("a"), [](const StreamEvent&) {});
    const std::string text = result.ok() ? result->completions[0].text : result.error().message;
    EXPECT_THAT(text, Not(HasSubstr("top-sec"))) << reply;
  }
  SetLogSink([](LogLevel, std::string_view) {});
  EXPECT_THAT(log, ::testing::AllOf(HasSubstr("[key]"), Not(HasSubstr("top-sec"))));
}

TEST_F(RemoteEngineTest, AfterAFewUnreachableRequestsEachIsTriedOnce) {
  Start([](const ReceivedRequest&, int) { return Reply{}; });  // closes at once
  const std::vector<size_t> asked = {5, 10, 15, 16, 17};
  for (const size_t expected : asked) {
    EXPECT_EQ(Ask(PhotoRequest("a")).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(server_->requests().size(), expected);
  }
}

TEST_F(RemoteEngineTest, LimitsConcurrencyAndKeepsOrder) {
  options_.max_concurrency = 3;
  Start([](const ReceivedRequest& request, int) {
    const std::string text = (*ParseJson(request.body))["messages"][0]["content"];
    return Reply{{HttpReply(200, ChatJson({text})), 20}};
  });
  std::vector<GenerationRequest> requests(10);
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].id = std::to_string(i);
    requests[i].messages = {{Role::kUser, {ContentPart::Text(std::to_string(i))}}};
  }
  const auto results = engine_->Generate(requests, {}, token_);
  for (size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i]->completions[0].text, std::to_string(i));
  EXPECT_LE(server_->peak_concurrency(), 3);
}

TEST_F(RemoteEngineTest, TimeoutAndCancellationEndTheWait) {
  options_.timeout_ms = 50;
  options_.retry.max_attempts = 2;
  Start([](const ReceivedRequest&, int) {
    return Reply{{HttpReply(200, ChatJson({"late"})), 5000}};
  });
  EXPECT_EQ(Ask(PhotoRequest("a")).error().code, ErrorCode::kDeadlineExceeded);
  token_.Cancel();
  EXPECT_EQ(Ask(PhotoRequest("a")).error().code, ErrorCode::kCancelled);
}

TEST(RemoteEngineOptionsTest, RefusesWhatCannotWorkOrWouldLeakTheKey) {
  RemoteEngineOptions options;
  options.api_url = "localhost:8000";
  options.model = "m";
  EXPECT_FALSE(RemoteEngine::Create(options).ok());
  options.api_url = "http://example.org";
  EXPECT_TRUE(RemoteEngine::Create(options).ok());
  options.api_key = "k";
  EXPECT_THAT(RemoteEngine::Create(options).error().message, HasSubstr("unencrypted"));
  options.api_url = "https://example.org";
  options.model.clear();
  EXPECT_THAT(RemoteEngine::Create(options).error().message, HasSubstr("--api-model"));
  GenerationRequest request = PhotoRequest("a");
  request.sampling.top_k = 5;
  ChatBodyOptions openai;
  openai.dialect = ChatDialect::kOpenAi;
  EXPECT_THAT(BuildChatBody(request, {"u"}, openai).error().message,
              HasSubstr("--api-dialect vllm"));
}

TEST(RemoteEngineOptionsTest, KeysStayOutOfUrlsAndHeadersWhole) {
  RemoteEngineOptions options;
  options.model = "m";
  for (const char* url : {"https://me:hidden@h.org/v1", "https://h.org/v1?key=hidden"}) {
    options.api_url = url;
    const auto engine = RemoteEngine::Create(options);
    ASSERT_FALSE(engine.ok());
    EXPECT_THAT(engine.error().message, Not(HasSubstr("hidden")));
  }
  options.api_url = "https://h.org/v1";
  options.api_key = "key\r\nX-Injected: 1";
  EXPECT_THAT(RemoteEngine::Create(options).error().message, HasSubstr("line break"));
}

TEST(ChatBodyTest, EachDialectSendsItsFields) {
  GenerationRequest request = PhotoRequest("a");
  const auto body = [&](ChatDialect dialect) {
    ChatBodyOptions options;
    options.dialect = dialect;
    return *ParseJson(BuildChatBody(request, {"u"}, options).value());
  };
  const Json plain = body(ChatDialect::kAuto);
  for (const char* field : {"top_k", "min_p", "repetition_penalty", "top_p", "n", "stream_options"})
    EXPECT_FALSE(plain.contains(field)) << field;
  EXPECT_TRUE(plain.contains("max_tokens"));
  EXPECT_TRUE(body(ChatDialect::kOpenAi).contains("max_completion_tokens"));
  const Json vllm = body(ChatDialect::kVllm);
  EXPECT_EQ(vllm["top_k"], -1);
  EXPECT_EQ(vllm["min_p"], 0);
  EXPECT_EQ(vllm["repetition_penalty"], 1);
  request.sampling.top_k = 5;
  EXPECT_EQ(body(ChatDialect::kAuto)["top_k"], 5) << "what is set is sent";
}

// The forms in which servers name a field that they do not take.
TEST(ChatBodyTest, ReadsWhichFieldIsRefused) {
  ChatBodyOptions sent;
  sent.stream = true;
  sent.num_samples = 8;
  EXPECT_EQ(
      RefusedField("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                   "'max_completion_tokens' instead.",
                   sent),
      "max_tokens");
  EXPECT_EQ(RefusedField("max_tokens is too large: 100000", sent), "");
  EXPECT_EQ(RefusedField("body.seed: Extra inputs are not permitted", sent), "seed");
  EXPECT_EQ(RefusedField("Unrecognized request argument supplied: stream_options", sent),
            "stream_options");
  EXPECT_EQ(RefusedField("Only one completion choice is allowed", sent), "n");
  EXPECT_EQ(RefusedField("'n' must be at most 1", sent), "n");
  EXPECT_EQ(RefusedField("no image in an n-gram, seeded", sent), "");
  sent.refused = {"max_tokens", "seed"};
  EXPECT_EQ(RefusedField("max_completion_tokens is too large, seed", sent), "") << "no second time";
  sent.dialect = ChatDialect::kOpenAi;
  sent.refused.clear();
  EXPECT_EQ(RefusedField("unknown field \"max_completion_tokens\"", sent), "max_completion_tokens");
}

}  // namespace
}  // namespace gre
