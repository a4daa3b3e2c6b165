#include "github/commands.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include <sys/random.h>

#include "base/text.hpp"

namespace github {
namespace {

// Longer annotations are dropped by GitHub.
constexpr std::size_t longest_annotation = 4096;

// Escaping of the runner's own toolkit:
// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
std::string escape_data(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '%': escaped += "%25"; break;
            case '\r': escaped += "%0D"; break;
            case '\n': escaped += "%0A"; break;
            default: escaped += c;
        }
    }
    return escaped;
}

std::string escape_property(std::string_view text) {
    return base::replace_all(base::replace_all(escape_data(text), ":", "%3A"), ",", "%2C");
}

const char* command_of(Annotation kind) {
    switch (kind) {
        case Annotation::notice: return "notice";
        case Annotation::warning: return "warning";
        case Annotation::error: return "error";
    }
    return "notice";
}

}  // namespace

std::string annotation(Annotation kind, std::string_view message, const AnnotationPlace& place) {
    std::string properties;
    const auto add = [&properties](std::string_view name, std::string_view value) {
        properties += properties.empty() ? " " : ",";
        properties += name;
        properties += '=';
        properties += escape_property(value);
    };
    if (!place.title.empty()) {
        add("title", place.title);
    }
    if (!place.file.empty()) {
        add("file", place.file);
        if (place.line > 0) {
            add("line", std::to_string(place.line));
        }
    }
    // Cut before escaping: the limit is on what is shown, and an escape cut in half is none.
    return std::string("::") + command_of(kind) + properties +
           "::" + escape_data(base::shorten(message, longest_annotation));
}

std::string group(std::string_view title) {
    return "::group::" + escape_data(title);
}

std::string end_group() {
    return "::endgroup::";
}

std::string add_mask(std::string_view value) {
    return "::add-mask::" + escape_data(value);
}

std::string stop_commands(std::string_view token) {
    return "::stop-commands::" + std::string(token);
}

std::string resume_commands(std::string_view token) {
    return "::" + std::string(token) + "::";
}

std::string random_token() {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const ssize_t count = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
        if (count > 0) {
            filled += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            std::abort();  // a guessable token would let others issue commands
        }
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string token;
    for (const std::uint8_t byte : bytes) {
        token += digits[byte >> 4U];
        token += digits[byte & 0x0FU];
    }
    return token;
}

std::string output_entry(std::string_view name, std::string_view value) {
    const std::string delimiter = "end_" + random_token();
    std::string entry(name);
    entry += "<<";
    entry += delimiter;
    entry += '\n';
    entry += value;
    entry += '\n';
    entry += delimiter;
    entry += '\n';
    return entry;
}

}  // namespace github
