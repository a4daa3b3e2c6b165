// Where no table can be drawn (a workflow's log, a pipe): a line when nothing was said for a while, so that whoever
// waits sees what is waited for.
//
//     45.20s  still at rollout, for 38 s: etcd-1: running, not ready yet
//
// Takes text that is printable and holds no secret.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rollout/verdict.hpp"

namespace app {

class Heartbeat {
public:
    // `say` is called from a thread of its own.
    explicit Heartbeat(std::function<void(std::string_view)> say,
                       std::chrono::milliseconds silence = std::chrono::seconds(15));
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;
    ~Heartbeat() = default;  // as end()

    // From any thread, as all of these: something was said.
    void spoke();
    // Phases may hold others: the innermost is told. Between phases nothing is.
    void begin_phase(std::string name);
    void end_phase();
    void show_pods(std::vector<rollout::PodLine> pods);
    void end();

private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct Phase {
        std::string name;
        TimePoint since;
    };
    void beat(const std::stop_token& stop);
    [[nodiscard]] std::string text(TimePoint now) const;

    std::function<void(std::string_view)> say_;
    std::chrono::milliseconds silence_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable_any changed_;
    TimePoint last_ = std::chrono::steady_clock::now();
    std::vector<Phase> phases_;
    std::vector<rollout::PodLine> pods_;
    std::jthread thread_;  // last: it ends before what it reads
};

}  // namespace app
