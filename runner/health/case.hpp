// What the rules share: what was observed, and where they put their findings. Shared by
// the source files of this folder only.
#pragma once

#include <cstdint>
#include <string>

#include "model/etcd.hpp"

namespace health {

inline constexpr const char* renew_served_certificate =
    "renew the certificate in the Secret that the members serve; they read it anew by themselves";

class Case {
public:
    explicit Case(model::Observations seen) : seen_(std::move(seen)) {}

    [[nodiscard]] const model::Observations& seen() const { return seen_; }
    [[nodiscard]] const std::vector<model::MemberAnswers>& members() const { return seen_.members; }
    // The verdict in the making.
    [[nodiscard]] model::ClusterHealth& health() { return health_; }

    // `subject`: a pod; empty: the cluster. What three members report is still one finding.
    void fail(std::string rule, std::string subject, std::string message, std::string hint);
    void warn(std::string rule, std::string subject, std::string message, std::string hint);
    // Something that was not checked, and why.
    void note(std::string text);

    // The pod of a member, by what it says of itself; else its listed name, else its ID.
    [[nodiscard]] std::string name_of(std::uint64_t id) const;
    // How many members must agree.
    [[nodiscard]] std::size_t quorum() const { return seen_.replicas / 2 + 1; }

    // The verdict: findings in order, members moved into it.
    [[nodiscard]] model::ClusterHealth close();

private:
    void add(model::Finding finding);

    model::Observations seen_;
    model::ClusterHealth health_;
};

// The rules, by what they need to know.
void judge_answers(Case& one);       // answers.cpp: reachable, one cluster, one leader, alarms
void judge_membership(Case& one);    // membership.cpp: the member list, voters, tolerance
void judge_data(Case& one);          // data.cpp: size, fragmentation, lag, versions, the data's hash
void judge_metrics(Case& one);       // metrics.cpp: disk, network and memory as etcd counts them
void judge_certificates(Case& one);  // certificates.cpp
void judge_pods(Case& one);          // pods.cpp: restarts, placement, budgets, volumes

}  // namespace health
