// What an edit in one place changes, as a unified diff (`patch` and `git apply` take it).
#pragma once

#include <string>
#include <string_view>

namespace edit {

// One hunk with three lines of context; "" when the texts are the same. Lines are as they
// are in the texts, with their "\r".
[[nodiscard]] std::string unified_diff(std::string_view file, std::string_view before, std::string_view after);

}  // namespace edit
