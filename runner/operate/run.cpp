#include "operate/run.hpp"

#include <utility>

#include "base/text.hpp"

namespace operate {

Run::Run(model::Request request, const Tools& tools, model::RunRecord& record, std::stop_token stop)
    : request_(std::move(request)),
      tools_(tools),
      record_(record),
      stop_(std::move(stop)),
      start_(tools.clock.now()),
      deadline_(start_ + request_.timeout) {}

std::chrono::milliseconds Run::since_start() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(tools_.clock.now() - start_);
}

void Run::warn(std::string text) const {
    tools_.progress.warning(text);
    record_.warnings.push_back(std::move(text));
}

base::Error Run::interrupted(base::ErrorCode on_deadline, const std::string& what) const {
    if (stop_.stop_requested()) {
        return {.code = base::ErrorCode::cancelled,
                .message = "cancelled while " + what,
                .context = {},
                .hint = "run it again: it goes on from the state that the cluster is in",
                .command = {}};
    }
    return {.code = on_deadline,
            .message = "timed out after " + base::human_duration(request_.timeout) + " while " + what,
            .context = {},
            .hint = "if the cluster is only slow, raise the input timeout",
            .command = {}};
}

PhaseScope::PhaseScope(const Run& run, std::string name) : run_(run), index_(run.record().phases.size()) {
    run.record().phases.push_back(
        {.name = std::move(name), .begin = run.since_start(), .end = run.since_start(), .failed = true});
}

PhaseScope::~PhaseScope() {
    auto& phase = run_.record().phases[index_];
    phase.end = run_.since_start();
    phase.failed = !completed_;
}

}  // namespace operate
