// Gathers the facts of a diagnosis, all at once. Shared by operate/diagnose*.cpp only.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/facts.hpp"
#include "operate/evidence.hpp"
#include "operate/run.hpp"

namespace operate {

// Where the threads that read put what they saw.
class Gathering {
public:
    Gathering(const Run& run, Evidence& evidence) : run_(run), evidence_(evidence) {}

    [[nodiscard]] const Run& run() const { return run_; }
    [[nodiscard]] Evidence& evidence() { return evidence_; }
    // For the deciding thread, while no other is at work.
    [[nodiscard]] diagnose::Facts& facts() { return facts_; }

    // Changes the facts, alone.
    template <typename Change>
    void learn(const Change& change) {
        const std::scoped_lock lock(mutex_);
        change(facts_);
    }
    // A note that `what` could not be looked at; `needs` is the right that is missing when
    // it is forbidden.
    void missed(std::string_view what, std::string_view needs, const base::Error& error);
    void keep_secrets(const std::vector<std::string>& secrets);
    // Masks them from now on: on the deciding thread.
    void hide_secrets();

private:
    const Run& run_;
    Evidence& evidence_;
    std::mutex mutex_;
    diagnose::Facts facts_;
    std::vector<std::string> secrets_;
};

// Everything of Kubernetes. Blocks until the run's deadline at most, which is short.
void gather_objects(Gathering& gathering);
// What the pods' containers wrote, and what etcd's members answer. (diagnose_members.cpp)
void gather_members(Gathering& gathering);

}  // namespace operate
