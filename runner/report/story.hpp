// What kind of story a RunRecord tells: the one place that decides it, for the
// headline, the sections and the outputs alike.
#pragma once

#include <cstdint>
#include <string>

#include "model/record.hpp"
#include "report/document.hpp"

namespace report {

enum class Story : std::uint8_t {
    installed,
    upgraded,
    unchanged,
    uninstalled,
    nothing_to_uninstall,
    planned,   // nothing was to be changed
    verified,  // healthy; nothing was to be changed
    connected,
    stale,  // the file that was checked
    diagnosed_well,
    bad_input,
    refused,    // failed before anything was touched
    failed,     // helm, the rollout, or a cluster that went away in between
    timed_out,  // the rollout did
    unhealthy,
    cancelled,
};

[[nodiscard]] Story story_of(const model::RunRecord& record);
[[nodiscard]] std::chrono::milliseconds total_duration(const model::RunRecord& record);

struct Headline {
    Mark mark = Mark::good;
    std::string text;
};
[[nodiscard]] Headline headline_of(const model::RunRecord& record);

// "a", "a and b", "a, b and c"
[[nodiscard]] std::string listed(const std::vector<std::string>& words);
// "1 volume", "3 volumes"
[[nodiscard]] std::string counted(std::size_t number, const std::string& noun);
[[nodiscard]] std::string first_line(const std::string& text);

}  // namespace report
