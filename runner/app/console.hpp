// The log: plain lines, on a terminal with a live table below them, elsewhere with a line now and then while it is
// waited, in a workflow log groups and annotations.
// Everything passes the redactor; what others print cannot issue workflow commands.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/heartbeat.hpp"
#include "app/live_table.hpp"
#include "base/redaction.hpp"
#include "github/commands.hpp"
#include "model/request.hpp"
#include "operate/progress.hpp"
#include "sys/clock.hpp"

namespace spdlog {
class logger;
}

namespace app {

class Console final : public operate::Progress {
public:
    enum class Style { plain, workflow };
    struct Settings {
        Style style = Style::plain;
        model::OutputFormat output = model::OutputFormat::text;
    };

    Console(base::Redactor& redactor, const Settings& settings);

    [[nodiscard]] model::OutputFormat output() const { return output_; }

    void set_level(model::LogLevel level);
    void line(std::string_view text) override;
    void warning(std::string_view text) override;
    void begin_output_of(std::string_view title) override;
    void output_line(std::string_view text) override;
    void end_output() override;
    void begin_phase(std::string name) override;
    void end_phase() override;
    void show_pods(std::vector<rollout::PodLine> pods) override;
    // From any thread: credentials are renewed by whoever needs them.
    void keep_secret(std::string_view secret) override;

    // Not said by others: whole texts, as they are (only redacted). With the first of these the live
    // table ends: the work is done.
    void text(std::string_view whole);
    // What was asked for, to stdout, wherever the log goes.
    void print(std::string_view whole);
    void error(std::string_view headline, std::string_view whole);
    // In a workflow: a note on a line of a file.
    void note_on_file(std::string_view message, const github::AnnotationPlace& place,
                      github::Annotation kind = github::Annotation::error);

private:
    void timed(std::string_view text);
    void spoke();
    void end_table();
    // Around commands that stop commands; what is to be masked meanwhile waits.
    void hold_masks();
    void release_masks();
    // In a workflow: hides the redactor's secrets in everything that follows.
    void mask_secrets();

    base::Redactor& redactor_;
    Style style_;
    model::OutputFormat output_;
    sys::RealClock clock_;
    std::shared_ptr<LiveTable> table_;  // null: none is wanted
    std::shared_ptr<spdlog::logger> logger_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::string resume_token_;  // while another program's output is shown
    std::mutex masking_;        // guards what follows, and the order of commands about commands
    bool commands_stopped_ = false;
    std::set<std::string, std::less<>> masked_;
    std::unique_ptr<Heartbeat> heartbeat_;  // null: there is a table. Last: it speaks through the others
};

}  // namespace app
