#include "github/comment_body.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace github {
namespace {

// How far before the limit a line's end is looked for.
constexpr std::size_t near = 4096;  // bytes
constexpr std::size_t longest_name = 256;

// Within a comment of HTML "--" ends it, or makes it none; a space would end the name. `%` is
// encoded too, so that no two names are written alike.
std::string marker_text(std::string_view raw) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : raw.substr(0, longest_name)) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                              c == '_' || (c == '-' && !text.ends_with('-'));
        if (is_plain) {
            text += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text += '%';
        text += digits[byte >> 4U];
        text += digits[byte & 0xFU];
    }
    return text;
}

// In UTF-16's units, see longest_comment.
std::size_t units_of(const base::Character& character) {
    return character.valid && character.value > 0xFFFF ? 2 : 1;
}

std::size_t length_of(std::string_view text) {
    std::size_t length = 0;
    while (!text.empty()) {
        const auto character = base::first_character(text);
        length += units_of(character);
        text.remove_prefix(character.length);
    }
    return length;
}

// At most `room` long, whole lines if the last one's end is near.
std::string_view beginning_of(std::string_view text, std::size_t room) {
    std::size_t end = 0;
    while (end < text.size()) {
        const auto character = base::first_character(text.substr(end));
        const auto units = units_of(character);
        if (units > room) {
            break;
        }
        room -= units;
        end += character.length;
    }
    const auto kept = text.substr(0, end);
    const auto line_end = kept.rfind('\n');
    return line_end != std::string_view::npos && kept.size() - line_end <= near ? kept.substr(0, line_end + 1) : kept;
}

// The run of backticks or tildes that a fence begins with, or "". https://github.github.com/gfm/#fenced-code-blocks
std::string_view fence_of(std::string_view line) {
    const auto indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || indent > 3) {
        return {};
    }
    line.remove_prefix(indent);
    if (line.front() != '`' && line.front() != '~') {
        return {};
    }
    const auto run = line.substr(0, line.find_first_not_of(line.front()));
    const bool is_code_span = run.front() == '`' && line.substr(run.size()).contains('`');
    return run.size() < 3 || is_code_span ? std::string_view{} : run;
}

std::size_t count_of(std::string_view word, std::string_view text) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) {
        ++count;
    }
    return count;
}

// What closes everything that `text` leaves open: first the fence, then each <details>.
std::string closing_of(std::string_view text) {
    std::string_view fence;
    std::size_t details = 0;
    for (auto rest = text; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto run = fence_of(line);
        if (fence.empty()) {
            fence = run;
            if (run.empty()) {
                const auto tags = base::lower(line);
                details += count_of("<details", tags);
                details -= std::min(details, count_of("</details", tags));
            }
        } else if (!run.empty() && run.front() == fence.front() && run.size() >= fence.size() &&
                   base::trim(line).size() == run.size()) {
            fence = {};
        }
    }
    std::string closing;
    if (!text.empty() && !text.ends_with('\n')) {
        closing += '\n';
    }
    if (!fence.empty()) {
        closing += std::string(fence) + '\n';
    }
    for (; details > 0; --details) {
        closing += "\n</details>\n";
    }
    return closing;
}

bool is_plain_address(std::string_view link) {
    return (link.starts_with("https://") || link.starts_with("http://")) && link.size() <= 1024 &&
           std::ranges::all_of(
               link, [](char c) { return c > ' ' && c < '\x7f' && !std::string_view("<>()[]\\`\"|").contains(c); });
}

std::string notice_of(std::string_view link) {
    const std::string whole =
        is_plain_address(link) ? "[the whole of it](" + std::string(link) + ")" : "the whole of it";
    return "\n**Cut here**, since a comment holds no more: " + whole + " is in the summary of the run.\n";
}

}  // namespace

std::string comment_marker(const CommentSubject& subject) {
    std::string marker = "<!-- etcd-deploy plan: release=" + marker_text(subject.release) +
                         " namespace=" + marker_text(subject.namespace_name);
    if (!subject.cluster.empty()) {
        marker += " cluster=" + marker_text(subject.cluster);
    }
    return marker + " -->";
}

std::string comment_body(std::string_view marker, std::string_view markdown, std::string_view link) {
    const std::string head = std::string(marker) + "\n";
    const std::string text = base::printable(markdown);
    const std::string notice = notice_of(link);
    const auto left = [](std::size_t room, std::size_t taken) { return room - std::min(room, taken); };
    const std::size_t room = left(longest_comment, length_of(head));
    if (length_of(text) <= room) {
        return head + text;
    }
    // What closes depends on where the cut is, and takes room: cut until both fit.
    const std::size_t room_before_notice = left(room, length_of(notice));
    std::size_t limit = room_before_notice;
    for (;;) {
        const auto kept = beginning_of(text, limit);
        const auto closing = closing_of(kept);
        const auto length = length_of(kept) + length_of(closing);
        if (length <= room_before_notice || limit == 0) {
            return head + std::string(kept) + closing + notice;
        }
        limit -= std::min(length - room_before_notice, limit / 2 + 1);  // with less text, less is open
    }
}

}  // namespace github
