// On a terminal: what goes on just now, below the log, drawn anew as it changes and once a second.
// The log's lines scroll by above it.
//
//   rolling  14 s
//     ✓ etcd-0  ready                         2 s
//     · etcd-1  running, not ready yet        5 s
//     ✓ etcd-2  ready                        14 s
//
// Takes text that is printable and holds no secret.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/terminal.hpp"
#include "rollout/verdict.hpp"
#include "sys/clock.hpp"

namespace app {

class LiveTable {
public:
    struct Terminal {
        std::function<void(std::string_view)> write;
        std::function<TerminalSize()> size;
    };

    LiveTable(Terminal terminal, sys::Clock& clock);
    LiveTable(const LiveTable&) = delete;
    LiveTable& operator=(const LiveTable&) = delete;
    ~LiveTable();  // as end()

    // Of the log: whole lines, each with its line break. From any thread, as all of these.
    void log(std::string_view lines);
    // Phases may hold others: the innermost is shown.
    void begin_phase(std::string name);
    void end_phase();
    // All that are there now; each with the time since it last looked otherwise.
    void show_pods(std::vector<rollout::PodLine> pods);
    // Takes the table away, for good.
    void end();

private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct Phase {
        std::string name;
        TimePoint since;
    };
    struct Row {
        rollout::PodLine pod;
        TimePoint since;
    };

    // All with mutex_ locked.
    [[nodiscard]] std::string taken_away();
    [[nodiscard]] std::string drawn();
    void redraw();

    const Terminal terminal_;
    sys::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable_any ending_;
    std::vector<Phase> phases_;
    std::vector<Row> rows_;
    std::size_t height_ = 0;  // of what is on the terminal now
    bool ended_ = false;
    std::jthread ticker_;  // last: it ends before what it works with
};

}  // namespace app
