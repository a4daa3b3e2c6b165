// Everything that a diagnosis is made of, gathered by operate/. What could not be looked
// at is missing here and told in `notes`: its absence proves nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/etcd.hpp"
#include "model/kubernetes.hpp"
#include "model/surroundings.hpp"
#include "rollout/view.hpp"

namespace diagnose {

// The last lines of a container. Printable, else as it was written.
struct Log {
    std::string pod;
    std::string container;
    bool previous = false;  // of the run before the restart
    std::string text;
};

// Nothing: could not be looked at.
template <typename T>
using Seen = std::optional<T>;

struct Facts {
    std::string namespace_name;
    std::string release;
    model::Timestamp now{};

    bool namespace_there = true;
    bool namespace_leaving = false;

    rollout::View view;
    // Whether the view's kinds could be listed.
    bool saw_sets = true;
    bool saw_pods = true;
    bool saw_claims = true;
    bool saw_events = true;
    Seen<std::vector<model::StorageClass>> storage_classes;
    Seen<std::vector<model::PersistentVolume>> volumes;
    Seen<std::vector<model::Service>> services;
    Seen<std::vector<model::EndpointSlice>> endpoint_slices;
    Seen<std::vector<model::ReleaseState>> releases;  // of the namespace
    std::vector<model::ReleaseState> elsewhere;       // of this name, in other namespaces

    int verified_revision = 0;  // the release's last that etcd-deploy has seen well; 0: not known

    std::string set_name;  // of the release's etcd; empty: none was found
    std::string container = "etcd";
    std::string data_dir;
    std::uint64_t quota = 0;  // bytes, of etcd's settings; 0: not known
    std::string peer_scheme = "http";

    std::vector<Log> logs;
    // One of each pod of the set, when its members could be asked; else nothing.
    Seen<std::vector<model::MemberAnswers>> answers;
    Seen<std::vector<model::DisruptionBudget>> budgets;
    std::vector<model::StoredCertificate> certificates;

    std::vector<std::string> notes;

    [[nodiscard]] const model::StatefulSet* set() const {
        const auto found = view.stateful_sets().find(set_name);
        return found == view.stateful_sets().end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::vector<const model::Pod*> members() const {
        const auto* etcd = set();
        return etcd == nullptr ? std::vector<const model::Pod*>() : view.pods_of(etcd->meta.uid);
    }
    // Those that have not succeeded. What a hook's Job has made is the Job's.
    [[nodiscard]] std::vector<const model::Pod*> hooks_that_are_pods() const {
        std::vector<const model::Pod*> hooks;
        for (const auto& [name, pod] : view.pods()) {
            if (pod.is_hook() && !pod.meta.is_of_another(release) && pod.phase != "Succeeded") {
                hooks.push_back(&pod);
            }
        }
        return hooks;
    }
    // The release's newest revision; null when there is none or it could not be read.
    [[nodiscard]] const model::ReleaseState* release_state() const {
        if (releases) {
            for (const auto& state : *releases) {
                if (state.name == release) {
                    return &state;
                }
            }
        }
        return nullptr;
    }
};

}  // namespace diagnose
