// One run: what it works with, and how it tells its story.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "helm/helm.hpp"
#include "kube/client.hpp"
#include "model/record.hpp"
#include "model/request.hpp"
#include "operate/progress.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"
#include "sys/tunnel.hpp"

namespace operate {

// How etcd's members are reached.
struct EtcdReach {
    sys::Http& http;
    // A way to a port of a pod.
    std::function<base::Result<std::unique_ptr<sys::Tunnel>>(const std::string& namespace_name, const std::string& pod,
                                                             std::uint16_t port)>
        forward;
};

// Everything outside that a run touches; owned by app/, alive as long as the run.
struct Tools {
    const kube::Client& kube;
    const helm::Helm& helm;
    sys::Clock& clock;
    Progress& progress;
    EtcdReach etcd;
};

class Lock;

class Run {
public:
    Run(model::Request request, const Tools& tools, model::RunRecord& record, const std::stop_token& stop);

    [[nodiscard]] const model::Request& request() const { return request_; }
    [[nodiscard]] const Tools& tools() const { return tools_; }
    [[nodiscard]] model::RunRecord& record() const { return record_; }
    // Requested by the user, or when the run was abandoned.
    [[nodiscard]] const std::stop_token& stop() const { return stop_; }
    [[nodiscard]] sys::Deadline deadline() const { return deadline_; }
    [[nodiscard]] kube::Scope scope() const { return {stop_, deadline_}; }
    // For what completes the record, and for what is given back, after the time is up or a stop came: two
    // seconds, and all of it together four from the stop on, since a cancelled run has eight, in which
    // helm ends as well.
    [[nodiscard]] kube::Scope closing_scope() const;
    // For what has to be known before a failure is undone: half a minute, whatever is left of the time; after a
    // stop that of closing_scope.
    [[nodiscard]] kube::Scope aftermath_scope() const;
    [[nodiscard]] const std::string& namespace_name() const { return request_.namespace_name; }
    [[nodiscard]] std::chrono::milliseconds since_start() const;
    // The same run with a deadline as far away as its own was: for taking back what failed.
    [[nodiscard]] Run with_time_again() const;
    void warn(std::string text) const;  // shown at once, and in the summary

    // To be called before each change to the cluster: holds the lock, and says in the record that
    // something is touched. Errors: locked, cancelled, timed_out.
    [[nodiscard]] base::Result<void> before_change() const;
    // For a change that before_change has just allowed: it must not reach the cluster after another
    // run could have taken the lock for stale.
    [[nodiscard]] kube::Scope change_scope() const;
    // A change that may be asked for again, as one with a UID may: after before_change, and again when it was cut short
    // because the lock could not be renewed in time, once that is ours for certain.
    [[nodiscard]] base::Result<void> change(
        const std::function<base::Result<void>(const kube::Scope&)>& carry_out) const;
    // The lock that this is asked of; null: none (tests, and actions that change nothing). Lock
    // puts itself in.
    void guard_by(Lock* lock) const;
    [[nodiscard]] Lock* lock() const;
    // Ends all work as a stop does, for this reason. From any thread; the first reason counts.
    void abandon(base::Error reason) const;

    // The error to give when a wait ended without its fact: abandoned, cancelled, or timed out.
    [[nodiscard]] base::Error interrupted(base::ErrorCode on_deadline, const std::string& what) const;

private:
    model::Request request_;
    Tools tools_;
    struct Ending;  // shared with the threads that may end it
    std::shared_ptr<Ending> ending_;
    model::RunRecord& record_;
    std::stop_token stop_;
    sys::Deadline start_;
    sys::Deadline deadline_;
};

// Records a phase from its construction to its end; a phase that was not
// completed shows as failed.
class PhaseScope {
public:
    PhaseScope(const Run& run, std::string name);
    PhaseScope(const PhaseScope&) = delete;
    PhaseScope& operator=(const PhaseScope&) = delete;
    ~PhaseScope();
    void complete() { completed_ = true; }

private:
    const Run& run_;
    std::size_t index_;
    bool completed_ = false;
};

}  // namespace operate
