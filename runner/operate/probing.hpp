// The availability probe at work: one thread decides who writes next, and each member has two, one
// that writes and one that asks for its status.
//
// Together the writers are what a client with every endpoint is: it speaks to one member, and goes to
// the next when that one fails or stays silent. A silent one is not cut off: its answer counts
// when it comes, as a client's connection stays as well, and one that had to be opened again could
// never answer in time where the way is long or a machine busy. The others ask so that the number of
// healthy members is known, that the way to each member is open before it is needed, and that the
// lease lives: the key, below "etcd-deploy/probe/", is gone with it even after SIGKILL.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "etcd/probe.hpp"
#include "model/availability.hpp"
#include "model/kubernetes.hpp"
#include "operate/etcd_members.hpp"
#include "operate/run.hpp"

namespace operate {

struct ProbePace {
    std::chrono::milliseconds write_every{50};
    // How long a member may be silent before the next one is tried; four times as long as the fastest
    // write took, when that is more: a runner may be far away.
    std::chrono::milliseconds write_limit{250};
    std::chrono::milliseconds answer_limit{5000};  // after that nothing is expected any more
    std::chrono::milliseconds status_every{250};
    std::chrono::milliseconds status_limit{2000};
    std::chrono::seconds time_to_live{30};         // of the key, after a SIGKILL
    std::chrono::milliseconds stopped_limit{250};  // for a write on its way when the run is stopped
    // For the last read, and for deleting the key, when etcd does not answer.
    std::chrono::milliseconds closing_limit{2000};
};

class Probing {
public:
    // Starts it. `members`: their pods, which publish() tells of. The run must outlive it.
    Probing(const Run& run, const model::StatefulSet& set, std::vector<std::string> members, const ProbePace& pace);
    Probing(const Probing&) = delete;
    Probing& operator=(const Probing&) = delete;
    ~Probing() = default;  // stops the threads, and waits for them

    // The pods as they are now, by name; thread-safe.
    void publish(std::map<std::string, model::Pod> pods);
    [[nodiscard]] bool wait_until_writing(std::chrono::milliseconds limit);
    // Whether the last three writes were acknowledged, each within twice the time of the fastest one, or 25 ms when
    // that is more, and none waits for longer. Thread-safe.
    [[nodiscard]] bool writes_fast() const;
    // Once. Deletes the key.
    [[nodiscard]] model::ProbeSamples finish();

private:
    using PodPointer = std::shared_ptr<const model::Pod>;
    using Ask = std::function<base::Result<model::KeyAnswer>(const etcd::Transport&)>;

    // A member's writer. `number`: what it is writing, or is to write.
    struct Writer {
        std::optional<std::uint64_t> number;
        std::chrono::milliseconds since{0};  // the start of the run; when it was told to
        std::optional<base::Error> failure;  // of the last write
    };

    void work(const std::stop_token& stop);
    [[nodiscard]] bool prepare(const std::stop_token& stop);
    void write_on(const std::stop_token& stop);
    void await_outstanding();
    void write_at(const std::string& member, const std::stop_token& stop);
    void close();
    void watch(const std::string& member, const std::stop_token& stop);
    [[nodiscard]] std::optional<model::MemberSample> ask_status(const std::string& name, const std::stop_token& stop);
    void keep_lease_when_due(const etcd::Member& member, const std::stop_token& stop);

    [[nodiscard]] PodPointer pod_of(const std::string& member) const;
    void go_to_next();
    // With mutex_ locked: makes a member current that writes nothing at present, one that answers
    // if there is one. False: all are writing.
    bool choose();
    [[nodiscard]] base::Result<etcd::Transport> way_to(const std::string& member, const etcd::Scope& scope);
    [[nodiscard]] base::Result<model::KeyAnswer> ask_at(const std::string& member, const Ask& ask,
                                                        const etcd::Scope& scope);
    [[nodiscard]] base::Result<model::KeyAnswer> grant(const etcd::Scope& scope);
    [[nodiscard]] std::chrono::milliseconds patience() const;
    void pause(std::chrono::milliseconds length, const std::stop_token& stop);
    void note(const std::string& text);

    const Run& run_;
    model::StatefulSet set_;
    const std::vector<std::string> members_;
    const ProbePace pace_;
    const std::string key_;
    // A member's turn: its status and a write take the same connection, which is open. Another one
    // would have to be opened first.
    std::map<std::string, std::timed_mutex> turns_;  // never changed after the construction

    // Of its own: so that it can be ended without ending the run.
    std::stop_source stop_;
    model::RunRecord unused_;
    Run own_run_;
    std::optional<EtcdMembers> reach_;  // before the watchers start, and never changed afterwards
    std::atomic<etcd::LeaseId> lease_ = 0;
    std::size_t current_ = 0;  // the deciding thread's

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, PodPointer> pods_;    // this and the rest: guarded by mutex_
    std::uint64_t published_ = 0;               // how often
    std::map<std::string, bool> answers_;       // as the watchers know
    std::map<std::string, Writer> writers_at_;  // of every member
    std::optional<std::chrono::milliseconds> fastest_write_;
    std::chrono::steady_clock::time_point lease_due_;
    bool writing_ = false;
    bool ended_ = false;
    model::ProbeSamples samples_;

    std::vector<std::jthread> at_members_;  // started and ended by the deciding thread
    std::jthread decider_;                  // last: it ends before what it works with
};

}  // namespace operate
