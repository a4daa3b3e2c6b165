#include "report/limits.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace report {

std::string last_part(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) {
        return std::string(text);
    }
    std::size_t begin = text.size() - limit;
    if (const auto line_end = text.find('\n', begin);
        line_end != std::string_view::npos && line_end + 1 < text.size()) {
        begin = line_end + 1;
    }
    return "… (" + base::human_bytes(begin) + " before this are left out)\n" + base::printable(text.substr(begin));
}

std::string clean(std::string_view text) {
    // https://www.unicode.org/reports/tr9/: embeddings, overrides, isolates, marks.
    const auto turns_direction = [](char32_t c) {
        return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
               c == 0x061C;
    };
    const std::string printable = base::printable(text);
    std::string result;
    std::string_view rest = printable;
    while (!rest.empty()) {
        const auto character = base::first_character(rest);
        if (!character.valid || !turns_direction(character.value)) {
            result += rest.substr(0, character.length);
        }
        rest.remove_prefix(character.length);
    }
    return result;
}

}  // namespace report
