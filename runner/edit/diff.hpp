// What an edit in one place changes, as a unified diff of one hunk with three lines of context.
#pragma once

#include <string>
#include <string_view>

#include "edit/env_entry.hpp"

namespace edit {

// "" when nothing changes. Lines are as they are in the texts, with their "\r", but for this: what others wrote, around
// the change and in its very lines, may be secret. Only the edit's own bytes are shown, and of the rest the keys and
// the names of variables ("…" stands for what is left out).
[[nodiscard]] std::string shown_diff(std::string_view file, std::string_view before, const Edit& edit);

}  // namespace edit
