#include "report/columns.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace report {
namespace {

using Range = std::pair<char32_t, char32_t>;

// Unicode 15, EastAsianWidth.txt (W and F) and emoji-data.txt, in blocks.
constexpr std::array wide{Range{0x1100, 0x115F},   Range{0x2705, 0x2705},   Range{0x274C, 0x274C},
                          Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},   Range{0xAC00, 0xD7A3},
                          Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
                          Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
                          Range{0x1F900, 0x1FAFF}, Range{0x20000, 0x3FFFD}};
constexpr std::array combining{Range{0x0300, 0x036F}, Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF},
                               Range{0xFE00, 0xFE0F}};

bool is_in(char32_t character, const auto& ranges) {
    return std::ranges::any_of(
        ranges, [character](const Range& range) { return character >= range.first && character <= range.second; });
}

}  // namespace

std::size_t columns(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto character = base::first_character(text);
        text.remove_prefix(character.length);
        if (character.valid && is_in(character.value, combining)) {
            continue;
        }
        width += character.valid && is_in(character.value, wide) ? 2U : 1U;
    }
    return width;
}

std::string padded(std::string text, std::size_t width) {
    const std::size_t used = columns(text);
    text.append(used < width ? width - used : 0, ' ');
    return text;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    for (const auto& paragraph : base::split(text, '\n')) {
        std::string line;
        for (const auto& word : base::split(paragraph, ' ')) {
            if (!line.empty() && columns(line) + 1 + columns(word) > width) {
                lines.push_back(std::exchange(line, ""));
            }
            line += (line.empty() ? "" : " ") + word;
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace report
