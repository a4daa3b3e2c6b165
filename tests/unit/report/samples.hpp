// RunRecords for each way a run can end, as the runner really makes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/record.hpp"

namespace report_test {

[[nodiscard]] model::RunRecord installed();
[[nodiscard]] model::RunRecord upgraded();
[[nodiscard]] model::RunRecord unchanged();
[[nodiscard]] model::RunRecord image_not_found();
[[nodiscard]] model::RunRecord unhealthy();
[[nodiscard]] model::RunRecord verified();
[[nodiscard]] model::RunRecord verified_unhealthy();
[[nodiscard]] model::RunRecord nothing_to_verify();

// Name (of the golden files) and record of every state.
[[nodiscard]] std::vector<std::pair<std::string, model::RunRecord>> samples();

}  // namespace report_test
