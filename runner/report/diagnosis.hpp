// The summary of a diagnosis: for a tired person at night, the cause and the one command
// first, then what proves it, then the rest.
#pragma once

#include <optional>

#include "report/document.hpp"
#include "report/story.hpp"

namespace report {

[[nodiscard]] Headline diagnosis_headline(const model::RunRecord& record);
// What stands below the headline, and the sections after it. The record has a diagnosis.
void add_diagnosis(Document& document, const model::RunRecord& record);

}  // namespace report
