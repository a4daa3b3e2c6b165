// The input: a values file; after a NUL, if there is one, the new value; after another the
// path of keys to the list.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "edit/diff.hpp"
#include "edit/env_entry.hpp"
#include "expect.hpp"

namespace {

std::string_view take(std::string_view& rest) {
    const auto length = rest.find('\0');
    const auto part = rest.substr(0, length);
    rest.remove_prefix(length == std::string_view::npos ? rest.size() : length + 1);
    return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto text = take(rest);
    const bool has_value = !rest.empty();
    const auto value = take(rest);
    const edit::EnvEntry entry{.name = "URL",
                               .value = has_value ? std::string(value) : "a:2379,b:2379",
                               .path = rest.empty() ? "env" : std::string(rest),
                               .file = "v.yaml"};
    const auto result = edit::set_env(text, entry);
    if (!result) {
        FUZZ_EXPECT(result.error().code == base::ErrorCode::bad_input);
        return 0;
    }
    const std::string_view now = result->text;
    FUZZ_EXPECT((result->change == edit::Change::none) == (now == text));
    FUZZ_EXPECT(edit::shown_diff("f", text, *result).empty() == (now == text));
    // Outside of the region that is told nothing changes.
    FUZZ_EXPECT(text.substr(0, result->begin) == now.substr(0, result->begin));
    FUZZ_EXPECT(text.substr(result->begin + result->removed) == now.substr(result->begin + result->inserted));
    // The value is there, and does not have to be set again.
    const auto again = edit::set_env(now, entry);
    FUZZ_EXPECT(again.has_value());
    FUZZ_EXPECT(again->change == edit::Change::none);
    FUZZ_EXPECT(again->text == now);
    FUZZ_EXPECT(again->before == entry.value);
    FUZZ_EXPECT(again->line == result->line);
    return 0;
}
