// The real runner of processes: how it ends them, and that nothing is left of them.
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>
#include <tuple>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/process.hpp"
#include "sys/temporary_folder.hpp"
#include "unit/sys/process_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using sys::Stream;
using sys_test::patience;
using sys_test::run;
using Clock = std::chrono::steady_clock;

bool exists(pid_t process) {
    return ::kill(process, 0) == 0 || errno != ESRCH;
}

// Asks until it is so.
bool comes_true(const std::function<bool()>& fact) {
    const auto end = patience();
    while (!fact()) {
        if (Clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

// Prints its process number and that of a child of its own; both ignore SIGTERM and
// would run for ever.
constexpr const char* stubborn_family = R"(
    trap '' TERM
    sh -c 'while :; do sleep 0.1; done' &
    echo $$ $!
    while :; do sleep 0.1; done
)";

struct Family {
    pid_t parent = 0;
    pid_t child = 0;

    void read(std::string_view line) { std::istringstream(std::string(line)) >> parent >> child; }
    [[nodiscard]] bool is_gone() const { return parent > 0 && child > 0 && !exists(parent) && !exists(child); }
};

TEST(EndOfProcess, ThatIgnoresSigtermComesWithItsWholeFamilyAfterTheGrace) {
    std::stop_source stop;
    Family family;
    Clock::time_point stopped_at;
    const auto result = run({.argv = {"sh", "-c", stubborn_family},
                             .on_line =
                                 [&](Stream, std::string_view line) {
                                     family.read(line);
                                     stopped_at = Clock::now();
                                     stop.request_stop();
                                 },
                             .grace = 100ms},
                            stop.get_token());
    EXPECT_GE(Clock::now() - stopped_at, 100ms) << "SIGKILL before the grace was over";
    EXPECT_TRUE(result.stopped);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
    EXPECT_TRUE(family.is_gone());
}

TEST(EndOfProcess, ThatObeysSigtermIsNotWaitedForLonger) {
    std::stop_source stop;
    const auto begin = Clock::now();
    const auto result = run({.argv = {"sh", "-c",
                                      "trap 'echo cleaned up; exit 3' TERM; echo ready; "
                                      "while :; do sleep 0.01; done"},
                             .on_line = [&](Stream, std::string_view) { stop.request_stop(); },
                             .grace = std::chrono::minutes(10)},
                            stop.get_token());
    EXPECT_LT(Clock::now() - begin, 60s);
    EXPECT_TRUE(result.stopped);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.out, "ready\ncleaned up\n");
}

// Sent to the group: a shell that waits for its child in the foreground would not act on it.
TEST(EndOfProcess, SendsSigtermToTheChildrenToo) {
    std::stop_source stop;
    Family family;
    const auto result = run({.argv = {"sh", "-c", "sleep 600 & echo $$ $!; wait"},
                             .on_line =
                                 [&](Stream, std::string_view line) {
                                     family.read(line);
                                     stop.request_stop();
                                 },
                             .grace = std::chrono::minutes(10)},
                            stop.get_token());
    EXPECT_TRUE(result.stopped);
    EXPECT_TRUE(family.is_gone());
}

TEST(EndOfProcess, ComesFromAnotherThread) {
    std::stop_source stop;
    std::jthread stopper;
    const auto result =
        run({.argv = {"sh", "-c", "echo up; exec sleep 600"},
             .on_line = [&](Stream, std::string_view) { stopper = std::jthread([&stop] { stop.request_stop(); }); }},
            stop.get_token());
    EXPECT_TRUE(result.stopped);
    EXPECT_EQ(result.exit_code, 128 + SIGTERM);
}

TEST(EndOfProcess, ComesAtOnceWhenItWasStoppedBefore) {
    std::stop_source stop;
    stop.request_stop();
    const auto result = run({.argv = {"sleep", "600"}}, stop.get_token());
    EXPECT_TRUE(result.stopped);
    EXPECT_NE(result.exit_code, 0);
}

TEST(EndOfProcess, ComesAtTheDeadline) {
    Family family;
    const auto result = run({.argv = {"sh", "-c", stubborn_family},
                             .on_line = [&](Stream, std::string_view line) { family.read(line); },
                             .grace = 10ms},
                            {}, Clock::now() + 500ms);
    EXPECT_TRUE(result.timed_out);
    EXPECT_FALSE(result.stopped);
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
    EXPECT_TRUE(family.is_gone());
}

TEST(EndOfProcess, TakesWhatItLeftBehindWithIt) {
    Family family;
    const auto result = run({.argv = {"sh", "-c", "trap '' TERM; sleep 600 & echo $$ $!"},
                             .on_line = [&](Stream, std::string_view line) { family.read(line); }});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_FALSE(result.timed_out);
    EXPECT_TRUE(family.is_gone());
}

// Somebody who has left the group (a daemon) holds the pipe: its end never comes.
TEST(EndOfProcess, IsNotHeldUpByADaemonThatKeepsThePipe) {
    const auto folder = sys::TemporaryFolder::create("process-test").value();
    const auto begin = Clock::now();
    const auto result = run({.argv = {"sh", "-c", R"(
        setsid sh -c 'echo $$ > "$1/new"; mv "$1/new" "$1/pid"; exec sleep 600' - "$1" &
        while [ ! -e "$1/pid" ]; do sleep 0.01; done
        echo last words)",
                                      "-", folder.path()}});
    EXPECT_LT(Clock::now() - begin, 60s);
    EXPECT_FALSE(result.timed_out);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, "last words\n");
    pid_t daemon = 0;
    std::ifstream(folder.path() + "/pid") >> daemon;
    ASSERT_GT(daemon, 0);
    EXPECT_TRUE(exists(daemon)) << "it was none of ours";
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);
}

// PR_SET_PDEATHSIG: helm must not go on when nobody is left to watch it, whatever ended us.
TEST(EndOfProcess, ComesWithOurOwn) {
    // Orphans come to us, so that their end can be seen for certain.
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const pid_t us = ::fork();
    ASSERT_GE(us, 0);
    if (us == 0) {
        sys::RealProcessRunner runner;
        const auto result = runner.run({.argv = {"sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.1; done"},
                                        .on_line =
                                            [&](Stream, std::string_view line) {
                                                const auto text = std::string(line) + "\n";
                                                std::ignore = ::write(pipe[1], text.data(), text.size());
                                            }},
                                       {}, patience());
        ::_exit(1);
    }
    ::close(pipe[1]);
    pid_t child = 0;
    char digit = 0;
    while (::read(pipe[0], &digit, 1) == 1 && digit != '\n') {
        child = child * 10 + (digit - '0');
    }
    ::close(pipe[0]);
    ASSERT_GT(child, 0);
    ::kill(us, SIGKILL);
    ::waitpid(us, nullptr, 0);
    int status = 0;
    EXPECT_TRUE(comes_true([&] { return ::waitpid(child, &status, WNOHANG) == child; }));
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

}  // namespace
