// UTF-8, one character at a time, for text that may be none.
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

struct Character {
    char32_t value = 0;      // meaningless when not valid
    std::size_t length = 1;  // bytes it takes, at least 1
    bool valid = false;
};

// The character at the start of `text`, which is not empty. Refuses overlong forms,
// surrogates and values above U+10FFFF (RFC 3629 §3). Of an invalid sequence, `length`
// covers the bytes that could have begun a character (Unicode 15, §3.9, "maximal subpart").
[[nodiscard]] Character first_character(std::string_view text);

}  // namespace base
