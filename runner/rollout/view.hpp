// Pure: what we know of one release's objects, kept current by watch events.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/kubernetes.hpp"

namespace rollout {

// Objects of one namespace, by name. Older versions of an object never replace newer
// ones (several sources feed the view), and a deletion is remembered by version.
class View {
public:
    void upsert(const model::Object& object);
    void remove(const model::Object& object);
    // A complete listing of one kind, tagged by the variant's index.
    void replace_all(std::size_t kind_index, const std::vector<model::Object>& objects);

    [[nodiscard]] const std::map<std::string, model::StatefulSet>& stateful_sets() const { return stateful_sets_; }
    [[nodiscard]] const std::map<std::string, model::Pod>& pods() const { return pods_; }
    [[nodiscard]] const std::map<std::string, model::PersistentVolumeClaim>& claims() const { return claims_; }
    [[nodiscard]] const std::map<std::string, model::Job>& jobs() const { return jobs_; }
    [[nodiscard]] const std::map<std::string, model::Event>& events() const { return events_; }

    // Pods whose controller is this object, in order of ordinals.
    [[nodiscard]] std::vector<const model::Pod*> pods_of(const std::string& owner_uid) const;
    // Events about an object with this UID, oldest first.
    [[nodiscard]] std::vector<const model::Event*> events_about(const std::string& uid) const;

private:
    std::map<std::string, model::StatefulSet> stateful_sets_;
    std::map<std::string, model::Pod> pods_;
    std::map<std::string, model::PersistentVolumeClaim> claims_;
    std::map<std::string, model::Job> jobs_;
    std::map<std::string, model::Event> events_;
    std::map<std::string, std::uint64_t> versions_;  // "uid" -> newest seen, deletions too
};

// The number at the end of a StatefulSet pod's name; -1 when there is none.
[[nodiscard]] int ordinal(const std::string& pod_name);

}  // namespace rollout
