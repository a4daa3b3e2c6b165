// What etcd writes before it gives up, or while it suffers, and what that means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/causes.hpp"
#include "diagnose/facts.hpp"
#include "diagnose/log_lines.hpp"

namespace diagnose {

// Why the container of this pod ended, by its last words; nothing when none are known.
// The pod stands in the result's `pods`.
[[nodiscard]] std::optional<Found> reason_to_end(const Facts& facts, const std::string& pod,
                                                 const std::vector<LogLine>& lines);

// What the rules of those ends make of this one line: "etcd does not accept one of its settings", and what to do.
struct Meaning {
    std::string_view what;
    std::string_view advice;
    bool certain;
};
[[nodiscard]] std::optional<Meaning> meaning_of(const LogLine& line);

// What a container that runs complains of in the lines since then.
[[nodiscard]] std::vector<Found> complaints(const Facts& facts, const std::string& pod,
                                            const std::vector<LogLine>& lines, model::Timestamp since);

}  // namespace diagnose
