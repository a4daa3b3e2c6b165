// Reading untrusted JSON: shared by the source files of this folder only.
// Everything here throws Malformed (or nlohmann's exceptions); `guarded` turns
// both into an Error. Nothing leaves the folder as an exception.
#pragma once

#include <concepts>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "base/text.hpp"

namespace kube::json {

using Value = nlohmann::json;

struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Parses, leaving out what is big and never looked at (managedFields). Nesting deeper
// than any Kubernetes object is refused.
[[nodiscard]] Value parse(std::string_view text);

// The member, or null when the object has none. `parent` may be null itself.
[[nodiscard]] const Value& member(const Value& parent, const char* key);
// As member, but null unless it is an object; any other type is refused.
[[nodiscard]] const Value& object(const Value& parent, const char* key);
[[nodiscard]] const Value& array(const Value& parent, const char* key);
// Absent and null are "".
[[nodiscard]] std::string text(const Value& parent, const char* key);
[[nodiscard]] std::string required_text(const Value& parent, const char* key);
// An object of texts, such as labels.
[[nodiscard]] std::map<std::string, std::string> texts(const Value& parent, const char* key);
[[nodiscard]] bool boolean(const Value& parent, const char* key);

[[nodiscard]] std::int64_t wide_integer(const Value& parent, const char* key, std::int64_t fallback);

template <std::integral Integer = std::int32_t>
[[nodiscard]] Integer integer(const Value& parent, const char* key, Integer fallback = 0) {
    const auto value = wide_integer(parent, key, fallback);
    if (!std::in_range<Integer>(value)) {
        throw Malformed(std::string(key) + " is out of range");
    }
    return static_cast<Integer>(value);
}

// Runs `decode`; what it throws becomes an Error (protocol) about `what`.
template <typename Decode>
auto guarded(const std::string& what, const Decode& decode) -> base::Result<decltype(decode())> {
    try {
        return decode();
    } catch (const std::exception& exception) {
        return base::fail(base::ErrorCode::protocol, "cannot make sense of " + what + ": " +
                                                         base::shorten(base::printable(exception.what()), 200));
    }
}

}  // namespace kube::json
