#include "diagnose/log_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

TEST(LogLines, ReadsWhatEtcdWrites) {
    const auto lines =
        diagnose::log_lines(R"({"level":"fatal","ts":"2026-11-25T04:18:47.123456Z","caller":"etcdmain/etcd.go:183",)"
                            R"("msg":"discovery failed","error":"member count is unequal"})"
                            "\nplain words\n");
    ASSERT_THAT(lines, SizeIs(2));
    EXPECT_EQ(lines[0].level, "fatal");
    EXPECT_TRUE(lines[0].time.has_value());
    EXPECT_EQ(lines[0].shown, "fatal: discovery failed: member count is unequal");
    EXPECT_EQ(lines[1].level, "");
    EXPECT_EQ(lines[1].shown, "plain words");
}

TEST(LogLines, SurvivesWhatIsHostile) {
    const auto lines =
        diagnose::log_lines(std::string(100000, '{') + "\n{\"level\":3,\"msg\":[1]}\n{\"msg\":\"" +
                            std::string(100000, 'x') + "\"}\n{\"msg\":\"\x1b[2J\"}\n" + std::string(10000, '\n'));
    ASSERT_THAT(lines, SizeIs(4));
    for (const auto& line : lines) {
        EXPECT_LE(line.shown.size(), 410U);
        EXPECT_THAT(line.shown, Not(HasSubstr("\x1b")));
    }
}

TEST(LogLines, KeepsTheLastOfAHugeLog) {
    std::string text;
    for (int number = 0; number < 5000; ++number) {
        text += "line " + std::to_string(number) + "\n";
    }
    const auto lines = diagnose::log_lines(text);
    ASSERT_THAT(lines, SizeIs(2000));
    EXPECT_EQ(lines.back().shown, "line 4999");
}

}  // namespace
