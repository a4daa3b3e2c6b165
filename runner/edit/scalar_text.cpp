#include "edit/scalar_text.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace edit {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Far stricter than YAML, which lets nearly everything be plain somewhere.
bool may_be_plain(std::string_view value, Layout around) {
    if (value.empty() || value.front() == ' ' || value.back() == ' ' || value.back() == ':') {
        return false;
    }
    if (!is_letter_or_digit(value.front()) && value.front() != '/' && value.front() != '_') {
        return false;
    }
    const bool in_block = around == Layout::block;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool harmless = is_letter_or_digit(c) || std::string_view("_-./@%+=~;()").contains(c) ||
                              (c == ',' && in_block) || (c == ':' && value[i + 1] != ' ' && value[i + 1] != ',') ||
                              (c == ' ' && in_block);
        if (!harmless) {
            return false;
        }
    }
    return is_text({.value = std::string(value)});
}

// What must be escaped: https://yaml.org/spec/1.1/#c-printable without what is a line
// break or not to be seen.
bool is_shown(char32_t c) {
    const bool in_plane = (c & 0xFFFEU) != 0xFFFEU;
    return c >= 0x20 && (c < 0x7F || c > 0xA0) && c != 0x2028 && c != 0x2029 && c != 0xFEFF && in_plane &&
           (c < 0xFDD0 || c > 0xFDEF);
}

bool may_be_single_quoted(std::string_view value) {
    while (!value.empty()) {
        const auto character = base::first_character(value);
        if (!character.valid || !is_shown(character.value)) {
            return false;
        }
        value.remove_prefix(character.length);
    }
    return true;
}

std::string single_quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        text += c;
        if (c == '\'') {
            text += c;
        }
    }
    return text + "'";
}

std::string escape(char32_t c) {
    switch (c) {
        case U'"': return "\\\"";
        case U'\\': return "\\\\";
        case U'\n': return "\\n";
        case U'\r': return "\\r";
        case U'\t': return "\\t";
        default: break;
    }
    const bool is_byte = c <= 0xFF;
    const bool is_short = c <= 0xFFFF;
    std::string text = is_byte ? "\\x" : (is_short ? "\\u" : "\\U");
    for (int shift = is_byte ? 4 : (is_short ? 12 : 28); shift >= 0; shift -= 4) {
        text += "0123456789ABCDEF"[(c >> static_cast<unsigned>(shift)) & 0xFU];
    }
    return text;
}

std::string double_quoted(std::string_view value) {
    std::string text = "\"";
    while (!value.empty()) {
        const auto character = base::first_character(value);
        const bool as_is = is_shown(character.value) && character.value != U'"' && character.value != U'\\';
        text += as_is ? std::string(value.substr(0, character.length)) : escape(character.value);
        value.remove_prefix(character.length);
    }
    return text + "\"";
}

}  // namespace

std::string scalar_text(std::string_view value, Style style, Layout around) {
    if (style == Style::plain && may_be_plain(value, around)) {
        return std::string(value);
    }
    if (style == Style::single_quoted && may_be_single_quoted(value)) {
        return single_quoted(value);
    }
    return double_quoted(value);
}

}  // namespace edit
