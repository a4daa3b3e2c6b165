#include "report/report.hpp"

#include "base/text.hpp"
#include "model/outcome.hpp"
#include "report/limits.hpp"
#include "report/writers.hpp"

namespace report {

std::string summary_markdown(const model::RunRecord& record) {
    return to_markdown(compose(record));
}

std::string comment_markdown(model::RunRecord record) {
    record.phases.clear();
    record.duration = {};
    record.run_url.clear();
    return to_markdown(compose(record));
}

std::string summary_terminal(const model::RunRecord& record, const TerminalStyle& style) {
    return to_terminal(compose(record), style);
}

std::string error_text(const base::Error& error) {
    std::string text = std::string(model::failure_kind(error.code).heading) + ": " + clean(error.text()) + "\n";
    if (!error.hint.empty()) {
        text += "What to do: " + clean(error.hint) + "\n";
    }
    for (const auto& command : error.command) {
        text += clean(base::join(command.argv, " ")) + " ended with exit code " + std::to_string(command.exit_code);
        const auto output = base::trim(last_part(clean(command.last_output), longest_block));
        text += output.empty() ? "\n" : ":\n" + output + "\n";
    }
    return text;
}

}  // namespace report
