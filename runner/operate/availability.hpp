// What clients of etcd see while its members are replaced: a client of our own writes all the time,
// from before the first member is taken down until all are well again, by way of a rollback if it takes
// one. The record gets its ledger.
//
// It costs a deployment that changes nothing nothing: it begins when the StatefulSet, or a pod of it,
// is not any more what it was before.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "operate/probing.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

// Used by the deciding thread. Trouble of its own is a note in the record, never a failure.
class AvailabilityProbe {
public:
    explicit AvailabilityProbe(const Run& run, const ProbePace& pace = {}) : run_(run), pace_(pace) {}
    AvailabilityProbe(const AvailabilityProbe&) = delete;
    AvailabilityProbe& operator=(const AvailabilityProbe&) = delete;
    ~AvailabilityProbe();  // as finish(), when a failure left no time for it

    // Which members run before the change. There are none: nothing will be probed, and the record
    // says so. By input off: neither.
    void remember(const rollout::View& before);

    // To be called after each change of the view (Observer::on_change): hands the pods over to the
    // probe, and starts it when the set or one of its pods is not what it was. Returns at once.
    void look(const rollout::View& now);

    // For whoever is going to take members down: starts it, and blocks until it writes, half a second at
    // most. A client that has not written yet would not see the first member go.
    void start_before_rolling(const rollout::View& now);

    // Blocks until a write was acknowledged, or will not be: false then, or when it takes longer than
    // `limit`.
    bool wait_until_writing(std::chrono::milliseconds limit);

    // Whether the last writes were about as fast as the fastest; also when nothing is probed, or written yet.
    [[nodiscard]] bool writes_fast() const { return !probing_ || probing_->writes_fast(); }

    // Ends it, and puts the ledger into the record; blocks for some milliseconds, two seconds at most
    // when etcd does not answer. Errors: etcd_unhealthy (an acknowledged write was lost; the record's
    // health has the finding).
    [[nodiscard]] base::Result<void> finish();

private:
    [[nodiscard]] bool differs(const model::StatefulSet& set, const rollout::View& now) const;
    void start(const rollout::View& now);
    void publish(const rollout::View& now);

    const Run& run_;
    ProbePace pace_;
    std::string set_uid_;
    std::int64_t generation_ = 0;
    std::map<std::string, std::string> uid_of_member_;  // before, by the pod's name
    std::unique_ptr<Probing> probing_;
};

}  // namespace operate
