#include "inputs/shown.hpp"

#include "base/text.hpp"

namespace inputs {

bool looks_like_content(std::string_view text) {
    constexpr std::size_t longest_path = 200;
    return text.size() > longest_path || text.contains('\n') || text.contains(": ") || text.ends_with(':') ||
           text.starts_with('{');
}

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 100;
    if (text.size() > longest || looks_like_content(text)) {
        return "(" + std::to_string(text.size()) + " bytes, not shown)";
    }
    return "\"" + base::printable(text) + "\"";
}

}  // namespace inputs
