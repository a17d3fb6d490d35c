#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/cancellation.h"
#include "core/result.h"
#include "net/http_client.h"
#include "net/hub_listing.h"
#include "net/retry.h"

namespace gre {

struct HubDownload {
  HttpRequest request;  // URL, token and redirects of the file
  HubFile file;
  std::string blob;  // the path that the content gets once it is verified
  RetryPolicy retry;
};

// Fetches one file to `blob`, through `blob`.incomplete, which a later call continues whatever
// ended this one. A host that cannot continue sends it from the start; one that sends more than is
// listed is refused; content with another checksum is deleted. Attempts that got further do not
// count against the retry policy. `progress` gets the bytes that are there. The caller excludes
// others.
Status DownloadBlob(const HubDownload& download, const std::function<void(int64_t)>& progress,
                    const CancellationToken& cancellation);

// What a status other than 2xx means; `what` names the file or repository.
Error HubStatusError(int status, const std::string& what);

}  // namespace gre
