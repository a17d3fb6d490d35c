#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

struct HttpServerRequest {
  std::string method;  // "GET", "POST"
  std::string path;    // decoded, without the query
  std::string body;
};

struct HttpServerReply {
  int status = 200;
  std::string body;  // JSON
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0 = any free one
  size_t max_body_bytes = 16 << 20;
  // Connections served at once; further ones wait. Each holds a thread, which sleeps while bytes
  // are awaited, so that clients that send half a request and stop do not keep others from being
  // answered unless there are as many of them.
  size_t max_connections = 64;
  int read_timeout_s = 5;    // without a byte of a request
  int write_timeout_s = 10;  // without progress of a reply
};

// Called from several threads at once.
using HttpHandler = std::function<HttpServerReply(const HttpServerRequest&)>;

// {"error": {"code", "message"}} in one line.
std::string HttpErrorJson(std::string_view code, std::string_view message);

// A small HTTP/1.1 server for JSON (cpp-httplib). Bodies must have a Content-Length of at most
// max_body_bytes and no encoding; others are answered 413, 411 or 415 without being read. Every
// failure is answered with HttpErrorJson.
class HttpServer {
 public:
  // kUnavailable where the address cannot be listened on, another server's port among them.
  static Result<std::unique_ptr<HttpServer>> Listen(const HttpServerOptions& options,
                                                    HttpHandler handler);
  virtual ~HttpServer() = default;

  [[nodiscard]] virtual int port() const = 0;
  // Serves until cancelled: then no connection is taken any more, and requests in work are
  // answered. Call once.
  virtual Status Run(const CancellationToken& cancellation) = 0;
};

}  // namespace gre
