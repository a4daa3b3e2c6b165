#include <gtest/gtest.h>

#include "base/text.hpp"

namespace {

using namespace std::chrono_literals;

TEST(Duration, ParsesGosSyntax) {
    struct Row {
        const char* text;
        std::chrono::milliseconds expected;
    };
    for (const Row& row : {
             Row{"10m", 10min},
             Row{"1h30m", 90min},
             Row{"90s", 90s},
             Row{"500ms", 500ms},
             Row{"1.5h", 90min},
             Row{".5s", 500ms},
             Row{"2.s", 2s},
             Row{"+5m", 5min},
             Row{"1m1m", 2min},
             Row{"0", 0ms},
             Row{"0s", 0ms},
             Row{"1500us", 2ms},  // rounded up
             Row{"2000µs", 2ms},
             Row{"2000μs", 2ms},
             Row{"1ns", 1ms},
             Row{"0.000000000000000000000000000001h", 0ms},
             Row{"2562047h", std::chrono::hours(2562047)},
         }) {
        const auto parsed = base::parse_duration(row.text);
        ASSERT_TRUE(parsed.has_value()) << row.text << ": " << parsed.error().text();
        EXPECT_EQ(*parsed, row.expected) << row.text;
    }
}

TEST(Duration, RefusesEverythingElse) {
    for (const char* text : {"",
                             "10",
                             "1.5",
                             "m",
                             "-5m",
                             "+",
                             "10 m",
                             " 10m",
                             "10m ",
                             "10M",
                             "1d",
                             "1h30",
                             ".s",
                             "1.2.3s",
                             "ten",
                             "1e3s",
                             "0x1s",
                             "2562048h",
                             "9223372036854775808ns",
                             "99999999999999999999s",
                             "2562047h2562047h",
                             "1h-5m",
                             "--1s"}) {
        const auto parsed = base::parse_duration(text);
        ASSERT_FALSE(parsed.has_value()) << text;
        EXPECT_EQ(parsed.error().code, base::ErrorCode::bad_input);
        EXPECT_FALSE(parsed.error().hint.empty());
    }
}

TEST(Duration, SaysWhyANumberIsRefused) {
    EXPECT_EQ(base::parse_duration("600").error().message, "'600' has no unit");
    EXPECT_EQ(base::parse_duration("-5m").error().message, "'-5m' is negative");
    EXPECT_EQ(base::parse_duration("\x1b[31m").error().message, "'' is not a duration");
}

TEST(Duration, IsShortForPeople) {
    struct Row {
        std::chrono::milliseconds duration;
        const char* expected;
    };
    for (const Row& row : {
             Row{0ms, "0 ms"},
             Row{999ms, "999 ms"},
             Row{1234ms, "1.2 s"},
             Row{59'949ms, "59.9 s"},
             Row{59'950ms, "1m0s"},
             Row{83s, "1m23s"},
             Row{3'599'600ms, "1h0m"},
             Row{90min, "1h30m"},
             Row{-5ms, "0 ms"},
         }) {
        EXPECT_EQ(base::human_duration(row.duration), row.expected);
    }
}

TEST(Duration, IsExactForGo) {
    EXPECT_EQ(base::go_duration(10min), "600s");
    EXPECT_EQ(base::go_duration(1500ms), "1500ms");
}

}  // namespace
