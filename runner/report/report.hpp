// RunRecord -> what people and workflows read. Calls nothing, runs after failures too.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "model/record.hpp"

namespace report {

// GitHub-flavoured Markdown for the job summary, at most 1 MiB (cut by itself).
// Untrusted text cannot break out of tables or code blocks.
[[nodiscard]] std::string summary_markdown(const model::RunRecord& record);

// The same for a comment of a pull request: without times, so that a plan that is the same gives the same comment.
[[nodiscard]] std::string comment_markdown(model::RunRecord record);

// The same for a terminal: plain text, tables drawn with box characters.
struct TerminalStyle {
    bool colour = false;
    std::size_t columns = 0;  // of the terminal: cells are broken so that tables fit; zero: it has no end
};
[[nodiscard]] std::string summary_terminal(const model::RunRecord& record, const TerminalStyle& style);

// What a plan would change, uncut, as unified diffs.
[[nodiscard]] std::string plan_diff(const model::Plan& plan);

// One JSON document, newline at the end; docs/verify.schema.json describes it.
[[nodiscard]] std::string result_json(const model::RunRecord& record);

// The action's outputs, in a fixed order; every name of action.yml's outputs, always.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> outputs(const model::RunRecord& record);

// One error as the log shows it: heading, message, hint, the command's last output.
[[nodiscard]] std::string error_text(const base::Error& error);

}  // namespace report
