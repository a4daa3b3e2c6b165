// One read of everything that a plan is made of.
#pragma once

#include <string>

#include "base/result.hpp"
#include "operate/preflight.hpp"
#include "operate/run.hpp"
#include "plan/facts.hpp"

namespace operate {

// Everything is asked at the same time, as far as one does not need the other. What may not be read and is not needed
// is a note. Errors: unreachable, unauthorized, forbidden (what a plan cannot do without), cancelled, timed_out.
[[nodiscard]] base::Result<plan::Facts> gather_facts(const Run& run, const Preflight& found, const std::string& chart);

}  // namespace operate
