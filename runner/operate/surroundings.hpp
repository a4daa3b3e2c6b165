// What Kubernetes tells of etcd's pods beyond what a rollout watches, read while the
// members are asked. All of it may be forbidden: then it is not checked, and said.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "model/etcd.hpp"
#include "operate/run.hpp"
#include "operate/stored_certificates.hpp"

namespace operate {

// Asks in threads of its own from its construction on.
class Surroundings {
public:
    // The members' nodes, in any order and as often as they come; "": a pod that has none yet.
    Surroundings(const Run& run, std::vector<std::string> nodes, CertificatePlaces certificates);

    // Adds what the answers tell, and notes about those that were none. Blocks until all are
    // there, two seconds at most since the construction.
    void add_to(model::Observations& seen);

private:
    struct Node {
        std::string name;
        base::Result<std::string> zone;
        base::Result<std::vector<model::VolumeUse>> volumes;
    };
    struct Certificate {
        CertificateUse use{};
        model::SecretKey place;
        base::Result<std::string> pem;
    };
    base::Result<std::vector<model::DisruptionBudget>> budgets_;
    std::vector<Certificate> certificates_;
    std::vector<Node> nodes_;
    std::vector<std::jthread> questions_;  // last: they end before what they write to
};

}  // namespace operate
