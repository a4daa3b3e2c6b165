// etcd's log, line by line: JSON of zap, or plain text of what is no etcd or died early.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/kubernetes.hpp"

namespace diagnose {

struct LogLine {
    std::string level;                     // "fatal", "error", "warn" …; empty: not told
    std::optional<model::Timestamp> time;  // empty: not told
    std::string all;                       // as it stands there: what rules look for words in
    std::string shown;                     // "fatal: discovery failed: member count is unequal"
    std::string message;                   // the same without the level
};

// At most the last 2000 lines; longer lines are cut.
[[nodiscard]] std::vector<LogLine> log_lines(std::string_view text);

// Of a program that has ended by itself: the line that tells why. The last one of the worst level there is, from
// a panic to a warning; of plain text the last line that is none of a stack trace. Null: there is none.
[[nodiscard]] const LogLine* telling_line(const std::vector<LogLine>& lines);

}  // namespace diagnose
