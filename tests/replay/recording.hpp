// A watch stream as it was recorded on the sandbox (tests/replay/record), and how the runner
// takes one in: View and Judge, with the recording's own clock.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/client.hpp"
#include "rollout/verdict.hpp"
#include "rollout/view.hpp"

namespace replay_test {

struct Step {
    std::chrono::milliseconds at{0};
    kube::Change change;
};
using Steps = std::vector<Step>;

// tests/replay/recorded/NAME.jsonl. What cannot be read fails the test.
[[nodiscard]] Steps read_recording(const std::string& name);
[[nodiscard]] std::vector<std::string> names_of_recordings();

// What a run has come to.
struct Outcome {
    std::string headline;  // of the cause; empty: there is none
    rollout::State state = rollout::State::unobserved;
    std::chrono::milliseconds at{0};
};

class Player {
public:
    explicit Player(const model::Graces& graces) : graces_(graces) {}

    // Takes the step in, and judges whenever the runner would, up to its time.
    void take(const Step& step);
    // Lets time pass without news until a grace ends or nothing can change any more.
    void wait();
    // A run ends with its first cause.
    [[nodiscard]] bool ended() const { return !outcome_.headline.empty(); }
    [[nodiscard]] const Outcome& outcome() const { return outcome_; }
    [[nodiscard]] const rollout::View& view() const { return view_; }

private:
    void apply(const kube::Change& change);
    void judge(std::chrono::milliseconds now);
    // The set, once the change has begun; null before.
    [[nodiscard]] const model::StatefulSet* changed_set() const;

    model::Graces graces_;
    rollout::View view_;
    std::vector<model::Kind> listed_;
    rollout::Baseline before_;
    std::map<std::string, std::int64_t> generations_before_;  // of StatefulSets, by UID
    std::optional<rollout::Judge> judge_;                     // once every kind is listed
    std::optional<std::chrono::milliseconds> judge_again_;
    Outcome outcome_;
};

// Plays all steps, and then waits.
[[nodiscard]] Outcome play(const Steps& steps, const model::Graces& graces);

}  // namespace replay_test
