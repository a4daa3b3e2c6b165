#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/utf8.hpp"

namespace base {
namespace {

constexpr std::string_view white_space = " \t\n\r\f\v";

// Insertions, deletions, substitutions and swaps of neighbours it takes to make `to` of
// `from` ("optimal string alignment").
std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before_previous(to.size() + 1);
    std::vector<std::size_t> previous(to.size() + 1);
    std::vector<std::size_t> current(to.size() + 1);
    std::iota(previous.begin(), previous.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
                current[j] = std::min(current[j], before_previous[j - 2] + 1);
            }
        }
        std::swap(before_previous, previous);
        std::swap(previous, current);
    }
    return previous[to.size()];
}

}  // namespace

std::string trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(white_space);
    if (first == std::string_view::npos) {
        return {};
    }
    return std::string(text.substr(first, text.find_last_not_of(white_space) - first + 1));
}

std::vector<std::string> nonempty_lines(std::string_view text) {
    std::vector<std::string> lines;
    for (const std::string& part : split(text, '\n')) {
        if (std::string line = trim(part); !line.empty()) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string result;
    for (const std::string& part : parts) {
        if (&part != parts.data()) {
            result += separator;
        }
        result += part;
    }
    return result;
}

std::string lower(std::string_view text) {
    std::string result(text);
    // ASCII only: never what the machine's locale makes of it.
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    if (from.empty()) {
        return text;
    }
    std::string result;
    std::size_t begin = 0;
    for (std::size_t hit = text.find(from); hit != std::string::npos; hit = text.find(from, begin)) {
        result.append(text, begin, hit - begin);
        result += to;
        begin = hit + from.size();
    }
    result.append(text, begin);
    return result;
}

std::string shorten(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) {
        return std::string(text);
    }
    constexpr std::string_view ellipsis = "…";
    const std::size_t room = limit >= ellipsis.size() ? limit - ellipsis.size() : limit;
    std::size_t kept = 0;
    while (kept < text.size()) {
        const std::size_t next = kept + first_character(text.substr(kept)).length;
        if (next > room) {
            break;
        }
        kept = next;
    }
    std::string result(text.substr(0, kept));
    if (limit >= ellipsis.size()) {
        result += ellipsis;
    }
    return result;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    constexpr std::size_t longest_word = 200;
    if (word.size() > longest_word) {
        return {};
    }
    std::string best;
    std::size_t best_distance = word.size() / 3 + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(lower(word), lower(candidate));
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1024) {
        return std::to_string(bytes) + " B";
    }
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    // In tenths of the unit, so that rounding cannot say "1024 KiB".
    std::size_t unit = 0;
    double tenths = static_cast<double>(bytes) * 10 / 1024;
    while (tenths + 0.5 >= 10240 && unit + 1 < units.size()) {
        tenths /= 1024;
        ++unit;
    }
    const auto rounded = static_cast<std::uint64_t>(std::llround(tenths));
    std::string text = std::to_string(rounded / 10);
    if (rounded % 10 != 0) {
        text += '.';
        text += std::to_string(rounded % 10);
    }
    return text + ' ' + units.at(unit);
}

std::string shell_word(const std::string& word) {
    const bool harmless = !word.empty() && word.front() != '-' && std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_./:=@,").contains(c);
    });
    return harmless ? word : "'" + replace_all(word, "'", "'\\''") + "'";
}

}  // namespace base
