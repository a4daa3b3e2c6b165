#include "base/utf8.hpp"

#include <cstdint>

namespace base {

Character first_character(std::string_view text) {
    const auto byte = [text](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) {
        return {.value = lead, .length = 1, .valid = true};
    }
    // The second byte's range is what tells overlong forms, surrogates and too large
    // values from the rest.
    std::size_t length = 0;
    std::uint8_t lowest = 0x80;
    std::uint8_t highest = 0xBF;
    char32_t value = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
        value = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        value = lead & 0x0FU;
        lowest = lead == 0xE0 ? 0xA0 : 0x80;
        highest = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        value = lead & 0x07U;
        lowest = lead == 0xF0 ? 0x90 : 0x80;
        highest = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
        return {};
    }
    for (std::size_t index = 1; index < length; ++index) {
        if (index >= text.size() || byte(index) < lowest || byte(index) > highest) {
            return {.value = 0, .length = index, .valid = false};
        }
        value = (value << 6U) | (byte(index) & 0x3FU);
        lowest = 0x80;
        highest = 0xBF;
    }
    return {.value = value, .length = length, .valid = true};
}

}  // namespace base
