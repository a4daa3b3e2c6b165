// Where a workflow expects the results of a step.
#pragma once

#include "app/console.hpp"
#include "base/redaction.hpp"
#include "model/record.hpp"

namespace app {

// Appends the summary to GITHUB_STEP_SUMMARY and the outputs to GITHUB_OUTPUT when these
// are set; where JSON is wanted, it goes to stdout. What cannot be written is a warning: it never fails a good
// deployment.
void publish(const model::RunRecord& record, const base::Redactor& redactor, Console& console);

// "https://github.com/owner/repo/actions/runs/123"; empty outside of a workflow.
[[nodiscard]] std::string workflow_run_url();

}  // namespace app
