#include "app/publish.hpp"

#include "app/terminal.hpp"
#include "github/commands.hpp"
#include "report/report.hpp"
#include "sys/files.hpp"

namespace app {
namespace {

void append(const std::string& variable, const std::string& text, const char* what, Console& console) {
    const auto path = sys::environment(variable);
    if (!path || path->empty()) {
        return;
    }
    if (auto written = sys::append_file(*path, text); !written) {
        console.warning(std::string("the ") + what + " could not be written: " + written.error().text());
    }
}

}  // namespace

void publish(const model::RunRecord& record, const base::Redactor& redactor, Console& console) {
    append("GITHUB_STEP_SUMMARY", redactor.redact(report::summary_markdown(record)) + "\n", "summary", console);
    std::string entries;
    for (const auto& [name, value] : report::outputs(record)) {
        entries += github::output_entry(name, redactor.redact(value));
    }
    append("GITHUB_OUTPUT", entries, "outputs", console);
    if (console.output() == model::OutputFormat::json) {
        console.print(report::result_json(record));
        return;
    }
    const bool on_terminal = is_terminal(stdout);
    if (on_terminal || !sys::environment("GITHUB_STEP_SUMMARY")) {
        const report::TerminalStyle style{.colour = on_terminal && !sys::environment("NO_COLOR"),
                                          .columns = on_terminal ? terminal_size(stdout).columns : 0};
        console.text("\n" + report::summary_terminal(record, style));
    }
}

std::string workflow_run_url() {
    const auto server = sys::environment("GITHUB_SERVER_URL");
    const auto repository = sys::environment("GITHUB_REPOSITORY");
    const auto run = sys::environment("GITHUB_RUN_ID");
    return server && repository && run ? *server + "/" + *repository + "/actions/runs/" + *run : std::string();
}

}  // namespace app
