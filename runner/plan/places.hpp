// Where a values file sets what: so that a finding can point at the line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/facts.hpp"

namespace plan {

// Every key of the file, with the line of the key itself; of a file that is no mapping, or cannot be read as YAML:
// none. `inputs` has checked it before: its size, its depth, and that nothing is in it twice.
[[nodiscard]] std::vector<ValuePlace> places_in(const std::string& file, std::string_view yaml);

}  // namespace plan
