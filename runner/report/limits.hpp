// How much of what others printed goes into a summary, so that the whole of it stays
// readable and below GitHub's 1 MiB a step (a longer one is dropped entirely).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace report {

inline constexpr std::size_t largest_summary = std::size_t{1} << 20U;
inline constexpr std::size_t longest_cell = 300;        // bytes
inline constexpr std::size_t longest_paragraph = 2000;  // bytes
inline constexpr std::size_t most_rows = 200;
inline constexpr std::size_t most_bullets = 40;
inline constexpr std::size_t longest_block = std::size_t{32} << 10U;  // bytes
inline constexpr std::size_t most_lines_in_sight = 25;                // of longer blocks, only the last ones are
inline constexpr std::ptrdiff_t lines_of_a_long_block_in_sight = 15;  // in sight, and the whole is folded

// The last lines of a log that fit, with a line that says how much was left out.
[[nodiscard]] std::string last_part(std::string_view text, std::size_t limit);

// What others printed, made harmless to look at: base::printable, and without the
// invisible characters that turn the direction of text.
[[nodiscard]] std::string clean(std::string_view text);

}  // namespace report
