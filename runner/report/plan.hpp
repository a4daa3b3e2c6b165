// The plan of a deployment, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/document.hpp"
#include "report/story.hpp"

namespace report {

// Whether the plan is what the story is about: nothing else was to be done, or it must not be.
[[nodiscard]] bool tells_the_plan(const model::RunRecord& record);
[[nodiscard]] Headline plan_headline(const model::RunRecord& record);
// What would be changed, what would restart, and what speaks against it.
[[nodiscard]] std::vector<Section> plan_sections(const model::RunRecord& record);
[[nodiscard]] nlohmann::ordered_json plan_json(const model::Plan& plan);

}  // namespace report
