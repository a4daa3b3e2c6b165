// What a container has written before it ended by itself, and what that means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace diagnose {

struct LastWords {
    std::string line;     // "failed to verify flags: invalid value …": one line, printable, not too long
    std::string meaning;  // "etcd does not accept one of its settings"; empty: no rule knows it
    std::string advice;   // what to do then
    bool certain = true;  // that it means that
};

// `log`: its end, as it was written. Nothing when no line of it tells why.
[[nodiscard]] std::optional<LastWords> last_words(std::string_view log);

}  // namespace diagnose
