#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fake_world.hpp"

namespace inputs_test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string message_of(const Arguments& arguments) {
    const FakeWorld fake;
    const auto world = fake.world();
    return std::get<inputs::Message>(inputs::parse(arguments, world)).text;
}

TEST(Help, ListsEveryInputAndEveryAction) {
    for (const auto& input : inputs::table()) {
        if (input.kind == inputs::Kind::secret) {
            EXPECT_THAT(message_of({"--help"}), HasSubstr(" " + inputs::shell_variable_name(input)));
        } else if (input.name != "action") {
            EXPECT_THAT(message_of({"--help"}), HasSubstr(" --" + std::string(input.name)));
        }
    }
    for (const auto action : inputs::actions()) {
        EXPECT_THAT(message_of({"--help"}), HasSubstr(std::string("\n  ") + model::to_string(action) + " "));
    }
}

TEST(Help, OfAnActionShowsOnlyWhatConcernsIt) {
    EXPECT_THAT(message_of({"uninstall", "--help"}), HasSubstr("--delete-data"));
    EXPECT_THAT(message_of({"uninstall", "-h"}), Not(HasSubstr("--values")));
    EXPECT_THAT(message_of({"help", "install"}), Not(HasSubstr("--delete-data")));
    EXPECT_THAT(message_of({"help", "verify"}), Not(HasSubstr("--soak")));
}

TEST(Help, FitsIntoANarrowTerminal) {
    for (const Arguments& arguments : {Arguments{"--help"}, Arguments{"install", "--help"},
                                       Arguments{"uninstall", "--help"}, Arguments{"verify", "--help"}}) {
        for (const auto& line : base::split(message_of(arguments), '\n')) {
            EXPECT_LE(line.size(), 101U) << line;
        }
    }
}

TEST(Help, WinsOverFaults) {
    EXPECT_THAT(message_of({"instal", "--wat", "--help"}), HasSubstr("Actions:"));
}

TEST(Help, TellsTheVersion) {
    EXPECT_THAT(message_of({"--version"}), testing::MatchesRegex("etcd-deploy [0-9.]+\n"));
}

}  // namespace
}  // namespace inputs_test
