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

// Of a key, or of a variable's name.
bool is_word(std::string_view text) {
    const bool is_quoted = text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
    return (is_quoted ? text.substr(1, text.size() - 2) : text).find_first_not_of(name_characters) ==
           std::string_view::npos;
}

// "  value: hunter2" -> "  value: …". A line without a key may be the middle of a text.
std::string key_alone(std::string_view line) {
    const auto end = line.find_last_not_of("\r\n") + 1;
    const auto content = line.substr(0, end);
    const auto begin = content.find_first_not_of(" \t-");
    if (begin == std::string_view::npos) {
        return std::string(line);
    }
    const auto colon = content.find(':', begin);
    const auto key = content.substr(begin, colon == std::string_view::npos ? colon : colon - begin);
    const auto rest = colon == std::string_view::npos ? std::string_view() : content.substr(colon + 1);
    if (colon == std::string_view::npos || !is_word(key) || (!rest.empty() && rest[0] != ' ' && rest[0] != '\t')) {
        return std::string(line.substr(0, begin)) + "…" + std::string(line.substr(end));
    }
    const auto value = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const bool tells_nothing = value.empty() || (key == "name" && is_word(value));
    return tells_nothing ? std::string(line)
                         : std::string(content.substr(0, colon)) + ": …" + std::string(line.substr(end));
}

// A changed line of which [begin, end) is the edit's own.
std::string own_part(std::string_view line, std::size_t begin, std::size_t end) {
    if (begin >= end) {
        return key_alone(line);  // only how it ends is another
    }
    const auto before = line.substr(0, begin);
    const auto own = line.substr(begin, end - begin);
    const auto behind = line.substr(end);
    const auto line_end = behind.find_last_not_of("\r\n") + 1;
    const bool is_closing = behind.substr(0, line_end).find_first_not_of(" \t,]}") == std::string_view::npos;
    return key_alone(before) + std::string(own) + (is_closing ? "" : " …") +
           std::string(behind.substr(is_closing ? 0 : line_end));
}

}  // namespace

std::string shown_diff(std::string_view file, std::string_view before, const Edit& edit) {
    const std::string_view after = edit.text;
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
    const auto add_changed = [&](char sign, std::string_view text, std::string_view line, std::size_t length) {
        const auto offset = static_cast<std::size_t>(line.data() - text.data());
        const auto in_line = [&](std::size_t place) {
            return std::clamp(place, offset, offset + line.size()) - offset;
        };
        add(diff, sign, own_part(line, in_line(edit.begin), in_line(edit.begin + length)));
    };
    for (std::size_t i = begin; i < same; ++i) {
        add(diff, ' ', key_alone(old[i]));
    }
    for (std::size_t i = same; i < old_end; ++i) {
        add_changed('-', before, old[i], edit.removed);
    }
    for (std::size_t i = same; i < now_end; ++i) {
        add_changed('+', after, now[i], edit.inserted);
    }
    for (std::size_t i = old_end; i < old_end + shown_tail; ++i) {
        add(diff, ' ', key_alone(old[i]));
    }
    return diff;
}

}  // namespace edit
