#pragma once

#include <string>

#include "dataset/export/exporter.h"

namespace gre {

// README.md of an export: what the records are, how many, where from, who answered, what was left
// out and why, and the commands that make it again. Markdown with the header that dataset hubs
// read; all text from the data is escaped.
std::string FormatDataCard(const ExportSummary& summary, const CardTables& tables);

}  // namespace gre
