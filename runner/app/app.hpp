// The program: reads the inputs, builds the real system, carries out the action and
// reports. https://docs.github.com/en/actions/reference/workflows-and-actions/variables
#pragma once

#include <span>
#include <stop_token>
#include <string>

namespace app {

// The exit code (model/outcome.hpp). Blocks until all is done; a stop request ends it
// within eight seconds, with the summary written.
[[nodiscard]] int run(std::span<const std::string> arguments, const std::stop_token& stop);

}  // namespace app
