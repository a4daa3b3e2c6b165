// Durations as text: Go's syntax in, Go's and people's out.
#include <array>
#include <limits>
#include <optional>

#include "base/text.hpp"

namespace base {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};

constexpr std::array units{
    Unit{"ns", 1},         Unit{"us", 1'000},        Unit{"µs", 1'000} /* U+00B5 */, Unit{"μs", 1'000} /* U+03BC */,
    Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000}, Unit{"m", 60'000'000'000},      Unit{"h", 3'600'000'000'000},
};

// Go keeps durations in a signed 64-bit count of nanoseconds.
constexpr auto longest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Takes "12.5h" or the like off the front of `text`: its length in nanoseconds. None when
// it is not one, or too long.
std::optional<std::uint64_t> take_part(std::string_view& text) {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;  // of `scale`
    std::uint64_t scale = 1;
    std::size_t digits = 0;
    while (!text.empty() && is_digit(text.front())) {
        const auto digit = static_cast<std::uint64_t>(text.front() - '0');
        if (whole > (longest - digit) / 10) {
            return std::nullopt;
        }
        whole = whole * 10 + digit;
        ++digits;
        text.remove_prefix(1);
    }
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        while (!text.empty() && is_digit(text.front())) {
            // More digits than a nanosecond of an hour has make no difference.
            if (scale < 10'000'000'000'000) {
                fraction = fraction * 10 + static_cast<std::uint64_t>(text.front() - '0');
                scale *= 10;
            }
            ++digits;
            text.remove_prefix(1);
        }
    }
    if (digits == 0) {
        return std::nullopt;
    }
    std::size_t name_length = 0;
    while (name_length < text.size() && text[name_length] != '.' && !is_digit(text[name_length])) {
        ++name_length;
    }
    const std::string_view name = text.substr(0, name_length);
    text.remove_prefix(name_length);
    for (const Unit& unit : units) {
        if (unit.name != name) {
            continue;
        }
        if (whole > longest / unit.nanoseconds) {
            return std::nullopt;
        }
        const double part = static_cast<double>(fraction) * static_cast<double>(unit.nanoseconds);
        return whole * unit.nanoseconds + static_cast<std::uint64_t>(part / static_cast<double>(scale));
    }
    return std::nullopt;
}

bool is_bare_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const std::string shown = "'" + shorten(printable(text), 60) + "'";
    const std::string hint = "write a number and its unit, like 10m, 90s or 1h30m";
    if (text.starts_with('-')) {
        return fail(ErrorCode::bad_input, shown + " is negative", hint);
    }
    if (text == "0") {  // as in Go: nothing is nothing in every unit
        return std::chrono::milliseconds(0);
    }
    if (is_bare_number(text)) {
        return fail(ErrorCode::bad_input, shown + " has no unit", hint);
    }
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    std::uint64_t total = 0;
    bool complete = !text.empty();
    while (complete && !text.empty()) {
        const std::optional<std::uint64_t> part = take_part(text);
        complete = part.has_value() && *part <= longest - total;
        total += part.value_or(0);
    }
    if (!complete) {
        return fail(ErrorCode::bad_input, shown + " is not a duration", hint);
    }
    // Rounded up, so that what is not nothing stays so.
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(total)));
}

std::string human_duration(std::chrono::milliseconds duration) {
    const auto total = duration.count() < 0 ? 0 : duration.count();
    if (total < 1000) {
        return std::to_string(total) + " ms";
    }
    if (const auto tenths = (total + 50) / 100; tenths < 600) {
        return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
    }
    const auto seconds = (total + 500) / 1000;
    if (seconds < 3600) {
        return std::to_string(seconds / 60) + 'm' + std::to_string(seconds % 60) + 's';
    }
    const auto minutes = (seconds + 30) / 60;
    return std::to_string(minutes / 60) + 'h' + std::to_string(minutes % 60) + 'm';
}

std::string go_duration(std::chrono::milliseconds duration) {
    const auto total = duration.count();
    return total % 1000 == 0 ? std::to_string(total / 1000) + "s" : std::to_string(total) + "ms";
}

}  // namespace base
