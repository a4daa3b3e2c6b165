// From what was found to the plan.
#pragma once

#include "base/result.hpp"
#include "model/plan.hpp"
#include "plan/facts.hpp"

namespace plan {

// Pure. Errors: protocol (an object that is no JSON object, or nested too deeply).
[[nodiscard]] base::Result<model::Plan> make(const Facts& facts);

// Of a plan that blocks: refused, naming the first reason and how many more there are.
[[nodiscard]] base::Error refusal_of(const model::Plan& plan);

// What of `agreed` (the JSON that the plan was written as) is not so any more. Errors: bad_input (no plan).
[[nodiscard]] base::Result<std::vector<std::string>> moved_since(std::string_view agreed, const model::Plan& plan);

}  // namespace plan
