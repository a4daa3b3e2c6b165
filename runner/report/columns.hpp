// Width of text on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace report {

// Columns that printable UTF-8 text takes: East Asian wide characters and emoji two,
// combining marks none.
[[nodiscard]] std::size_t columns(std::string_view text);
[[nodiscard]] std::string padded(std::string text, std::size_t width);
// Broken between words into lines of at most `width` columns; longer words stay whole.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace report
