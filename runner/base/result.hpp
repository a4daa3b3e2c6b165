// Recoverable failures are values: every function that can fail returns a
// Result. Exceptions of libraries (yaml-cpp, nlohmann/json, Boost, CLI11) stop
// in the source file that calls the library and become an Error there.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace base {

// What kind of failure it was. model/outcome.hpp maps each code to the exit
// code of the program and to its heading in the summary.
enum class ErrorCode {
    bad_input,          // what the user asked for cannot be understood
    unreachable,        // no answer from the other side
    unauthorized,       // HTTP 401: who are you?
    forbidden,          // HTTP 403: you may not
    not_found,          // HTTP 404, or a file that is not there
    gone,               // HTTP 410: the resource version is too old to watch from
    conflict,           // HTTP 409: somebody else was faster
    protocol,           // an answer that makes no sense
    io,                 // the local machine failed us: disk, memory, processes
    refused,            // a precondition does not hold; nothing was touched
    helm_unusable,      // no helm, or one that is too old
    helm_failed,        // helm said no
    rollout_failed,     // the members will not become ready, and we know why
    rollout_timed_out,  // the members did not become ready in time
    etcd_unhealthy,     // the members run, but etcd is not well
    difference,         // a check found that something is not as it should be
    locked,             // another run works on the release
    timed_out,          // a deadline passed
    cancelled,          // SIGINT or SIGTERM
    bug,                // cannot happen
};

// A command that was run and failed: enough to tell the user what happened.
// Its output is shown once, by whoever reports the Error.
struct CommandFailure {
    std::vector<std::string> argv;
    int exit_code = 0;
    std::string last_output;  // the end of stdout and stderr, already redacted
};

struct Error {
    ErrorCode code = ErrorCode::bug;
    std::string message;                  // what happened, one sentence, no full stop
    std::vector<std::string> context;     // what we were doing, innermost first
    std::string hint;                     // what to do about it; may be empty
    std::vector<CommandFailure> command;  // none or one

    // "reading values file x: cannot parse: ..." - outermost context first.
    [[nodiscard]] std::string text() const;
};

template <typename T>
using Result = std::expected<T, Error>;

// Builds the error side of a Result: return base::fail(ErrorCode::io, "...").
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {});

// Adds what the caller was doing, on the way up.
[[nodiscard]] Error in_context(Error error, std::string context);

}  // namespace base

// TRY(expression): returns the error to the caller, or goes on.
#define BASE_CONCAT_INNER(a, b) a##b
#define BASE_CONCAT(a, b) BASE_CONCAT_INNER(a, b)
#define TRY(expression)                                            \
    do {                                                           \
        auto try_result = (expression);                            \
        if (!try_result.has_value()) {                             \
            return std::unexpected(std::move(try_result).error()); \
        }                                                          \
    } while (false)

// TRY_ASSIGN(auto x, expression): x is the value, or the error is returned.
#define TRY_ASSIGN(target, expression) TRY_ASSIGN_INNER(BASE_CONCAT(try_assign_, __LINE__), target, expression)
#define TRY_ASSIGN_INNER(name, target, expression)       \
    auto name = (expression);                            \
    if (!name.has_value()) {                             \
        return std::unexpected(std::move(name).error()); \
    }                                                    \
    target = std::move(name).value()
