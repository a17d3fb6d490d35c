#include "cli/signals.h"

#include <atomic>
#include <csignal>

#include "core/check.h"

namespace gre {
namespace {

CancellationToken& Token() {
  static CancellationToken token;
  return token;
}

std::atomic<CancellationToken*> scoped_token = nullptr;

void OnSignal(int) {
  Token().Cancel();
  if (CancellationToken* scoped = scoped_token.load()) {
    scoped->Cancel();
  }
  std::signal(SIGINT, SIG_DFL);  // the next one, of either kind, ends the process
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

CancellationToken& InstallSignalHandlers() {
  CancellationToken& token = Token();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit is a write error, too
  struct sigaction action = {};
  action.sa_handler = OnSignal;  // without SA_RESTART: blocking reads return
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return token;
}

DeadlineScope::DeadlineScope(double timeout_s) {
  if (timeout_s > 0) {
    token_.SetDeadline(CancellationToken::Clock::now() +
                       std::chrono::duration_cast<CancellationToken::Clock::duration>(
                           std::chrono::duration<double>(timeout_s)));
  }
  GRE_CHECK(scoped_token.exchange(&token_) == nullptr);
  if (Token().IsCancelled()) {  // a signal between two scopes
    token_.Cancel();
  }
}

DeadlineScope::~DeadlineScope() { scoped_token.store(nullptr); }

}  // namespace gre
