#pragma once

#include "core/cancellation.h"
#include "core/result.h"

namespace gre {

// Makes SIGINT and SIGTERM cancel the returned token once; a second one ends the process at once.
// A closed pipe becomes a write error instead of a signal. A mapped file that others cut while it
// is read ends the process with a line and kExitEnvironment. Call once at start; the token lives as
// long as the process.
CancellationToken& InstallSignalHandlers();

// For commands that only read and compute before their last step, so that there is nothing to tidy
// up: from now until BeginLastStep the first SIGINT or SIGTERM ends the process at once with
// kExitInterrupted, whatever it computes, and says that nothing was written; with `json` also as an
// object on standard output, where nothing may have been written yet.
void EndAtOnceWhenInterrupted(bool json);

// Before the last step of a command, which is short and must not be left half done (writing the
// files): SIGINT and SIGTERM are ignored from now on. kCancelled when one came before.
Status BeginLastStep(const CancellationToken& cancellation);

// A token for one piece of work with a deadline of its own, which the signals cancel as well while
// it lives. At most one at a time.
class DeadlineScope {
 public:
  // No deadline when `timeout_s` <= 0.
  explicit DeadlineScope(double timeout_s);
  ~DeadlineScope();
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;

  [[nodiscard]] const CancellationToken& token() const { return token_; }

 private:
  CancellationToken token_;
};

}  // namespace gre
