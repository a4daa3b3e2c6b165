// printable(): what others printed, made harmless for terminals and logs.
#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace base {
namespace {

constexpr char32_t escape = 0x1B;
constexpr char32_t bell = 0x07;
constexpr char32_t c1_dcs = 0x90;
constexpr char32_t c1_sos = 0x98;
constexpr char32_t c1_csi = 0x9B;
constexpr char32_t c1_st = 0x9C;
constexpr char32_t c1_osc = 0x9D;
constexpr char32_t c1_pm = 0x9E;
constexpr char32_t c1_apc = 0x9F;

bool within(char byte, char first, char last) {
    return byte >= first && byte <= last;
}

// Length of "parameters, intermediates, final byte" (ECMA-48 §5.4).
std::size_t control_sequence(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && within(text[length], 0x30, 0x3F)) {
        ++length;
    }
    while (length < text.size() && within(text[length], 0x20, 0x2F)) {
        ++length;
    }
    if (length < text.size() && within(text[length], 0x40, 0x7E)) {
        ++length;
    }
    return length;
}

// Length of a command string with its end (a window title, a hyperlink …). One that is not
// closed ends with its line, or it would hide everything that was printed after it.
std::size_t command_string(std::string_view text) {
    std::size_t position = 0;
    while (position < text.size() && text[position] != '\n') {
        const Character character = first_character(text.substr(position));
        if (character.valid && (character.value == bell || character.value == c1_st)) {
            return position + character.length;
        }
        if (text.substr(position).starts_with("\x1b\\")) {
            return position + 2;
        }
        position += character.length;
    }
    return position;
}

// Length of what follows an ESC and belongs to it.
std::size_t after_escape(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    switch (text.front()) {
        case '[': return 1 + control_sequence(text.substr(1));
        case ']':
        case 'P':
        case 'X':
        case '^':
        case '_': return 1 + command_string(text.substr(1));
        default: break;
    }
    std::size_t length = 0;
    while (length < text.size() && within(text[length], 0x20, 0x2F)) {
        ++length;
    }
    if (length < text.size() && within(text[length], 0x30, 0x7E)) {
        ++length;
    }
    return length;
}

// Characters that only steer: C0 and C1 controls, DEL, and the bidirectional overrides and
// isolates, which make a line read other than it is (https://trojansource.codes).
bool is_control(char32_t value) {
    return value < 0x20 || (value >= 0x7F && value <= 0x9F) || (value >= 0x202A && value <= 0x202E) ||
           (value >= 0x2066 && value <= 0x2069);
}

}  // namespace

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7f; });
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const Character character = first_character(text);
        const std::string_view bytes = text.substr(0, character.length);
        text.remove_prefix(character.length);
        if (!character.valid) {
            result += "\uFFFD";
            continue;
        }
        switch (character.value) {
            case '\n':
            case '\t': result += bytes; break;
            case escape: text.remove_prefix(after_escape(text)); break;
            case c1_csi: text.remove_prefix(control_sequence(text)); break;
            case c1_dcs:
            case c1_sos:
            case c1_osc:
            case c1_pm:
            case c1_apc: text.remove_prefix(command_string(text)); break;
            case 0x2028:  // line and paragraph separator: a line break for some readers only
            case 0x2029: result += ' '; break;
            default:
                if (!is_control(character.value)) {
                    result += bytes;
                }
        }
    }
    return result;
}

}  // namespace base
