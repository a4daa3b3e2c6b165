// The availability ledger in words and in JSON.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "model/record.hpp"
#include "report/document.hpp"

namespace report {

// "0.083": seconds with three digits.
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds time);

// What clients saw while members were replaced. Nothing when there is nothing to say of it.
[[nodiscard]] std::optional<Section> availability_section(const model::RunRecord& record);

[[nodiscard]] nlohmann::ordered_json availability_json(const model::Availability& ledger);

}  // namespace report
