// What of the user's text may be printed back.
#pragma once

#include <string>
#include <string_view>

namespace inputs {

// The text in quotes when it is short and plain, else "(N bytes, not shown)": somebody
// may have put a secret where a name belongs.
[[nodiscard]] std::string shown(std::string_view text);

// True for what is surely no path or name, but content: several lines, "key: value",
// or very long.
[[nodiscard]] bool looks_like_content(std::string_view text);

}  // namespace inputs
