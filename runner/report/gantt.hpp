// A run's phases as a Mermaid gantt chart (https://mermaid.js.org/syntax/gantt.html),
// which GitHub draws.
#pragma once

#include <string>

#include "report/document.hpp"

namespace report {

[[nodiscard]] std::string gantt(const Timeline& timeline);

}  // namespace report
