#include "model/timestamp.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

namespace model {

namespace {

// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    int number = 0;
    if (text.size() < digits || text.front() == '-') {
        return std::nullopt;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
    if (error != std::errc{} || end != text.data() + digits) {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

// ".123456": digits after the sixth are dropped. Without a dot: zero.
std::optional<std::chrono::microseconds> take_fraction(std::string_view& text) {
    std::chrono::microseconds fraction{0};
    if (!take(text, '.')) {
        return fraction;
    }
    int unit = 100'000;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
        fraction += std::chrono::microseconds(unit * (text[digits] - '0'));
        unit /= 10;
        ++digits;
    }
    text.remove_prefix(digits);
    return digits > 0 ? std::optional(fraction) : std::nullopt;
}

}  // namespace

// The API server always writes UTC, "Z", and so does etcd in a container.
// https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Time
std::optional<Timestamp> parse_timestamp(std::string_view text) {
    struct Part {
        std::size_t digits;
        char separator;  // after it; 0: none
    };
    constexpr std::array parts{Part{4, '-'}, Part{2, '-'}, Part{2, 'T'}, Part{2, ':'}, Part{2, ':'}, Part{2, '\0'}};
    std::array<int, parts.size()> numbers{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto number = take_number(text, parts[i].digits);
        if (!number || (parts[i].separator != '\0' && !take(text, parts[i].separator))) {
            return std::nullopt;
        }
        numbers[i] = *number;
    }
    const auto fraction = take_fraction(text);
    if (!fraction || text != "Z") {
        return std::nullopt;
    }
    const auto [year, month, day, hour, minute, second] = numbers;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    constexpr int leap_second = 60;
    if (!date.ok() || hour > 23 || minute > 59 || second > leap_second) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + *fraction;
}

std::string utc_text(Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    std::array<char, 48> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string precise_utc_text(Timestamp time) {
    const auto fraction = time - std::chrono::floor<std::chrono::seconds>(time);
    const auto digits = std::to_string(fraction.count());
    auto text = utc_text(time);
    text.insert(text.size() - 1, "." + std::string(6 - digits.size(), '0') + digits);
    return text;
}

}  // namespace model
