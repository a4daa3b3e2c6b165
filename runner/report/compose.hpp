// The parts of the summary that need some thought; compose.cpp puts them in order.
#pragma once

#include <optional>

#include "report/document.hpp"

namespace report {

[[nodiscard]] std::optional<Section> changes_section(const model::RunRecord& record);  // changes.cpp
[[nodiscard]] std::optional<Section> members_section(const model::RunRecord& record);  // members.cpp
[[nodiscard]] std::optional<Section> failure_section(const model::RunRecord& record);  // failure.cpp
[[nodiscard]] std::optional<Section> seen_section(const model::RunRecord& record);     // seen.cpp
[[nodiscard]] std::optional<Section> file_section(const model::RunRecord& record);     // connect.cpp
[[nodiscard]] std::optional<Section> connect_section(const model::RunRecord& record);  // connect.cpp

}  // namespace report
