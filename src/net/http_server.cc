#include "net/http_server.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr char kJson[] = "application/json";

void Refuse(httplib::Response& response, int status, std::string_view code,
            std::string_view message) {
  response.status = status;
  response.set_content(HttpErrorJson(code, message), kJson);
}

// What the library answers by itself.
std::pair<std::string_view, std::string_view> Describe(int status) {
  switch (status) {
    case 404:
      return {"not_found", "no such path"};
    case 413:
      return {"too_large", "the body is larger than this server takes"};
    case 400:
      return {"invalid_request", "no HTTP request that can be read"};
    default:
      return {"failed", "the request cannot be answered"};
  }
}

class HttplibServer final : public HttpServer {
 public:
  HttplibServer(const HttpServerOptions& options, HttpHandler handler)
      : handler_(std::move(handler)) {
    server_.new_task_queue = [threads = options.max_connections] {
      return new httplib::ThreadPool(threads);  // the library's server owns it
    };
    server_.set_payload_max_length(options.max_body_bytes);
    server_.set_read_timeout(options.read_timeout_s);
    server_.set_write_timeout(options.write_timeout_s);
    server_.set_keep_alive_timeout(1);  // an idle connection holds the end up for so long
    server_.set_tcp_nodelay(true);
    // The library's own options would share the port with another server.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    server_.set_pre_routing_handler([](const httplib::Request& request,
                                       httplib::Response& response) {
      // without a length the library reads to the end of the connection, whatever comes
      const bool body = request.method != "GET" && request.method != "HEAD";
      if (request.has_header("Transfer-Encoding") ||
          (body && !request.has_header("Content-Length"))) {
        Refuse(response, 411, "length_required", "send the body with a Content-Length");
        return httplib::Server::HandlerResponse::Handled;
      }
      // the library gives forms a limit of its own
      if (request.get_header_value("Content-Type").starts_with("application/x-www-form") ||
          request.get_header_value("Content-Type").starts_with("multipart/")) {
        Refuse(response, 415, "unsupported_type", "send JSON as Content-Type: application/json");
        return httplib::Server::HandlerResponse::Handled;
      }
      if (request.has_header("Content-Encoding")) {
        Refuse(response, 415, "unsupported_encoding", "send the body without an encoding");
        return httplib::Server::HandlerResponse::Handled;
      }
      return httplib::Server::HandlerResponse::Unhandled;
    });
    server_.set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;
      const auto [code, message] = Describe(response.status);
      response.set_content(HttpErrorJson(code, message), kJson);
    });
    server_.set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          Refuse(response, 500, "internal", "a defect of this server");
        });
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      const HttpServerReply reply = handler_({request.method, request.path, request.body});
      response.status = reply.status;
      response.set_content(reply.body, kJson);
    };
    server_.Get(".*", answer);
    server_.Post(".*", answer);
  }

  Status Bind(const HttpServerOptions& options) {
    errno = 0;
    port_ = options.port == 0
                ? server_.bind_to_any_port(options.host)
                : (server_.bind_to_port(options.host, options.port) ? options.port : -1);
    if (port_ > 0) return {};
    return Error{ErrorCode::kUnavailable,
                 Concat({"cannot listen on ", options.host, ":", std::to_string(options.port), ": ",
                         errno != 0 ? std::strerror(errno) : "no such address"})};
  }

  [[nodiscard]] int port() const override { return port_; }

  Status Run(const CancellationToken& cancellation) override {
    std::atomic<bool> ended = false;
    std::thread watch([&] {
      while (!ended) {
        if (cancellation.IsCancelled() && server_.is_running()) server_.stop();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    const bool served = server_.listen_after_bind();
    ended = true;
    watch.join();
    if (served || cancellation.IsCancelled()) return {};
    return Error{ErrorCode::kUnavailable, "the listening socket failed"};
  }

 private:
  HttpHandler handler_;
  httplib::Server server_;
  int port_ = -1;
};

}  // namespace

std::string HttpErrorJson(std::string_view code, std::string_view message) {
  return DumpJson({{"error", {{"code", code}, {"message", message}}}});
}

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(const HttpServerOptions& options,
                                                       HttpHandler handler) {
  auto server = std::make_unique<HttplibServer>(options, std::move(handler));
  GRE_RETURN_IF_ERROR(server->Bind(options));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace gre
