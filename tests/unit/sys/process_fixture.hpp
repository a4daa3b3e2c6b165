// What the tests of processes share.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "sys/process.hpp"

namespace sys_test {

// Only turns a test that would hang into one that fails.
inline sys::Deadline patience() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(60);
}

// Runs it to its end; a program that cannot be run fails the test.
inline sys::ProcessResult run(const sys::Command& command, std::stop_token stop = {},
                              sys::Deadline deadline = patience()) {
    auto result = sys::RealProcessRunner().run(command, std::move(stop), deadline);
    if (!result) {
        ADD_FAILURE() << result.error().text();
        return {.exit_code = -1};
    }
    return std::move(*result);
}

inline sys::ProcessResult run_shell(const std::string& script) {
    return run({.argv = {"sh", "-c", script}});
}

}  // namespace sys_test
