// What an edit in one place changes, as a unified diff (`patch` and `git apply` take it).
#pragma once

#include <string>
#include <string_view>

namespace edit {

// One hunk with three lines of context; "" when the texts are the same. Lines are as they
// are in the texts, with their "\r".
[[nodiscard]] std::string unified_diff(std::string_view file, std::string_view before, std::string_view after);

// The same for logs and summaries: what others wrote around the change may be secret, so
// only its keys and the names of variables are left of it ("…" stands for the rest).
[[nodiscard]] std::string for_show(std::string_view diff);

}  // namespace edit
