// Time as an interface, so that tests need not wait.
#pragma once

#include <chrono>
#include <stop_token>

namespace sys {

using Deadline = std::chrono::steady_clock::time_point;

class Clock {
public:
    virtual ~Clock() = default;
    // Monotonic: for durations and deadlines.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
    // The calendar's: for comparing with Kubernetes' timestamps.
    [[nodiscard]] virtual std::chrono::system_clock::time_point wall() const = 0;
    // How long the machine has been asleep since it was started: now() stands still meanwhile, on a
    // laptop that is closed or a virtual machine that is paused. Only its growth means something.
    [[nodiscard]] virtual std::chrono::nanoseconds slept() const { return {}; }
    // Blocks until then or until stopped; true: it was stopped.
    virtual bool sleep_until(Deadline when, const std::stop_token& stop) = 0;
};

class RealClock final : public Clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override;
    [[nodiscard]] std::chrono::system_clock::time_point wall() const override;
    [[nodiscard]] std::chrono::nanoseconds slept() const override;
    bool sleep_until(Deadline when, const std::stop_token& stop) override;
};

}  // namespace sys
