#include "edit/diff.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/redaction.hpp"

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

// "  value: hunter2" -> "  value: …". A line without a key may be the middle of a text.
std::string key_alone(std::string_view line) {
    const auto end = line.find_last_not_of("\r\n") + 1;
    const auto content = line.substr(0, end);
    const auto begin = content.find_first_not_of(" \t-");
    if (begin == std::string_view::npos || content.ends_with(':')) {
        return std::string(line);
    }
    const auto colon = content.find(": ", begin);
    const auto key = content.substr(begin, colon == std::string_view::npos ? colon : colon - begin);
    if (colon == std::string_view::npos || key.find_first_of("{[\"'#") != std::string_view::npos) {
        return std::string(line.substr(0, begin)) + "…" + std::string(line.substr(end));
    }
    return key == "name" ? std::string(line)
                         : std::string(content.substr(0, colon)) + ": …" + std::string(line.substr(end));
}

// Several entries in one line, one of them a secret perhaps.
bool holds_secret(std::string_view line) {
    constexpr std::string_view around = " \t\r\n{}[],:\"'";
    while (!line.empty()) {
        const auto begin = std::min(line.find_first_not_of(around), line.size());
        line.remove_prefix(begin);
        const auto end = std::min(line.find_first_of(around), line.size());
        if (base::names_a_secret(line.substr(0, end))) {
            return true;
        }
        line.remove_prefix(end);
    }
    return false;
}

}  // namespace

std::string for_show(std::string_view diff) {
    std::string shown;
    bool in_hunk = false;
    for (const auto line : lines_of(diff)) {
        in_hunk = in_hunk || line.starts_with("@@");
        const auto content = line.substr(1);
        if (in_hunk && line.starts_with(' ')) {
            shown += " " + key_alone(content);
        } else if (in_hunk && (line[0] == '-' || line[0] == '+') && holds_secret(content)) {
            shown += std::string(line.substr(0, 1)) + "… (a line that holds a secret, too)\n";
        } else {
            shown += line;
        }
    }
    return shown;
}

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
