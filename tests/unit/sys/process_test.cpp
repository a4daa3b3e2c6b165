// The real runner of processes with real programs (a shell stands for them): what goes
// in, and what comes out. What ends them is in process_end_test.cpp.
#include "sys/process.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/temporary_folder.hpp"
#include "unit/sys/process_fixture.hpp"

namespace {

using base::ErrorCode;
using sys::Stream;
using sys_test::run;
using sys_test::run_shell;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Process, GetsItsArgumentsLiterally) {
    const std::string with_newline = "two\nlines";
    const auto result =
        run({.argv = {"printf", "<%s>", "a b", "$HOME", "*", "; echo x", "\"'\\", "", with_newline, "$(id)"}});
    EXPECT_EQ(result.out, "<a b><$HOME><*><; echo x><\"'\\><><two\nlines><$(id)>");
    EXPECT_EQ(result.exit_code, 0);
}

struct EndCase {
    const char* name;
    const char* script;
    int exit_code;
};

class ProcessEnd : public testing::TestWithParam<EndCase> {};

TEST_P(ProcessEnd, IsItsExitCode) {
    const auto result = run_shell(GetParam().script);
    EXPECT_EQ(result.exit_code, GetParam().exit_code);
    EXPECT_FALSE(result.stopped);
    EXPECT_FALSE(result.timed_out);
}

INSTANTIATE_TEST_SUITE_P(Process, ProcessEnd,
                         testing::Values(EndCase{"Success", "exit 0", 0}, EndCase{"Failure", "exit 7", 7},
                                         EndCase{"Highest", "exit 255", 255},
                                         EndCase{"Killed", "kill -KILL $$", 128 + SIGKILL},
                                         EndCase{"Terminated", "kill -TERM $$", 128 + SIGTERM}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Process, KeepsItsTwoStreamsApart) {
    const auto result = run_shell("echo to out; echo to err >&2");
    EXPECT_EQ(result.out, "to out\n");
    EXPECT_EQ(result.err, "to err\n");
}

TEST(Process, HasNothingToRead) {
    EXPECT_EQ(run({.argv = {"cat"}}).out, "");
}

TEST(Process, GetsOurEnvironmentAndTheAdditions) {
    ::setenv("ETCD_DEPLOY_TEST_OURS", "ours", 1);
    ::setenv("ETCD_DEPLOY_TEST_BOTH", "ours", 1);
    const auto result =
        run({.argv = {"sh", "-c", "echo $ETCD_DEPLOY_TEST_OURS, $ETCD_DEPLOY_TEST_BOTH, $ETCD_DEPLOY_TEST_ADDED"},
             .environment = {{"ETCD_DEPLOY_TEST_BOTH", "changed"}, {"ETCD_DEPLOY_TEST_ADDED", "a=b"}}});
    EXPECT_EQ(result.out, "ours, changed, a=b\n");
    EXPECT_STREQ(std::getenv("ETCD_DEPLOY_TEST_BOTH"), "ours");
}

class ProgramTest : public testing::Test {
protected:
    // A program in a folder of its own.
    std::string write(const std::string& name, const std::string& text, mode_t mode) const {
        const auto path = folder_.path() + "/" + name;
        std::ofstream(path) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }
    [[nodiscard]] const std::string& folder() const { return folder_.path(); }

private:
    sys::TemporaryFolder folder_ = sys::TemporaryFolder::create("process-test").value();
};

TEST_F(ProgramTest, IsLookedUpInThePathThatItWillSee) {
    write("etcd-deploy-test-program", "#!/bin/sh\necho found\n", 0755);
    const auto result = run(
        {.argv = {"etcd-deploy-test-program"}, .environment = {{"PATH", "/nowhere:" + folder() + ":/usr/bin:/bin"}}});
    EXPECT_EQ(result.out, "found\n");
}

TEST_F(ProgramTest, ThatIsMissingIsAnErrorThatNamesIt) {
    sys::RealProcessRunner runner;
    const auto missing = runner.run({.argv = {"etcd-deploy-no-such-program"}}, {}, sys_test::patience());
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_EQ(missing.error().message, "there is no program etcd-deploy-no-such-program");
    EXPECT_THAT(missing.error().hint, HasSubstr("PATH"));
    for (const auto& path : {folder() + "/absent", folder(), write("plain-file", "text", 0644)}) {
        const auto result = runner.run({.argv = {path}}, {}, sys_test::patience());
        ASSERT_FALSE(result.has_value()) << path;
        EXPECT_EQ(result.error().code, ErrorCode::not_found) << path;
        EXPECT_THAT(result.error().message, HasSubstr(path));
    }
    EXPECT_EQ(runner.run({}, {}, sys_test::patience()).error().code, ErrorCode::bug);
}

TEST_F(ProgramTest, ThatCannotBeStartedIsAnError) {
    const auto path = write("broken", "#!/no/such/interpreter\n", 0755);
    sys::RealProcessRunner runner;
    const auto result = runner.run({.argv = {path}}, {}, sys_test::patience());
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::not_found);
    EXPECT_THAT(result.error().message, HasSubstr("cannot start " + path));
}

TEST_F(ProgramTest, ShowsEachLineWhenItIsWritten) {
    const auto go_on = folder() + "/go-on";
    std::vector<std::string> lines;
    const auto result =
        run({.argv = {"sh", "-c", "echo one; while [ ! -e \"$1\" ]; do sleep 0.01; done; echo two", "-", go_on},
             .on_line = [&](Stream, std::string_view line) {
                 lines.emplace_back(line);
                 std::ofstream{go_on};  // only now does the program go on
             }});
    EXPECT_FALSE(result.timed_out);
    EXPECT_THAT(lines, ElementsAre("one", "two"));
}

TEST(ProcessOutput, ComesInLinesWithoutTheirEnds) {
    std::vector<std::string> out;
    std::vector<std::string> err;
    const auto caller = std::this_thread::get_id();
    run({.argv = {"sh", "-c", R"(printf 'one\r\n\ntwo\nno end'; printf 'warning\n' >&2)"},
         .on_line = [&](Stream stream, std::string_view line) {
             EXPECT_EQ(std::this_thread::get_id(), caller);
             (stream == Stream::out ? out : err).emplace_back(line);
         }});
    EXPECT_THAT(out, ElementsAre("one", "", "two", "no end"));
    EXPECT_THAT(err, ElementsAre("warning"));
}

TEST(ProcessOutput, CutsLinesThatAreLongerThan64KiB) {
    constexpr std::size_t longest = std::size_t{64} << 10U;
    std::vector<std::size_t> lengths;
    run({.argv = {"sh", "-c", "head -c 65536 /dev/zero; echo; head -c 65537 /dev/zero; echo; echo end"},
         .on_line = [&](Stream, std::string_view line) { lengths.push_back(line.size()); }});
    EXPECT_THAT(lengths, ElementsAre(longest, longest, 1U, 3U));
}

TEST(ProcessOutput, IsKeptFromItsEnd) {
    const auto result = run({.argv = {"sh", "-c", "seq 100000; echo short >&2"}, .keep_output = 14});
    EXPECT_EQ(result.out, "\n99999\n100000\n");
    EXPECT_EQ(result.err, "short\n");
}

// Both streams at once, each more than a pipe holds.
TEST(ProcessOutput, MayBeHuge) {
    constexpr std::size_t written = 20'000'000;
    std::size_t seen = 0;
    const auto result =
        run({.argv = {"sh", "-c", "(yes out | head -c 10000000) & yes err | head -c 10000000 >&2; wait"},
             .on_line = [&](Stream, std::string_view line) { seen += line.size() + 1; },
             .keep_output = 1000});
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(seen, written);
    EXPECT_EQ(result.out.size(), 1000U);
    EXPECT_EQ(result.err.size(), 1000U);
}

TEST(Process, InheritsNoDescriptorOfOurs) {
    const int descriptor = ::open("/dev/null", O_RDONLY);  // not O_CLOEXEC: as careless libraries do
    ASSERT_GT(descriptor, 2);
    const auto result = run_shell("[ -e /proc/self/fd/" + std::to_string(descriptor) + " ] && echo leaked");
    ::close(descriptor);
    EXPECT_EQ(result.out, "");
}

// The main program blocks SIGTERM to wait for it; helm must not inherit that.
TEST(Process, InheritsNoSignalSettingOfOurs) {
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    auto* const handler = std::signal(SIGPIPE, SIG_IGN);
    const auto terminated = run_shell("kill -TERM $$; echo survived");
    const auto piped = run_shell("kill -PIPE $$; echo survived");
    std::signal(SIGPIPE, handler);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    EXPECT_EQ(terminated.exit_code, 128 + SIGTERM);
    EXPECT_EQ(piped.exit_code, 128 + SIGPIPE);
}

TEST(Process, MayRunBesideOthersOfOurs) {
    std::atomic<int> right{0};
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&right, thread] {
                for (int round = 0; round < 5; ++round) {
                    const auto text = std::to_string(thread) + "-" + std::to_string(round);
                    right += run({.argv = {"echo", text}}).out == text + "\n" ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(right, 40);
}

// Allocates from as many call stacks as `seed` has values: AddressSanitizer's allocator keeps each
// of them under a lock, which a fork copies as it is.
// NOLINTNEXTLINE(misc-no-recursion)
void allocate(std::uint32_t seed, int depth) {
    if (depth == 0) {
        const std::vector<std::uint32_t> some(1, seed);
        ASSERT_EQ(some.front(), seed);
    } else if (seed % 2 == 0) {
        allocate(seed / 2, depth - 1);
    } else {
        allocate(seed / 2, depth - 1);
    }
}

TEST(Process, StartsWhileOtherThreadsAllocate) {
    std::atomic<bool> done{false};
    std::jthread other([&done] {
        for (std::uint32_t seed = 0; !done; ++seed) {
            allocate(seed, 20);
        }
    });
    for (int round = 0; round < 200; ++round) {
        EXPECT_EQ(run({.argv = {"true"}}).exit_code, 0);
    }
    done = true;
}

}  // namespace
