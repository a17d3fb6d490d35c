#include "support/scripted_http_server.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/json.h"
#include "core/strings.h"

namespace gre::testing {
namespace {

// Reads until `wanted(buffer)` says enough; false when the peer closed first.
template <typename Predicate>
bool ReadUntil(int fd, std::string* buffer, const Predicate& wanted) {
  char block[16384];
  while (!wanted(*buffer)) {
    const ssize_t count = ::recv(fd, block, sizeof block, 0);
    if (count <= 0) return false;
    buffer->append(block, static_cast<size_t>(count));
  }
  return true;
}

bool ReadRequest(int fd, ReceivedRequest* request) {
  std::string buffer;
  const auto has_head = [](const std::string& b) {
    return b.find("\r\n\r\n") != std::string::npos;
  };
  if (!ReadUntil(fd, &buffer, has_head)) return false;
  const size_t head_end = buffer.find("\r\n\r\n");
  const std::string head = buffer.substr(0, head_end);
  const std::vector<std::string_view> lines = Split(head, '\n');
  const std::vector<std::string_view> start = Split(Trim(lines[0]), ' ');
  if (start.size() < 2) return false;
  request->method = start[0];
  request->target = start[1];
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos) continue;
    request->headers[AsciiLower(Trim(lines[i].substr(0, colon)))] =
        std::string(Trim(lines[i].substr(colon + 1)));
  }
  const size_t length = std::strtoul(request->headers["content-length"].c_str(), nullptr, 10);
  const auto has_body = [&](const std::string& b) { return b.size() >= head_end + 4 + length; };
  if (!ReadUntil(fd, &buffer, has_body)) return false;
  request->body = buffer.substr(head_end + 4, length);
  return true;
}

}  // namespace

std::string HttpReply(int status, const std::string& body,
                      const std::map<std::string, std::string>& headers) {
  std::string reply =
      "HTTP/1.1 " + std::to_string(status) +
      " Status\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : headers) reply += name + ": " + value + "\r\n";
  return reply + "\r\n" + body;
}

Reply ChatReply(const std::string& content) {
  const Json body = {{"choices",
                      {{{"index", 0},
                        {"finish_reason", "stop"},
                        {"message", {{"role", "assistant"}, {"content", content}}}}}},
                     {"usage", {{"prompt_tokens", 7}, {"completion_tokens", 9}}}};
  return {{HttpReply(200, body.dump()), 0}};
}

ScriptedHttpServer::ScriptedHttpServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the test server cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { AcceptLoop(); });
}

ScriptedHttpServer::~ScriptedHttpServer() {
  stopping_ = true;
  acceptor_.join();
  ::close(listener_);
  for (std::thread& connection : connections_) connection.join();
}

std::vector<ReceivedRequest> ScriptedHttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedHttpServer::AcceptLoop() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) connections_.emplace_back([this, fd] { Serve(fd); });
  }
}

void ScriptedHttpServer::Serve(int fd) {
  const int now_open = ++open_;
  for (int peak = peak_; now_open > peak && !peak_.compare_exchange_weak(peak, now_open);) {
  }
  auto leave = [&, left = false]() mutable {
    if (!std::exchange(left, true)) --open_;
  };
  ReceivedRequest request;
  if (ReadRequest(fd, &request)) {
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = static_cast<int>(requests_.size());
      requests_.push_back(request);
    }
    const Reply reply = handler_(request, number);
    for (size_t i = 0; i < reply.size(); ++i) {
      for (int waited = 0; waited < reply[i].wait_ms && !stopping_; waited += 10) {
        std::this_thread::sleep_for(
            std::chrono::milliseconds(std::min(10, reply[i].wait_ms - waited)));
      }
      // the client may come back as soon as it has the last bytes: count this request as done
      // before
      if (i + 1 == reply.size()) leave();
      if (stopping_ || ::send(fd, reply[i].bytes.data(), reply[i].bytes.size(), MSG_NOSIGNAL) < 0)
        break;
    }
  }
  leave();
  ::shutdown(fd, SHUT_RDWR);
  ::close(fd);
}

}  // namespace gre::testing
