// Whether the API server has been away just now. One that has only begun to serve refuses (403, sometimes 401)
// whom it will let in a second later: it serves before it has read the roles and the tokens' keys, and whether it has
// only /readyz tells.
// https://kubernetes.io/docs/reference/using-api/health-checks/
// Shared by the source files of this folder only.
#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>

#include "sys/clock.hpp"

namespace kube {

class Absence {
public:
    explicit Absence(sys::Clock& clock) : clock_(clock) {}

    // Someone was let in.
    void let_in() { known_ = true; }
    // No answer came, or one that says that nobody is there.
    void no_answer() { last_ = clock_.now().time_since_epoch(); }

    // After a refusal. True: it may pass by itself, since we were let in before and the server was away a moment
    // ago; then a pause is over, and the request is worth another try.
    [[nodiscard]] bool explains_refusal(sys::Deadline deadline, const std::stop_token& stop) {
        const auto now = clock_.now();
        const auto last = last_.load();
        const bool was_away = last != never && now.time_since_epoch() < last + beginning;
        return known_ && was_away && now + pause < deadline && !clock_.sleep_until(now + pause, stop);
    }

private:
    static constexpr std::chrono::seconds beginning{15};
    static constexpr std::chrono::milliseconds pause{500};
    static constexpr sys::Deadline::duration never = sys::Deadline::duration::min();

    sys::Clock& clock_;
    std::atomic<bool> known_ = false;
    std::atomic<sys::Deadline::duration> last_ = never;
};

}  // namespace kube
