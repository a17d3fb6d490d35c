#include "cli/signals.h"

#include <atomic>
#include <csignal>
#include <string_view>

#include <unistd.h>

#include "cli/command.h"
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

// Only async-signal-safe calls.
void OnBusError(int, siginfo_t* info, void*) {
  if (info->si_code != BUS_ADRERR) {  // a defect of our own
    std::signal(SIGBUS, SIG_DFL);
    std::raise(SIGBUS);
    return;
  }
  constexpr std::string_view kMessage =
      "gre: a file became shorter while it was read, or its disk failed; run again when nothing "
      "writes to the files that are read\n";
  (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(kExitEnvironment);
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
  struct sigaction bus = {};
  bus.sa_sigaction = OnBusError;
  bus.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &bus, nullptr);
  return token;
}

Status BeginLastStep(const CancellationToken& cancellation) {
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  if (!cancellation.IsCancelled()) return {};
  return Error{ErrorCode::kCancelled, "interrupted; nothing was written"};
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
