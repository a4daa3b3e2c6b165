#include "report/escape.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace report {
namespace {

std::size_t longest_run(std::string_view text, char wanted) {
    std::size_t longest = 0;
    std::size_t current = 0;
    for (const char c : text) {
        current = c == wanted ? current + 1 : 0;
        longest = std::max(longest, current);
    }
    return longest;
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Headings, lists, and numbered lists begin at the start of a line.
bool would_begin_a_block(std::string_view text, std::size_t i) {
    if (i == 0) {
        return std::string_view("#+-=").contains(text[0]);
    }
    return (text[i] == '.' || text[i] == ')') && i < 10 &&
           std::ranges::all_of(text.substr(0, i), [](char c) { return c >= '0' && c <= '9'; });
}

std::string one_line(std::string_view text) {
    return base::replace_all(base::replace_all(std::string(text), "\r", ""), "\n", " ");
}

}  // namespace

std::string escape_text(std::string_view raw) {
    const std::string text = one_line(raw);
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        const bool after_word = i > 0 && is_word(text[i - 1]);
        const bool is_markup =
            std::string_view("\\`*[]|~$").contains(c) || (c == '_' && !(after_word && is_word(next)));
        if (c == '&') {
            result += "&amp;";
        } else if (c == '<') {
            result += "&lt;";
        } else if (c == '>') {
            result += "&gt;";
        } else if ((c == '@' && is_word(next) && !after_word) || (c == '#' && next >= '0' && next <= '9')) {
            // An empty comment parts what would become a mention or a reference.
            result += c;
            result += "<!-- -->";
        } else if (c == ':' && text.compare(i, 3, "://") == 0) {
            result += "&#58;";  // no automatic link to where a stranger likes
        } else {
            result += is_markup || would_begin_a_block(text, i) ? "\\" : "";
            result += c;
        }
    }
    return base::replace_all(std::move(result), "www.", "www<!-- -->.");
}

std::string code_span(std::string_view raw) {
    const std::string text = one_line(raw);
    if (base::trim(text).empty()) {
        return "–";
    }
    const std::string fence(longest_run(text, '`') + 1, '`');
    const bool needs_space = text.front() == '`' || text.back() == '`' || (text.front() == ' ' && text.back() == ' ');
    const std::string space = needs_space ? " " : "";
    return fence + space + text + space + fence;
}

std::string code_span_in_table(std::string_view raw) {
    return base::replace_all(code_span(raw), "|", "\\|");
}

std::string fenced(std::string_view language, std::string_view text) {
    const std::string fence(std::max<std::size_t>(longest_run(text, '`') + 1, 3), '`');
    const std::string end = text.ends_with('\n') || text.empty() ? "" : "\n";
    return fence + std::string(language) + "\n" + std::string(text) + end + fence + "\n";
}

}  // namespace report
