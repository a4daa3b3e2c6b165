// The members of one StatefulSet's etcd, within reach: through a port-forward each, or
// directly when the runner itself is in the cluster. Each is spoken to as its own pod has it: while a change of
// that (TLS, the port) is under way, or was cut off, there are pods of both kinds.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "etcd/member.hpp"
#include "etcd/settings.hpp"
#include "model/kubernetes.hpp"
#include "operate/run.hpp"
#include "sys/tunnel.hpp"

namespace operate {

// How long a member may take for all that it is asked in one pass: etcdctl's own default.
inline constexpr std::chrono::seconds answer_limit{5};

// Whether members are asked without a port-forward, by their names in the cluster.
[[nodiscard]] bool reached_directly(const model::Request& request);

class EtcdMembers {
public:
    // Reads how the set runs etcd, and the Secrets that a client needs; connects nothing yet.
    // Errors: not_found (no etcd in it, or a Secret or key of it that is missing), forbidden.
    [[nodiscard]] static base::Result<EtcdMembers> open(const Run& run, const model::StatefulSet& set);

    // "etcd-0.etcd-headless.ns.svc.cluster.local:2379": where clients in the cluster find it.
    [[nodiscard]] std::string address_of(const std::string& pod) const;
    // As the set has them, for pods to come.
    [[nodiscard]] const etcd::Settings& settings() const { return way_.settings; }
    // Whether the set has a password of root's, and no member has asked for one so far.
    [[nodiscard]] bool nobody_asked_for_the_password() const {
        return settings().root_password && way_.login && way_.login->token().empty();
    }
    // The client certificate that is shown to those, in PEM; empty: none is.
    [[nodiscard]] const std::string& client_certificate() const;
    // Whom it trusts, likewise.
    [[nodiscard]] const std::string& client_authorities() const;

    // The member in this pod; a pod that was replaced is a new one. Thread-safe; the answer
    // lives as long as this object. Errors: those of open, when the pod is spoken to otherwise than the set has it.
    [[nodiscard]] base::Result<const etcd::Member*> member(const model::Pod& pod);

    // What went wrong on the way to the member that was asked last in this pod, when it was the way:
    // that nobody listens at its end, or ends the connection, is the member's own trouble. Thread-safe.
    [[nodiscard]] std::optional<base::Error> trouble_on_the_way(const model::Pod& pod) const;

private:
    // How members are spoken to.
    struct Way {
        etcd::Settings settings;
        std::shared_ptr<const sys::Tls> tls;
        std::shared_ptr<etcd::Login> login;
    };
    struct Reached {
        std::unique_ptr<sys::Tunnel> tunnel;
        etcd::Member member;
    };
    struct Connections {
        Connections() = default;
        Connections(const Connections&) = delete;
        Connections& operator=(const Connections&) = delete;
        ~Connections();  // ends all at the same time
        std::mutex mutex;
        std::map<std::string, Reached> reached;  // by the pod's UID; guarded by mutex
    };

    EtcdMembers(const Run& run, std::string service_name) : run_(&run), service_name_(std::move(service_name)) {}
    // With the Secrets that it needs.
    [[nodiscard]] base::Result<Way> find_way(etcd::Settings settings) const;
    [[nodiscard]] base::Result<std::string> secret(const model::SecretKey& which) const;
    [[nodiscard]] std::string address_of(const std::string& pod, const etcd::Settings& settings) const;
    // With the connections' mutex locked.
    [[nodiscard]] base::Result<const Way*> way_to(const model::Pod& pod);

    const Run* run_;
    std::string service_name_;
    Way way_;                 // the set's; never changed after open
    std::deque<Way> others_;  // as pods need them, guarded by the mutex; none moves
    std::unique_ptr<Connections> connections_ = std::make_unique<Connections>();
};

// Runs `work` for each number below `count`, all at the same time, and waits for all.
void at_once(std::size_t count, const std::function<void(std::size_t)>& work);

// What the member in this pod is and knows (etcd::ask), into `answers`, whose state stays. Alarms are asked
// for once in a round, of the first one that has a majority behind it: that question is an entry of
// the raft log. Returns what went wrong on the way. For several threads at a time.
[[nodiscard]] std::optional<base::Error> ask_in_round(EtcdMembers& members, const model::Pod& pod,
                                                      const etcd::Scope& scope, std::atomic<bool>& asked_for_alarms,
                                                      model::MemberAnswers& answers);

// Of the troubles on the way to each member: errors when Kubernetes does not accept our credentials any
// more, which says nothing of etcd (unauthorized).
[[nodiscard]] base::Result<void> check_still_accepted(std::vector<std::optional<base::Error>> troubles);

// When the member did not answer because of the way to it: notes that as its trouble, and
// returns it.
std::optional<base::Error> note_the_way(const EtcdMembers& members, const model::Pod& pod,
                                        model::MemberAnswers& answers);

}  // namespace operate
