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

class Run {
public:
    Run(model::Request request, const Tools& tools, model::RunRecord& record, std::stop_token stop);

    [[nodiscard]] const model::Request& request() const { return request_; }
    [[nodiscard]] const Tools& tools() const { return tools_; }
    [[nodiscard]] model::RunRecord& record() const { return record_; }
    [[nodiscard]] const std::stop_token& stop() const { return stop_; }
    [[nodiscard]] sys::Deadline deadline() const { return deadline_; }
    [[nodiscard]] kube::Scope scope() const { return {stop_, deadline_}; }
    // For the few reads that complete the record after the time is up or a stop came:
    // short, since a cancelled run has less than ten seconds.
    [[nodiscard]] kube::Scope closing_scope() const {
        return {std::stop_token(), tools_.clock.now() + std::chrono::seconds(2)};
    }
    [[nodiscard]] const std::string& namespace_name() const { return request_.namespace_name; }
    [[nodiscard]] std::chrono::milliseconds since_start() const;
    void warn(std::string text) const;  // shown at once, and in the summary

    // The error to give when a wait ended without its fact: cancelled, or timed out.
    [[nodiscard]] base::Error interrupted(base::ErrorCode on_deadline, const std::string& what) const;

private:
    model::Request request_;
    Tools tools_;
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
