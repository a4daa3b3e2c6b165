// The files that a diagnosis leaves behind, and a deployment that failed.
#pragma once

#include <string>

#include "app/console.hpp"
#include "base/redaction.hpp"
#include "model/record.hpp"
#include "operate/evidence.hpp"

namespace app {

// Writes the evidence, the summary (causes.md of a diagnosis, else summary.md) and a README.txt
// that says what is where, all redacted.
// The record then names the folder; what cannot be written is a warning in it.
void write_evidence(const std::string& folder, const operate::Evidence& evidence, model::RunRecord& record,
                    const base::Redactor& redactor, Console& console);

}  // namespace app
