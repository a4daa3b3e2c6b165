#include "edit/diff.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace edit {
namespace {

constexpr std::size_t context = 3;

// Each with its "\n"; the last may have none.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto length = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return lines;
}

// "3,4"; https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html
std::string range(std::size_t begin, std::size_t count) {
    return std::to_string(count == 0 ? begin : begin + 1) + (count == 1 ? "" : "," + std::to_string(count));
}

void add(std::string& diff, char sign, std::string_view line) {
    diff += sign;
    diff += line;
    if (!line.ends_with('\n')) {
        diff += "\n\\ No newline at end of file\n";
    }
}

}  // namespace

std::string unified_diff(std::string_view file, std::string_view before, std::string_view after) {
    if (before == after) {
        return {};
    }
    const auto old = lines_of(before);
    const auto now = lines_of(after);
    const auto shorter = std::min(old.size(), now.size());
    std::size_t same = 0;  // lines at the beginning
    while (same < shorter && old[same] == now[same]) {
        ++same;
    }
    std::size_t tail = 0;  // lines at the end
    while (tail < shorter - same && old[old.size() - 1 - tail] == now[now.size() - 1 - tail]) {
        ++tail;
    }
    const auto begin = same - std::min(same, context);
    const auto shown_tail = std::min(tail, context);
    const auto old_end = old.size() - tail;
    const auto now_end = now.size() - tail;
    std::string diff = "--- a/" + std::string(file) + "\n+++ b/" + std::string(file) + "\n";
    diff += "@@ -" + range(begin, old_end + shown_tail - begin) + " +" + range(begin, now_end + shown_tail - begin) +
            " @@\n";
    for (std::size_t i = begin; i < same; ++i) {
        add(diff, ' ', old[i]);
    }
    for (std::size_t i = same; i < old_end; ++i) {
        add(diff, '-', old[i]);
    }
    for (std::size_t i = same; i < now_end; ++i) {
        add(diff, '+', now[i]);
    }
    for (std::size_t i = old_end; i < old_end + shown_tail; ++i) {
        add(diff, ' ', old[i]);
    }
    return diff;
}

}  // namespace edit
