// A text as YAML, on one line.
#pragma once

#include <string>
#include <string_view>

#include "edit/yaml_text.hpp"

namespace edit {

// `value` (UTF-8) in the style asked for where that can hold it, else in double quotes:
// plain only when every reader takes it for a text, single quotes only for what has no
// control characters. `around` is what it will stand in: plain text may hold a comma in
// block layout only.
[[nodiscard]] std::string scalar_text(std::string_view value, Style style, Layout around);

}  // namespace edit
