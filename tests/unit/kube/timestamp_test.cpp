#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kube/decode.hpp"

namespace kube {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

model::Timestamp at(int year, unsigned month, unsigned day, microseconds time_of_day) {
    return std::chrono::sys_days(
               std::chrono::year_month_day{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)}) +
           time_of_day;
}

TEST(Timestamp, ReadsWhatTheApiServerWrites) {
    struct Case {
        std::string text;
        model::Timestamp expected;
    };
    const std::vector<Case> cases{
        {"2026-11-24T03:10:19Z", at(2026, 11, 24, hours(3) + minutes(10) + seconds(19))},
        {"1970-01-01T00:00:00Z", model::Timestamp{}},
        // MicroTime: eventTime, renewTime.
        {"2026-11-24T03:10:20.071306Z", at(2026, 11, 24, hours(3) + minutes(10) + microseconds(20'071'306))},
        {"2026-11-24T03:10:20.5Z", at(2026, 11, 24, hours(3) + minutes(10) + microseconds(20'500'000))},
        {"2026-11-24T03:10:20.000001Z", at(2026, 11, 24, hours(3) + minutes(10) + microseconds(20'000'001))},
        // What is finer than a microsecond is dropped, however long it is.
        {"2026-11-24T03:10:20.123456789Z", at(2026, 11, 24, hours(3) + minutes(10) + microseconds(20'123'456))},
        {"2026-11-24T03:10:20." + std::string(10'000, '9') + "Z",
         at(2026, 11, 24, hours(3) + minutes(10) + microseconds(20'999'999))},
        {"2024-02-29T23:59:59Z", at(2024, 2, 29, hours(24) - seconds(1))},
        {"2000-02-29T00:00:00Z", at(2000, 2, 29, seconds(0))},
        // A leap second is the next minute's first second.
        {"2016-12-31T23:59:60Z", at(2017, 1, 1, seconds(0))},
        // Go's zero time, and the last one that four digits can say.
        {"0001-01-01T00:00:00Z", at(1, 1, 1, seconds(0))},
        {"9999-12-31T23:59:59.999999Z", at(9999, 12, 31, hours(24) - microseconds(1))},
    };
    for (const auto& [text, expected] : cases) {
        const auto parsed = parse_timestamp(text);
        ASSERT_TRUE(parsed.has_value()) << text;
        EXPECT_EQ((*parsed - expected).count(), 0) << text;
    }
}

TEST(Timestamp, RefusesEverythingElse) {
    const std::vector<std::string> cases{
        "",
        "Z",
        "now",
        "2026-11-24",
        "2026-11-24T03:10:19",        // no zone
        "2026-11-24T03:10:19+00:00",  // not how Kubernetes writes UTC
        "2026-11-24T03:10:19z",
        "2026-11-24t03:10:19Z",
        "2026-11-24 03:10:19Z",
        "2026-11-24T03:10:19ZZ",
        "2026-11-24T03:10:19Z ",
        " 2026-11-24T03:10:19Z",
        "2026-11-24T03:10:19.Z",
        "2026-11-24T03:10:19,5Z",
        "2026-11-24T03:10:19.-5Z",
        "2026-11-24T03:10Z",
        "2026-1-24T03:10:19Z",
        "02026-11-24T03:10:19Z",
        "-026-11-24T03:10:19Z",
        "+026-11-24T03:10:19Z",
        "2026--1-24T03:10:19Z",
        "2026-00-24T03:10:19Z",
        "2026-13-24T03:10:19Z",
        "2026-11-00T03:10:19Z",
        "2026-11-31T03:10:19Z",
        "2023-02-29T03:10:19Z",
        "1900-02-29T03:10:19Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T03:60:19Z",
        "2026-11-24T03:10:61Z",
        "2026-11-24T0x:10:19Z",
        std::string("2026-11-24T03:10:19\0Z", 21),
        "２０２６-11-24T03:10:19Z",
    };
    for (const auto& text : cases) {
        EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace kube
