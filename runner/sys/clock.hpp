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
    // Blocks until then or until stopped; true: it was stopped.
    virtual bool sleep_until(Deadline when, const std::stop_token& stop) = 0;
};

class RealClock final : public Clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override;
    [[nodiscard]] std::chrono::system_clock::time_point wall() const override;
    bool sleep_until(Deadline when, const std::stop_token& stop) override;
};

}  // namespace sys
