// Reading what etcd's JSON gateway answers: shared by the source files of this folder only. It is
// hostile until it is read: what has the wrong type throws Malformed, and `decoded` turns that (and
// nlohmann's exceptions) into an Error. Nothing leaves the folder as an exception.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "base/text.hpp"

namespace etcd::json {

using Value = nlohmann::json;

inline constexpr std::size_t message_limit = 300;

struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// An object, not nested deeper than any answer of etcd.
[[nodiscard]] Value parse(std::string_view text);
// Null when the object has none.
[[nodiscard]] const Value* find(const Value& object, const char* key);
// 64-bit integers are strings in protobuf's JSON; numbers are taken as well. Left out: 0.
[[nodiscard]] std::uint64_t number(const Value& object, const char* key);
// Printable, and cut at message_limit. Left out: "".
[[nodiscard]] std::string text(const Value& object, const char* key);
[[nodiscard]] std::vector<std::string> texts(const Value& object, const char* key);
[[nodiscard]] bool flag(const Value& object, const char* key);
// The answer's own header.
[[nodiscard]] const Value& header_of(const Value& root);

template <typename Each>
void for_each(const Value& object, const char* key, const Each& each) {
    const Value* list = find(object, key);
    if (list == nullptr) {
        return;
    }
    if (!list->is_array()) {
        throw Malformed(std::string(key) + " is no list");
    }
    for (const auto& item : *list) {
        each(item);
    }
}

// Runs `decode`; what it throws becomes an Error (protocol) that names `what`.
template <typename Decode>
auto decoded(const char* what, const Decode& decode) -> base::Result<decltype(decode())> {
    using base::ErrorCode;
    try {
        return decode();
    } catch (const Value::parse_error& error) {
        return base::fail(ErrorCode::protocol, std::string("cannot make sense of etcd's ") + what +
                                                   ": it is no JSON (byte " + std::to_string(error.byte) + ")");
    } catch (const std::exception& error) {
        return base::fail(ErrorCode::protocol, std::string("cannot make sense of etcd's ") + what + ": " +
                                                   base::shorten(base::printable(error.what()), message_limit));
    }
}

// google.rpc.Code of an error's body; 0: it has none.
[[nodiscard]] int error_code_of(std::string_view body);

}  // namespace etcd::json
