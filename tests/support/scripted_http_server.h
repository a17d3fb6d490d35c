#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gre::testing {

struct ReceivedRequest {
  std::string method;
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
};

// One step of a reply. Replies are raw bytes, so that a test can misbehave in any way it likes.
struct ReplyStep {
  std::string bytes;
  int wait_ms = 0;  // before the bytes
};
using Reply = std::vector<ReplyStep>;  // the connection is closed after the last step

// "HTTP/1.1 STATUS ..." with Content-Length and Connection: close.
std::string HttpReply(int status, const std::string& body,
                      const std::map<std::string, std::string>& headers = {});

// What a chat server answers: one completion that says `content`.
Reply ChatReply(const std::string& content);

// A single-process HTTP/1.1 server on 127.0.0.1 for tests; a thread per connection; stopped by its
// destructor.
class ScriptedHttpServer {
 public:
  // `handler` gets each request with its number (from 0) and returns the reply; it is called from
  // several threads.
  using Handler = std::function<Reply(const ReceivedRequest&, int number)>;

  explicit ScriptedHttpServer(Handler handler);
  ScriptedHttpServer(const ScriptedHttpServer&) = delete;
  ScriptedHttpServer& operator=(const ScriptedHttpServer&) = delete;
  ~ScriptedHttpServer();

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<ReceivedRequest> requests() const;
  // Most requests that were being answered at the same time.
  [[nodiscard]] int peak_concurrency() const { return peak_; }

 private:
  void AcceptLoop();
  void Serve(int fd);

  Handler handler_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> open_ = 0;
  std::atomic<int> peak_ = 0;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace gre::testing
