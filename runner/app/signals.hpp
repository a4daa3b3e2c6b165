// SIGINT and SIGTERM become a stop request. GitHub sends SIGINT, then SIGTERM after
// 7.5 s, then kills after 2.5 s more; as PID 1 of a container a program without a
// handler would not even notice.
#pragma once

#include <stop_token>
#include <thread>

namespace app {

// To be made first, before any other thread: it blocks the signals for all of them.
class StopOnSignal {
public:
    StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
    ~StopOnSignal();
    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

private:
    std::stop_source source_;
    std::jthread waiter_;
};

}  // namespace app
