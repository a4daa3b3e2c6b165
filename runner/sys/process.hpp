// Runs other programs: never through a shell, each in a process group of its
// own, bound to our life (it gets SIGKILL when we die, PR_SET_PDEATHSIG).
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sys/clock.hpp"

namespace sys {

enum class Stream { out, err };

struct Command {
    std::vector<std::string> argv;                   // argv[0] is looked up in PATH unless it has a '/'
    std::map<std::string, std::string> environment;  // added to ours, overriding
    // Each line as it comes, without its line end, called in the calling thread.
    // A line longer than 64 KiB comes in pieces. May be empty.
    std::function<void(Stream, std::string_view)> on_line;
    // How much of stdout and stderr is kept in ProcessResult (the end of it).
    std::size_t keep_output = std::size_t{1} << 20U;
    // After a stop request or a passed deadline: SIGTERM to the group, then this
    // long until SIGKILL to the group.
    std::chrono::milliseconds grace = std::chrono::seconds(3);
};

struct ProcessResult {
    int exit_code = 0;  // 128 + signal number when ended by a signal
    std::string out;
    std::string err;
    bool stopped = false;    // we ended it because of the stop token
    bool timed_out = false;  // we ended it because of the deadline
};

class ProcessRunner {
public:
    virtual ~ProcessRunner() = default;
    // Blocks until the program has ended and its whole group is gone. The calling
    // thread must live as long as the program does (PR_SET_PDEATHSIG follows it).
    // Errors: not_found (no such program), io. A non-zero exit is a result.
    [[nodiscard]] virtual base::Result<ProcessResult> run(const Command& command, std::stop_token stop,
                                                          Deadline deadline) = 0;
};

class RealProcessRunner final : public ProcessRunner {
public:
    [[nodiscard]] base::Result<ProcessResult> run(const Command& command, std::stop_token stop,
                                                  Deadline deadline) override;
};

}  // namespace sys
