// A ProcessRunner that runs nothing: it answers from a script. A call that the script
// does not foresee fails the test, and so does an answer that nobody asked for.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sys/process.hpp"

namespace support {

class ScriptedProcess final : public sys::ProcessRunner {
public:
    ScriptedProcess() = default;
    ScriptedProcess(const ScriptedProcess&) = delete;
    ScriptedProcess& operator=(const ScriptedProcess&) = delete;
    ~ScriptedProcess() override { EXPECT_TRUE(script_.empty()) << script_.size() << " answers were never asked for"; }

    void answer(base::Result<sys::ProcessResult> result) { script_.push_back(std::move(result)); }

    [[nodiscard]] const std::vector<sys::Command>& commands() const { return commands_; }

    [[nodiscard]] base::Result<sys::ProcessResult> run(const sys::Command& command, std::stop_token /*stop*/,
                                                       sys::Deadline /*deadline*/) override {
        commands_.push_back(command);
        if (script_.empty()) {
            ADD_FAILURE() << "nobody foresaw " << command.argv.at(0) << " " << command.argv.at(1);
            return base::fail(base::ErrorCode::bug, "unforeseen command");
        }
        auto result = std::move(script_.front());
        script_.pop_front();
        return result;
    }

private:
    std::deque<base::Result<sys::ProcessResult>> script_;
    std::vector<sys::Command> commands_;
};

}  // namespace support
