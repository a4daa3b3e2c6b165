#include "operate/run.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "operate/lock.hpp"

namespace operate {
namespace {

constexpr std::chrono::seconds change_pause{1};
constexpr std::chrono::seconds aftermath_limit{30};
constexpr std::chrono::seconds closing_limit{2};
constexpr std::chrono::seconds all_closing_limit{4};

}  // namespace

struct Run::Ending {
    Ending(const sys::Clock& its_clock, const std::stop_token& outer)
        : clock(its_clock),
          on_stop(source.get_token(), [this] { closing_end(); }),
          on_outer(outer, [this] { source.request_stop(); }) {}

    // Fixed by the stop, or by who asks between it and the callback.
    sys::Deadline closing_end() {
        const std::scoped_lock guarded(mutex);
        if (!closed_by) {
            closed_by = clock.now() + all_closing_limit;
        }
        return *closed_by;
    }

    const sys::Clock& clock;
    std::mutex mutex;
    std::optional<base::Error> reason;       // guarded by mutex
    std::optional<sys::Deadline> closed_by;  // guarded by mutex
    std::atomic<Lock*> lock{nullptr};
    std::stop_source source;
    std::stop_callback<std::function<void()>> on_stop;
    std::stop_callback<std::function<void()>> on_outer;  // last: it may come at once
};

Run::Run(model::Request request, const Tools& tools, model::RunRecord& record, const std::stop_token& stop)
    : request_(std::move(request)),
      tools_(tools),
      ending_(std::make_shared<Ending>(tools.clock, stop)),
      record_(record),
      stop_(ending_->source.get_token()),
      start_(tools.clock.now()),
      deadline_(start_ + request_.timeout) {}

std::chrono::milliseconds Run::since_start() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(tools_.clock.now() - start_);
}

Run Run::with_time_again() const {
    Run again = *this;
    again.deadline_ = tools_.clock.now() + request_.timeout;
    return again;
}

kube::Scope Run::closing_scope() const {
    const auto usual = tools_.clock.now() + closing_limit;
    return {std::stop_token(), stop_.stop_requested() ? std::min(usual, ending_->closing_end()) : usual};
}

kube::Scope Run::aftermath_scope() const {
    return stop_.stop_requested() ? closing_scope() : kube::Scope{stop_, tools_.clock.now() + aftermath_limit};
}

kube::Scope Run::change_scope() const {
    const auto* const held = lock();
    return {stop_, held == nullptr ? deadline_ : std::min(deadline_, held->change_by())};
}

void Run::warn(std::string text) const {
    tools_.progress.warning(text);
    record_.warnings.push_back(std::move(text));
}

void Run::guard_by(Lock* lock) const {
    ending_->lock = lock;
}

Lock* Run::lock() const {
    return ending_->lock;
}

base::Result<void> Run::before_change() const {
    if (stop_.stop_requested()) {
        return std::unexpected(interrupted(base::ErrorCode::cancelled, "changing the cluster"));
    }
    if (auto* const held = lock()) {
        TRY(held->confirm(deadline_));
    }
    record_.touched = true;
    return {};
}

base::Result<void> Run::change(const std::function<base::Result<void>(const kube::Scope&)>& carry_out) const {
    for (;;) {
        TRY(before_change());
        auto done = carry_out(change_scope());
        const bool is_cut_short = !done && (done.error().code == base::ErrorCode::timed_out ||
                                            done.error().code == base::ErrorCode::unreachable);
        if (!is_cut_short || lock() == nullptr || stop_.stop_requested() || tools_.clock.now() >= deadline_) {
            return done;
        }
        tools_.clock.sleep_until(std::min(tools_.clock.now() + change_pause, deadline_), stop_);
    }
}

void Run::abandon(base::Error reason) const {
    {
        const std::scoped_lock lock(ending_->mutex);
        if (!ending_->reason) {
            ending_->reason = std::move(reason);
        }
    }
    ending_->source.request_stop();
}

base::Error Run::interrupted(base::ErrorCode on_deadline, const std::string& what) const {
    {
        const std::scoped_lock lock(ending_->mutex);
        if (ending_->reason) {
            return *ending_->reason;
        }
    }
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
    run.tools().progress.begin_phase(name);
    run.record().phases.push_back(
        {.name = std::move(name), .begin = run.since_start(), .end = run.since_start(), .failed = true});
}

PhaseScope::~PhaseScope() {
    auto& phase = run_.record().phases[index_];
    phase.end = run_.since_start();
    phase.failed = !completed_;
    run_.tools().progress.end_phase();
}

}  // namespace operate
