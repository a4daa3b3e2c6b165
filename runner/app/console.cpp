#include "app/console.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"

namespace app {
namespace {

// Secrets are removed here, in the one place that everything passes.
class RedactingSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit RedactingSink(const base::Redactor& redactor) : redactor_(redactor) {
        out_.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string clean = redactor_.redact(std::string_view(message.payload.data(), message.payload.size()));
        spdlog::details::log_msg copy = message;
        copy.payload = spdlog::string_view_t(clean.data(), clean.size());
        out_.log(copy);
    }
    void flush_() override { out_.flush(); }

private:
    const base::Redactor& redactor_;
    spdlog::sinks::stdout_sink_mt out_;
};

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

Console::Console(base::Redactor& redactor, Style style)
    : redactor_(redactor),
      style_(style),
      logger_(std::make_shared<spdlog::logger>("etcd-deploy", std::make_shared<RedactingSink>(redactor))) {
    logger_->flush_on(spdlog::level::trace);
}

void Console::set_level(model::LogLevel level) {
    logger_->set_level(to_spdlog(level));
}

void Console::timed(std::string_view text) {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start_;
    logger_->info("{:7.2f}s  {}", since.count(), text);
}

void Console::line(std::string_view text) {
    timed(harmless(text));
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
}

void Console::end_output() {
    if (style_ == Style::workflow && !resume_token_.empty()) {
        logger_->info("{}", github::resume_commands(resume_token_));
        resume_token_.clear();
        release_masks();
        logger_->info("{}", github::end_group());
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
    logger_->info("{}", base::replace_all(std::string(whole), "##[", "# #["));
}

void Console::error(std::string_view headline, std::string_view whole) {
    end_output();
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

void Console::note_on_file(std::string_view message, const github::AnnotationPlace& place) {
    if (style_ == Style::workflow) {
        logger_->error("{}", github::annotation(github::Annotation::error, redactor_.redact(message), place));
    }
}

void Console::mask_secrets() {
    // While commands are stopped the runner would print this one, with the secret, as text.
    if (style_ != Style::workflow || commands_stopped_) {
        return;
    }
    // Past the redacting sink: the runner needs the value itself to hide it.
    for (const auto& secret : redactor_.values()) {
        if (!masked_.insert(secret).second) {
            continue;
        }
        const std::string command = github::add_mask(secret) + "\n";
        std::fwrite(command.data(), 1, command.size(), stdout);
    }
    std::fflush(stdout);
}

}  // namespace app
