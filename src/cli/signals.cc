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

void OnSignal(int signal_number) {
  Token().Cancel();
  if (CancellationToken* scoped = scoped_token.load()) {
    scoped->Cancel();
  }
  std::signal(signal_number, SIG_DFL);  // the next one is not waited for
}

}  // namespace

CancellationToken& InstallSignalHandlers() {
  CancellationToken& token = Token();
  std::signal(SIGPIPE, SIG_IGN);
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
