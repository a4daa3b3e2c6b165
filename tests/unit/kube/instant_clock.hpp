// A clock of which sleeping takes no time: it jumps to the end of the sleep. Only for
// code that runs in one thread.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "sys/clock.hpp"

namespace kube {

class InstantClock final : public sys::Clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return now_; }
    [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return {}; }
    bool sleep_until(sys::Deadline when, const std::stop_token& stop) override {
        sleeps_.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(when - now_));
        if (when > now_) {
            now_ = when;
        }
        if (on_sleep) {
            on_sleep();
        }
        return stop.stop_requested();
    }
    void pass(std::chrono::milliseconds time) { now_ += time; }
    // How long each sleep was meant to be.
    [[nodiscard]] const std::vector<std::chrono::milliseconds>& sleeps() const { return sleeps_; }

    std::function<void()> on_sleep;

private:
    std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
    std::vector<std::chrono::milliseconds> sleeps_;
};

}  // namespace kube
