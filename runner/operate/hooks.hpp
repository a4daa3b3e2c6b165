// Tells what the release's hook Jobs do while helm waits for them in silence, and keeps
// what the failed one printed: helm or the Job's controller may delete its pod at once.
#pragma once

#include <optional>
#include <string>

#include "operate/await_rollout.hpp"
#include "operate/run.hpp"
#include "rollout/verdict.hpp"

namespace operate {

class HookWatch {
public:
    HookWatch(const Run& run, const rollout::Judge& judge)
        : run_(run), judge_(judge), narrator_(run.tools().progress) {}

    // To be called after each change of the view. Reads the log of each new failure.
    void look(const rollout::View& view);

    // The last failure, with its log.
    [[nodiscard]] const std::optional<model::Cause>& failure() const { return failure_; }

private:
    const Run& run_;
    const rollout::Judge& judge_;
    Narrator narrator_;
    std::optional<model::Cause> failure_;
    std::string known_;  // the pod, container and end whose log has been read
};

}  // namespace operate
