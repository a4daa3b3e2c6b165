#include "model/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace model {
namespace {

struct Suffix {
    std::string_view text;
    double factor;
};

constexpr std::array suffixes{Suffix{"", 1},
                              Suffix{"m", 1e-3},
                              Suffix{"k", 1e3},
                              Suffix{"M", 1e6},
                              Suffix{"G", 1e9},
                              Suffix{"T", 1e12},
                              Suffix{"P", 1e15},
                              Suffix{"E", 1e18},
                              Suffix{"Ki", 1024.0},
                              Suffix{"Mi", 1024.0 * 1024},
                              Suffix{"Gi", 1024.0 * 1024 * 1024},
                              Suffix{"Ti", 1024.0 * 1024 * 1024 * 1024},
                              Suffix{"Pi", 1024.0 * 1024 * 1024 * 1024 * 1024},
                              Suffix{"Ei", 1024.0 * 1024 * 1024 * 1024 * 1024 * 1024}};

// In units of `unit`.
std::optional<std::uint64_t> parse_in(double unit, std::string_view text) {
    constexpr double largest = 9007199254740992.0 * 1024;  // 9 EiB: what int64 holds, and a double exactly
    double number = 0;
    // "1e3" is a number, "1E" is an exabyte: only digits after the e make it an exponent.
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !std::isfinite(number) || number < 0) {
        return std::nullopt;
    }
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const auto suffix = std::ranges::find(suffixes, rest, &Suffix::text);
    if (suffix == suffixes.end() || number * suffix->factor / unit > largest) {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(number * suffix->factor / unit);
}

}  // namespace

std::optional<std::uint64_t> parse_quantity(std::string_view text) {
    return parse_in(1, text);
}

std::optional<std::uint64_t> parse_milli_quantity(std::string_view text) {
    // 500m: a factor of exactly one.
    return parse_in(1e-3, text);
}

}  // namespace model
