#include "app/console.hpp"

#include <cstdio>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "app/terminal.hpp"
#include "base/text.hpp"

namespace app {
namespace {

// Secrets are removed here, in the one place that everything passes.
class RedactingSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    RedactingSink(const base::Redactor& redactor, spdlog::sink_ptr out) : redactor_(redactor), out_(std::move(out)) {
        out_->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string clean = redactor_.redact(std::string_view(message.payload.data(), message.payload.size()));
        spdlog::details::log_msg copy = message;
        copy.payload = spdlog::string_view_t(clean.data(), clean.size());
        out_->log(copy);
    }
    void flush_() override { out_->flush(); }

private:
    const base::Redactor& redactor_;
    spdlog::sink_ptr out_;
};

// Hands the lines over to the table, which writes them above itself.
class TableSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit TableSink(std::shared_ptr<LiveTable> table) : table_(std::move(table)) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        table_->log({line.data(), line.size()});
    }
    void flush_() override {}

private:
    std::shared_ptr<LiveTable> table_;
};

// Where JSON is wanted stdout belongs to it alone.
std::FILE* stream_of_log(model::OutputFormat output) {
    return output == model::OutputFormat::json ? stderr : stdout;
}

LiveTable::Terminal terminal(std::FILE* stream) {
    return {.write =
                [stream](std::string_view text) {
                    std::fwrite(text.data(), 1, text.size(), stream);
                    std::fflush(stream);
                },
            .size = [stream] { return terminal_size(stream); }};
}

spdlog::sink_ptr log_sink(std::FILE* stream, const std::shared_ptr<LiveTable>& table) {
    if (table) {
        return std::make_shared<TableSink>(table);
    }
    if (stream == stderr) {
        return std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    return std::make_shared<spdlog::sinks::stdout_sink_mt>();
}

// One line, nothing that a terminal or a workflow would act upon. The legacy "##[" is
// a command anywhere in a line.
std::string harmless(std::string_view text) {
    return base::replace_all(base::replace_all(base::printable(text), "\n", " "), "##[", "# #[");
}

spdlog::level::level_enum to_spdlog(model::LogLevel level) {
    switch (level) {
        case model::LogLevel::debug: return spdlog::level::debug;
        case model::LogLevel::info: return spdlog::level::info;
        case model::LogLevel::warning: return spdlog::level::warn;
        case model::LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

Console::Console(base::Redactor& redactor, const Settings& settings)
    : redactor_(redactor),
      style_(settings.style),
      output_(settings.output),
      table_(settings.style == Style::plain && is_terminal(stream_of_log(settings.output))
                 ? std::make_shared<LiveTable>(terminal(stream_of_log(settings.output)), clock_)
                 : nullptr),
      logger_(std::make_shared<spdlog::logger>(
          "etcd-deploy", std::make_shared<RedactingSink>(redactor, log_sink(stream_of_log(settings.output), table_)))) {
    logger_->flush_on(spdlog::level::trace);
    if (!table_) {
        heartbeat_ = std::make_unique<Heartbeat>([this](std::string_view text) { timed(text); });
    }
}

void Console::set_level(model::LogLevel level) {
    logger_->set_level(to_spdlog(level));
}

void Console::timed(std::string_view text) {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start_;
    logger_->info("{:7.2f}s  {}", since.count(), text);
}

void Console::spoke() {
    if (heartbeat_) {
        heartbeat_->spoke();
    }
}

void Console::line(std::string_view text) {
    timed(harmless(text));
    spoke();
}

void Console::warning(std::string_view text) {
    if (style_ == Style::workflow && resume_token_.empty()) {
        logger_->warn("{}", github::annotation(github::Annotation::warning, redactor_.redact(harmless(text))));
        return;
    }
    logger_->warn("warning: {}", harmless(text));
}

void Console::begin_output_of(std::string_view title) {
    if (style_ == Style::workflow) {
        logger_->info("{}", github::group(harmless(title)));
        resume_token_ = github::random_token();
        hold_masks();
        logger_->info("{}", github::stop_commands(resume_token_));
        return;
    }
    timed(harmless(title));
}

void Console::output_line(std::string_view text) {
    logger_->info("{}{}", style_ == Style::workflow ? "" : "          | ", harmless(text));
    spoke();
}

void Console::end_output() {
    if (style_ == Style::workflow && !resume_token_.empty()) {
        logger_->info("{}", github::resume_commands(resume_token_));
        resume_token_.clear();
        release_masks();
        logger_->info("{}", github::end_group());
    }
}

void Console::begin_phase(std::string name) {
    if (table_) {
        table_->begin_phase(std::move(name));
    } else {
        heartbeat_->begin_phase(std::move(name));
    }
}

void Console::end_phase() {
    if (table_) {
        table_->end_phase();
    } else {
        heartbeat_->end_phase();
    }
}

void Console::show_pods(std::vector<rollout::PodLine> pods) {
    for (auto& pod : pods) {
        pod.phrase = redactor_.redact(harmless(pod.phrase));
        pod.pod = redactor_.redact(harmless(pod.pod));
    }
    if (table_) {
        table_->show_pods(std::move(pods));
    } else {
        heartbeat_->show_pods(std::move(pods));
    }
}

void Console::end_table() {
    if (table_) {
        table_->end();
    } else {
        heartbeat_->end();
    }
}

void Console::keep_secret(std::string_view secret) {
    redactor_.add(secret);
    const std::scoped_lock lock(masking_);
    mask_secrets();
}

void Console::hold_masks() {
    const std::scoped_lock lock(masking_);
    commands_stopped_ = true;
}

void Console::release_masks() {
    const std::scoped_lock lock(masking_);
    commands_stopped_ = false;
    mask_secrets();
}

void Console::text(std::string_view whole) {
    end_table();
    logger_->info("{}", base::replace_all(std::string(whole), "##[", "# #["));
}

void Console::print(std::string_view whole) {
    end_table();
    const std::string clean = redactor_.redact(whole);
    std::fwrite(clean.data(), 1, clean.size(), stdout);
    std::fflush(stdout);
}

void Console::error(std::string_view headline, std::string_view whole) {
    end_output();
    end_table();
    if (style_ == Style::workflow) {
        // The long text is other people's words for a good part.
        const std::string token = github::random_token();
        hold_masks();
        logger_->error("{}", github::stop_commands(token));
        logger_->error("{}", base::replace_all(std::string(whole), "##[", "# #["));
        logger_->error("{}", github::resume_commands(token));
        release_masks();
        logger_->error("{}", github::annotation(github::Annotation::error, redactor_.redact(headline),
                                                {.title = "etcd-deploy", .file = {}, .line = 0}));
        return;
    }
    logger_->error("\n{}", whole);
}

void Console::note_on_file(std::string_view message, const github::AnnotationPlace& place, github::Annotation kind) {
    if (style_ == Style::workflow) {
        logger_->error("{}", github::annotation(kind, redactor_.redact(message), place));
    }
}

void Console::mask_secrets() {
    // While commands are stopped the runner would print this one, with the secret, as text.
    if (style_ != Style::workflow || commands_stopped_) {
        return;
    }
    // Past the redacting sink: the runner needs the value itself to hide it.
    std::FILE* const log = stream_of_log(output_);  // GitHub reads both
    for (const auto& secret : redactor_.values()) {
        if (!masked_.insert(secret).second) {
            continue;
        }
        const std::string command = github::add_mask(secret) + "\n";
        std::fwrite(command.data(), 1, command.size(), log);
    }
    std::fflush(log);
}

}  // namespace app
