// The plan in a comment of the pull request that the workflow runs for.
#pragma once

#include <stop_token>
#include <string>

#include "app/console.hpp"
#include "base/redaction.hpp"
#include "model/record.hpp"

namespace app {

// Blocks for half a minute at most. What goes wrong is told and never fails the run: the summary has the plan.
void comment_on_pull_request(const model::RunRecord& record, const std::string& token, const base::Redactor& redactor,
                             Console& console, const std::stop_token& stop);

}  // namespace app
